/* What requests came to by model, endpoint and stage. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "table.h"
#include "view.h"

enum {
	COLUMN_KIND,
	COLUMN_NAME,
	COLUMN_REQUESTS,
	COLUMN_OK,
	COLUMN_ERRORS,
	COLUMN_REFUSED,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_IN,
	COLUMN_OUT,
	COLUMN_USD,
	COLUMN_RATE
};

enum { ERRORS_MANY = 5, ERRORS_MOST = 20 }; /* percent */

static const struct table_column columns[] = {
	{COLUMN_KIND, "by", 8, 0, 0, false}, /* only if there are several kinds */
	{COLUMN_NAME, "name", 12, 40, 0, false},
	{COLUMN_REQUESTS, "requests", 8, 0, 4, true},
	{COLUMN_OK, "ok", 6, 0, 8, true},
	{COLUMN_ERRORS, "errors", 6, 0, 1, true},
	{COLUMN_REFUSED, "429s", 6, 0, 10, true},
	{COLUMN_P50, "p50", 6, 0, 3, true},
	{COLUMN_P99, "p99", 6, 0, 2, true},
	{COLUMN_IN, "tok in", 6, 0, 7, true},
	{COLUMN_OUT, "tok out", 7, 0, 6, true},
	{COLUMN_USD, "$", 9, 0, 3, true},
	{COLUMN_RATE, "$/min", 8, 0, 5, true},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* The share of answers that were not ok; those that the operator cancelled were none. */
static double error_share(const struct usage_row *r)
{
	uint64_t answered = r->requests - r->cancelled;

	return answered ? (double)(answered - r->ok) * 100 / (double)answered : 0;
}

static const char *count(uint64_t n, char *out)
{
	text_count((double)n, out, TABLE_CELL);
	return R_TEXT;
}

static const char *money(double usd, char *out)
{
	if (usd < 0)
		snprintf(out, TABLE_CELL, "-");
	else
		text_usd(usd, out, 16);
	return usd < 0 ? R_DIM : R_TEXT;
}

static const char *usage_cell(const void *row, int column, const void *ctx, char *out)
{
	static const char *const kinds[USAGE_KINDS] = {
		[USAGE_MODEL] = "model", [USAGE_ENDPOINT] = "endpoint", [USAGE_STAGE] = "stage"};
	const struct usage_row *r = row;
	double share = error_share(r);

	(void)ctx;
	switch (column) {
	case COLUMN_KIND:
		snprintf(out, TABLE_CELL, "%s", kinds[r->kind]);
		return R_DIM;
	case COLUMN_NAME:
		snprintf(out, TABLE_CELL, "%s", r->name[0] ? r->name : "(none)");
		return R_STRONG;
	case COLUMN_REQUESTS:
		return count(r->requests, out);
	case COLUMN_OK:
		return count(r->ok, out);
	case COLUMN_REFUSED:
		count(r->rate_limited, out);
		return r->rate_limited ? R_WARN : R_DIM;
	case COLUMN_ERRORS:
		snprintf(out, TABLE_CELL, "%.*f%%", share > 0 && share < 10, share);
		return share >= ERRORS_MOST ? R_BAD : share >= ERRORS_MANY ? R_WARN : R_TEXT;
	case COLUMN_P50:
	case COLUMN_P99:
		text_latency(column == COLUMN_P50 ? r->p50_us : r->p99_us, out, 16);
		return R_TEXT;
	case COLUMN_IN:
		return count(r->tokens_in, out);
	case COLUMN_OUT:
		return count(r->tokens_out, out);
	case COLUMN_USD:
		return money(r->usd, out);
	default:
		return money(r->usd_per_min, out);
	}
}

static void usage_recalculate(struct panel *p, const struct view *v)
{
	const struct usage_view *u = &v->usage;
	int top = table_top(p->at.rows), room = table_room(p->at.rows);
	char note[48];
	struct table t;
	int one_kind;

	if (top)
		panel_title(p, "usage by model, endpoint, stage", list_range(&u->list, note));
	one_kind = !u->n || u->row[0].kind == u->row[u->n - 1].kind;
	table_fit(&t, columns + one_kind, COLUMNS - one_kind, p);
	if (top > 1)
		table_heading(&t, p, top - 1);
	for (int i = 0; i < room && u->list.first + (uint64_t)i < u->n; i++) {
		uint64_t place = u->list.first + (uint64_t)i;

		table_row(&t, p, top + i, place == u->list.cursor ? ROW_SELECTED : 0, usage_cell,
			&u->row[place], NULL);
	}
	if (!u->n)
		panel_line(p, top, R_DIM "  %s",
			v->snap.replay.on ? "a replay has it at its end: no moment before is known"
			: v->snap.past    ? "no request was answered, or an older release ran it"
					  : "no request was answered yet");
}

static bool command(struct panel *p, struct view *v, const char *name, const char *args)
{
	(void)p;
	return !strcmp(name, "scroll") && usage_view_move(&v->usage, args);
}

const struct panel_ops usage_panel = {usage_recalculate, table_draw, command};
