/* Events and the operator's commands, oldest first. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "table.h"
#include "view.h"
#include "phrases.h"

enum { COLUMN_TIME, COLUMN_LEVEL, COLUMN_TEXT };

static const struct table_column columns[] = {
	{COLUMN_TIME, "time", 8, 0, 2, false},
	{COLUMN_LEVEL, "level", 7, 0, 1, false},
	{COLUMN_TEXT, "event", 20, 500, 0, false},
};

struct context {
	const struct log *log;
	bool utf8;
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
	const struct context *c = ctx;
	const struct log *l = c->log;
	const struct log_row *r = row;
	const struct event *e = &l->event[r->first];
	char time[PHRASE_SIZE];

	switch (column) {
	case COLUMN_TIME:
		snprintf(out, TABLE_CELL, "%s", phrase_time(e->wall_us, time));
		return R_DIM;
	case COLUMN_LEVEL:
		snprintf(out, TABLE_CELL, "%s", levels[e->level]);
		break;
	default:
		log_text(l, r, c->utf8, out, TABLE_CELL);
		log_tint(e, out, TABLE_CELL);
	}
	return roles[e->level];
}

static void log_recalculate(struct panel *p, const struct view *v)
{
	const struct log *l = &v->log;
	const struct list *list = &l->list;
	const struct context context = {l, v->canvas.glyphs->utf8};
	struct table t;
	char title[256], note[48];
	int top = table_top(p->at.rows), room = table_room(p->at.rows);

	snprintf(title, sizeof(title), "log%s%s%s%s%s%s", l->level ? ", " : "",
		l->level ? log_level_name(l->level) : "", l->unfolded ? ", unfolded" : "",
		l->filter[0] ? ": " : "", l->filter, l->selected ? "" : ", following");
	if (top)
		panel_title(p, title, list_range(list, note));
	table_fit(&t, columns, sizeof(columns) / sizeof(columns[0]), p);
	if (top > 1)
		table_heading(&t, p, top - 1);
	for (int i = 0; i < room && list->first + (uint64_t)i < list->total; i++) {
		uint64_t place = list->first + (uint64_t)i;

		table_row(&t, p, top + i, place == list->cursor ? ROW_SELECTED : 0, event_cell,
			&l->row[place], &context);
	}
	if (!list->total)
		panel_line(p, top, R_DIM "  none");
}

static bool command(struct panel *p, struct view *v, const char *name, const char *args)
{
	(void)p;
	return !strcmp(name, "scroll") && log_move(&v->log, args);
}

/* The selected event in full: a row has one line. */
static void event_detail_recalculate(struct panel *p, const struct view *v)
{
	const struct log *l = &v->log;
	const struct log_row *row = log_selected(l);
	const struct event *e = row ? &l->event[row->last] : NULL;
	char text[TABLE_CELL], time[PHRASE_SIZE], lead[PHRASE_SIZE];
	const char *opens;

	if (!row) {
		panel_title(p, "selected", "");
		return;
	}
	opens = row->count > 1 && (e->group || e->outcome) ? "Enter lists these items"
		: e->line                                  ? "Enter opens the item"
		: e->endpoint[0]                           ? "Enter shows the endpoint"
							   : "";
	panel_title(p, "selected", opens);
	snprintf(lead, sizeof(lead), R_DIM " %s ", phrase_time(e->wall_us, time));
	panel_wrap(p, 1, lead, text_cells(lead), R_TEXT,
		log_text(l, row, v->canvas.glyphs->utf8, text, sizeof(text)));
}

const struct panel_ops event_detail_panel = {event_detail_recalculate, panel_draw_framed, NULL};

const struct panel_ops log_panel = {log_recalculate, table_draw, command};
