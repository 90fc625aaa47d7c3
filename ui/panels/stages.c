/* The panel of endpoints. A run with a pipeline shows its stages there as a flow: each is indented
 * under the stages before it. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "endpoints.h"
#include "table.h"
#include "phrases.h"
#include "view.h"

enum {
	COLUMN_STAGE,
	COLUMN_FLIGHT,
	COLUMN_READY,
	COLUMN_WAITING,
	COLUMN_DONE,
	COLUMN_ERRORS,
	COLUMN_FAILED,
	COLUMN_SKIPPED,
	COLUMN_RATE,
	COLUMN_REFUSED,
	COLUMN_STATE,
	COLUMN_AFTER
};

static const struct table_column columns[] = {
	{COLUMN_STAGE, "  stage", 16, 30, 0, false},
	{COLUMN_FLIGHT, "in flight", 9, 0, 1, true},
	{COLUMN_READY, "ready", 6, 0, 3, true},
	{COLUMN_WAITING, "waiting", 7, 0, 6, true},
	{COLUMN_DONE, "done", 6, 0, 0, true},
	{COLUMN_ERRORS, "errors", 6, 0, 9, true},
	{COLUMN_FAILED, "failed", 6, 0, 2, true},
	{COLUMN_SKIPPED, "skipped", 7, 0, 8, true},
	{COLUMN_RATE, "req/s", 6, 0, 4, true},
	{COLUMN_REFUSED, "429s/min", 8, 0, 7, true},
	{COLUMN_STATE, "state", 9, 18, 5, false},
	{COLUMN_AFTER, "after", 12, 40, 10, false},
};

struct stage_row {
	const struct snapshot *snap;
	int stage, depth;
};

static void put_name(const struct stage_row *r, char *out)
{
	const struct endpoint_view *e = &r->snap->endpoints[r->stage];

	snprintf(out, TABLE_CELL, "%c %*s%s", e->chosen ? '>' : ' ', 2 * r->depth, "", e->name);
}

static void put_after(const struct stage_row *r, char *out)
{
	uint32_t after = r->snap->endpoints[r->stage].stage.after;
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < r->stage && len < TABLE_CELL; i++)
		if (after & UINT32_C(1) << i)
			len += (size_t)snprintf(out + len, TABLE_CELL - len, "%s%s",
				len ? ", " : "", r->snap->endpoints[i].name);
}

static void put_count(uint64_t n, char *out)
{
	text_count((double)n, out, TABLE_CELL);
}

static const char *put_state(const struct stage_row *r, char *out)
{
	const struct endpoint_view *e = &r->snap->endpoints[r->stage];
	char words[PHRASE_SIZE];
	const char *role = endpoint_state(r->snap, e, words);

	snprintf(out, TABLE_CELL, "%s", e->lane.breaker_open && !e->paused ? "probing" : words);
	return role;
}

static const char *stage_cell(const void *row, int column, const void *ctx, char *out)
{
	const struct stage_row *r = row;
	const struct endpoint_view *e = &r->snap->endpoints[r->stage];

	(void)ctx;
	switch (column) {
	case COLUMN_STAGE:
		put_name(r, out);
		return e->chosen ? R_STRONG : R_TEXT;
	case COLUMN_FLIGHT:
		snprintf(out, TABLE_CELL, "%" PRIu32 "/%d", e->lane.in_flight, e->lane.concurrency);
		return R_TEXT;
	case COLUMN_READY:
		put_count(e->stage.ready + e->stage.held, out);
		return R_TEXT;
	case COLUMN_WAITING:
		put_count(e->stage.waiting, out);
		return e->stage.waiting ? R_WARN : R_DIM;
	case COLUMN_DONE:
		put_count(e->stage.done, out);
		return R_GOOD;
	case COLUMN_ERRORS: /* attempts, most of which are made again */
		put_count(e->lane.answered - e->lane.ok, out);
		return e->lane.answered > e->lane.ok ? R_WARN : R_DIM;
	case COLUMN_FAILED:
		put_count(e->stage.failed, out);
		return e->stage.failed ? R_BAD : R_DIM;
	case COLUMN_SKIPPED:
		put_count(e->stage.skipped, out);
		return R_DIM;
	case COLUMN_RATE:
		text_count(e->lane.answers_now, out, TABLE_CELL);
		return R_TEXT;
	case COLUMN_REFUSED:
		text_count(e->lane.rate_limited_per_min, out, TABLE_CELL);
		return e->lane.rate_limited_per_min >= 1 ? R_WARN : R_DIM;
	case COLUMN_STATE:
		return put_state(r, out);
	default:
		put_after(r, out);
		return R_DIM;
	}
}

/* The number of stages before a stage on the longest path. */
static void find_depths(const struct snapshot *s, int depth[ENDPOINTS_MAX])
{
	for (int i = 0; i < s->n_endpoints; i++) {
		depth[i] = 0;
		for (int k = 0; k < i; k++)
			if (s->endpoints[i].stage.after & UINT32_C(1) << k && depth[i] <= depth[k])
				depth[i] = depth[k] + 1;
	}
}

static void stages_fill(struct panel *p, const struct snapshot *s)
{
	int depth[ENDPOINTS_MAX], room = p->at.rows - 2;
	int shown = s->n_endpoints <= room ? s->n_endpoints : room;
	char note[60];
	struct table t;

	if (shown < s->n_endpoints)
		snprintf(note, sizeof(note), "%d more", s->n_endpoints - shown);
	else
		snprintf(note, sizeof(note), "%" PRIu32 " items in progress", s->open_rows);
	panel_title(p, "stages", note);
	find_depths(s, depth);
	table_fit(&t, columns, sizeof(columns) / sizeof(columns[0]), p);
	table_heading(&t, p, 1);
	for (int i = 0; i < shown; i++) {
		const struct stage_row row = {s, i, depth[i]};

		table_row(&t, p, 2 + i, 0, stage_cell, &row, NULL);
	}
}

static void recalculate(struct panel *p, const struct view *v)
{
	(v->snap.pipeline ? stages_fill : endpoints_fill)(p, &v->snap);
}

const struct panel_ops endpoints_panel = {recalculate, panel_draw_framed, NULL};
