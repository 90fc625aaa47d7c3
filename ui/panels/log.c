/* Events and the operator's commands, oldest first. */
#include <stdio.h>
#include <string.h>

#include "table.h"
#include "view.h"
#include "phrases.h"

enum { COLUMN_TIME, COLUMN_LEVEL, COLUMN_TEXT };

static const struct table_column columns[] = {
	{COLUMN_TIME, "time", 8, 0, 2, false},
	{COLUMN_LEVEL, "level", 7, 0, 1, false},
	{COLUMN_TEXT, "event", 20, 500, 0, false},
};

static const char *event_cell(const void *row, int column, const void *ctx, char *out)
{
	static const char *const levels[] = {[EVENT_INFO] = "",
		[EVENT_WARNING] = "warning",
		[EVENT_ERROR] = "error",
		[EVENT_DEBUG] = "debug",
		[EVENT_NOTE] = ""};
	static const char *const roles[] = {[EVENT_INFO] = R_TEXT,
		[EVENT_WARNING] = R_WARN,
		[EVENT_ERROR] = R_BAD,
		[EVENT_DEBUG] = R_DIM,
		[EVENT_NOTE] = R_TEXT};
	const struct event *e = row;
	char time[PHRASE_SIZE];

	(void)ctx;
	switch (column) {
	case COLUMN_TIME:
		snprintf(out, TABLE_CELL, "%s", phrase_time(e->wall_us, time));
		return R_DIM;
	case COLUMN_LEVEL:
		snprintf(out, TABLE_CELL, "%s", levels[e->level]);
		break;
	default:
		snprintf(out, TABLE_CELL, "%s", e->text);
		log_tint(e, out, TABLE_CELL);
	}
	return roles[e->level];
}

static void log_recalculate(struct panel *p, const struct view *v)
{
	const struct log *l = &v->log;
	const struct list *list = &l->list;
	struct table t;
	char title[256], note[48];
	int top = table_top(p->at.rows), room = table_room(p->at.rows);

	snprintf(title, sizeof(title), "log%s%s%s", l->filter[0] ? ": " : "", l->filter,
		l->selected ? "" : ", following");
	if (top)
		panel_title(p, title, list_range(list, note));
	table_fit(&t, columns, sizeof(columns) / sizeof(columns[0]), p);
	if (top > 1)
		table_heading(&t, p, top - 1);
	for (int i = 0; i < room && list->first + (uint64_t)i < list->total; i++) {
		uint64_t place = list->first + (uint64_t)i;

		table_row(&t, p, top + i, place == list->cursor ? ROW_SELECTED : 0, event_cell,
			&l->event[l->match[place]], NULL);
	}
	if (!list->total)
		panel_line(p, top, R_DIM "  none");
}

static bool command(struct panel *p, struct view *v, const char *name, const char *args)
{
	(void)p;
	return !strcmp(name, "scroll") && log_move(&v->log, args);
}

const struct panel_ops log_panel = {log_recalculate, table_draw, command};
