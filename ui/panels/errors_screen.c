/* Failed attempts by kind, with actions on the items of a group. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "table.h"
#include "view.h"
#include "phrases.h"

enum {
	COLUMN_COUNT,
	COLUMN_SHARE,
	COLUMN_ITEMS,
	COLUMN_TREND,
	COLUMN_FIRST,
	COLUMN_LAST,
	COLUMN_OUTCOME,
	COLUMN_STATUS,
	COLUMN_MESSAGE,
	COLUMN_SAMPLE
};

static const struct table_column columns[] = {
	{COLUMN_COUNT, "count", 7, 0, 0, true},
	{COLUMN_SHARE, "share", 5, 0, 4, true},
	{COLUMN_ITEMS, "items", 6, 0, 6, true},
	{COLUMN_TREND, "10 min", 10, 0, 5, false},
	{COLUMN_FIRST, "first", 8, 0, 7, false},
	{COLUMN_LAST, "last", 8, 0, 3, false},
	{COLUMN_OUTCOME, "outcome", 12, 0, 2, false},
	{COLUMN_STATUS, "code", 4, 0, 1, true},
	{COLUMN_MESSAGE, "message", 24, 120, 0, false},
	{COLUMN_SAMPLE, "sample", 16, 0, 8, false},
};

struct context {
	uint64_t attempts;
	bool utf8;
};

/* A glyph for each minute, the fullest for the most. */
static void put_trend(const struct error_group *g, bool utf8, char *out)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const digits[] = {" ", "1", "2", "3", "4", "5", "6", "7", "8"};
	enum { MINUTES = sizeof(g->per_minute) / sizeof(g->per_minute[0]), STEPS = 8 };
	uint32_t most = 1;

	for (int i = 0; i < MINUTES; i++)
		most = g->per_minute[i] > most ? g->per_minute[i] : most;
	out[0] = '\0';
	for (int i = 0; i < MINUTES; i++) {
		int step = (int)ceil((double)g->per_minute[i] / most * STEPS);

		strcat(out, utf8 ? blocks[step] : digits[step]);
	}
}

static const char *group_cell(const void *row, int column, const void *ctx, char *out)
{
	const struct error_group *g = row;
	const struct context *c = ctx;
	char time[PHRASE_SIZE];

	switch (column) {
	case COLUMN_COUNT:
		text_count((double)g->attempts, out, TABLE_CELL);
		return R_STRONG;
	case COLUMN_SHARE:
		snprintf(out, TABLE_CELL, "%.0f%%",
			c->attempts ? (double)g->attempts * 100 / (double)c->attempts : 0);
		return R_TEXT;
	case COLUMN_ITEMS:
		text_count((double)g->items, out, TABLE_CELL);
		return g->final ? R_BAD : R_TEXT;
	case COLUMN_TREND:
		put_trend(g, c->utf8, out);
		return R_PLOT;
	case COLUMN_FIRST:
	case COLUMN_LAST:
		snprintf(out, TABLE_CELL, "%s",
			phrase_time(
				column == COLUMN_FIRST ? g->first_wall_us : g->last_wall_us, time));
		return R_DIM;
	case COLUMN_OUTCOME:
		snprintf(out, TABLE_CELL, "%s", outcome_name(g->outcome));
		return R_WARN;
	case COLUMN_STATUS:
		snprintf(out, TABLE_CELL, g->status ? "%d" : "-", g->status);
		return R_TEXT;
	case COLUMN_MESSAGE:
		snprintf(out, TABLE_CELL, "%s%s%s", g->code,
			g->code[0] && g->message[0] ? ": " : "", g->message);
		return R_TEXT;
	default:
		snprintf(out, TABLE_CELL, "%s", g->sample_id);
		return R_DIM;
	}
}

static void groups_recalculate(struct panel *p, const struct view *v)
{
	const struct groups *g = &v->groups;
	struct context ctx = {g->attempts, v->canvas.glyphs->utf8};
	struct table t;
	char title[120], note[48], more[40] = "";
	int top = table_top(p->at.rows), room = table_room(p->at.rows);

	if (g->total > g->n)
		snprintf(more, sizeof(more), ", the first %zu", g->n);
	snprintf(title, sizeof(title), "errors: %zu kind%s%s", g->total, g->total == 1 ? "" : "s",
		more);
	if (top)
		panel_title(p, title, list_range(&g->list, note));
	table_fit(&t, columns, sizeof(columns) / sizeof(columns[0]), p);
	if (top > 1)
		table_heading(&t, p, top - 1);
	for (int i = 0; i < room && g->list.first + (uint64_t)i < g->n; i++) {
		const struct error_group *group = &g->group[g->list.first + (uint64_t)i];

		table_row(&t, p, top + i, group->id == g->id ? ROW_SELECTED : 0, group_cell, group,
			&ctx);
	}
	if (!g->n)
		panel_line(p, top, R_DIM "  %s", v->late ? phrase_late : "no attempt has failed");
}

static bool command(struct panel *p, struct view *v, const char *name, const char *args)
{
	(void)p;
	return !strcmp(name, "scroll") && groups_move(&v->groups, args);
}

const struct panel_ops groups_panel = {groups_recalculate, table_draw, command};
