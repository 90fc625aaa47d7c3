/* The live calls of a service: clients that wait for an answer now. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "phrases.h"
#include "table.h"
#include "view.h"

enum {
	COLUMN_STATE,
	COLUMN_AGE,
	COLUMN_OWNER,
	COLUMN_PATH,
	COLUMN_MODEL,
	COLUMN_ENDPOINT,
	COLUMN_ATTEMPTS,
	COLUMN_TOKENS
};

static const struct table_column columns[] = {
	{COLUMN_STATE, "state", 11, 0, 0, false},
	{COLUMN_AGE, "age", 6, 0, 0, true},
	{COLUMN_OWNER, "client", 6, 16, 1, false},
	{COLUMN_PATH, "path", 14, 24, 3, false},
	{COLUMN_MODEL, "model", 10, 32, 2, false},
	{COLUMN_ENDPOINT, "endpoint", 8, 16, 6, false},
	{COLUMN_ATTEMPTS, "try", 3, 0, 4, true},
	{COLUMN_TOKENS, "tokens", 6, 0, 5, true},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static const char *text_or_dash(const char *text, const char *role, char *out)
{
	snprintf(out, TABLE_CELL, "%s", *text ? text : "-");
	return *text ? role : R_DIM;
}

static const char *call_cell(const void *row, int column, const void *ctx, char *out)
{
	const struct call_row *c = row;

	(void)ctx;
	switch (column) {
	case COLUMN_STATE:
		snprintf(out, TABLE_CELL, "%s", c->state);
		return !strcmp(c->state, "answering")     ? R_GOOD
		       : !strcmp(c->state, "backing off") ? R_WARN
							  : R_TEXT;
	case COLUMN_AGE:
		text_latency((int64_t)(c->age_s * US_PER_S), out, 16);
		return R_TEXT;
	case COLUMN_OWNER:
		return text_or_dash(c->owner, R_TEXT, out);
	case COLUMN_PATH:
		return text_or_dash(c->path, R_TEXT, out);
	case COLUMN_MODEL:
		return text_or_dash(c->model, R_STRONG, out);
	case COLUMN_ENDPOINT:
		return text_or_dash(c->endpoint, R_DIM, out);
	case COLUMN_ATTEMPTS:
		snprintf(out, TABLE_CELL, "%d", c->attempts);
		return c->attempts > 1 ? R_WARN : R_DIM;
	default:
		if (c->tokens_out < 0)
			snprintf(out, TABLE_CELL, "-");
		else
			text_count(c->tokens_out, out, 16);
		return c->tokens_out < 0 ? R_DIM : R_TEXT;
	}
}

static void title(struct panel *p, const struct service_view *s)
{
	const struct calls_info *c = &s->calls;
	char text[64], note[96];

	snprintf(text, sizeof(text), "live calls: %" PRIu64 " in flight, %" PRIu64 " waiting",
		c->in_flight, c->waiting);
	snprintf(
		note, sizeof(note), "%" PRIu64 " ended, %" PRIu64 " refused", c->ended, c->refused);
	panel_title(p, text, text_cells(text) + text_cells(note) + 8 < p->at.cols ? note : "");
}

static void calls_recalculate(struct panel *p, const struct view *v)
{
	const struct service_view *s = &v->service;
	int top = table_top(p->at.rows), room = table_room(p->at.rows);
	bool choose = v->screen == SCREEN_CALLS;
	struct table t;

	if (top)
		title(p, s);
	table_fit(&t, columns, COLUMNS, p);
	if (top > 1)
		table_heading(&t, p, top - 1);
	for (int i = 0; i < room && s->call_list.first + (uint64_t)i < s->calls.n; i++) {
		uint64_t place = s->call_list.first + (uint64_t)i;

		table_row(&t, p, top + i, choose && place == s->call_list.cursor ? ROW_SELECTED : 0,
			call_cell, &s->call[place], NULL);
	}
	if (!s->calls.n)
		panel_line(p, top, R_DIM "  no client waits for an answer now");
}

static bool calls_command(struct panel *p, struct view *v, const char *name, const char *args)
{
	(void)p;
	return !strcmp(name, "scroll") && list_move(&v->service.call_list, args);
}

const struct panel_ops calls_panel = {calls_recalculate, table_draw, calls_command};
