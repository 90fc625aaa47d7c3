#include "item_table.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "phrases.h"

/* In flight: how far it is. */
static const struct table_column active[] = {
	{COL_ITEM, "item", 15, 48, 0, false},
	{COL_LINE, "line", 9, 0, 10, true},
	{COL_TRY, "try", 5, 0, 2, false},
	{COL_AGE, "age", 7, 0, 1, true},
	{COL_WHY, "state", 16, 24, 0, false},
	{COL_MODEL, "model", 12, 24, 4, false},
	{COL_BYTES, "bytes", 8, 0, 3, true},
	{COL_IDLE, "idle", 6, 0, 5, true},
	{COL_HOST, "host", 20, 0, 7, false},
	{COL_REQUEST_ID, "request id", 14, 40, 8, false},
};

/* The same for streamed answers: tokens are more useful than bytes. */
static const struct table_column streaming[] = {
	{COL_ITEM, "item", 15, 48, 0, false},
	{COL_LINE, "line", 9, 0, 10, true},
	{COL_TRY, "try", 5, 0, 3, false},
	{COL_AGE, "age", 7, 0, 2, true},
	{COL_WHY, "state", 16, 24, 0, false},
	{COL_OUT, "out", 7, 0, 1, true},
	{COL_MODEL, "model", 12, 24, 4, false},
	{COL_BYTES, "bytes", 8, 0, 8, true},
	{COL_IDLE, "idle", 6, 0, 5, true},
	{COL_HOST, "host", 20, 0, 7, false},
	{COL_REQUEST_ID, "request id", 14, 40, 8, false},
};

/* The same of a pipeline's items. */
static const struct table_column staged[] = {
	{COL_ITEM, "item", 15, 48, 0, false},
	{COL_LINE, "line", 9, 0, 10, true},
	{COL_STAGE, "stage", 10, 20, 0, false},
	{COL_TRY, "try", 5, 0, 3, false},
	{COL_AGE, "age", 7, 0, 1, true},
	{COL_WHY, "state", 16, 24, 0, false},
	{COL_MODEL, "model", 12, 24, 2, false},
	{COL_OUT, "out", 7, 0, 6, true},
	{COL_BYTES, "bytes", 8, 0, 4, true},
	{COL_IDLE, "idle", 6, 0, 5, true},
	{COL_HOST, "host", 20, 0, 7, false},
	{COL_REQUEST_ID, "request id", 14, 40, 8, false},
};

static const char *const state_roles[ITEM_STATE_COUNT] = {[ITEM_QUEUED] = R_DIM,
	[ITEM_WAITING] = R_WARN,
	[ITEM_IN_FLIGHT] = R_STRONG,
	[ITEM_HELD] = R_WARN,
	[ITEM_OK] = R_DIM,
	[ITEM_FAILED] = R_BAD,
	[ITEM_CANCELLED] = R_WARN};

/* "receiving", "waiting 0:12", "failed". */
static void put_state(const struct item_row *r, int64_t now_us, char *out)
{
	char left[16];

	if (r->state == ITEM_WAITING && r->due_us)
		snprintf(out, TABLE_CELL, "%s %s", item_state_name(r->state),
			text_age(phrase_left(r->due_us - now_us), left, sizeof(left)));
	else
		snprintf(out, TABLE_CELL, "%s",
			r->state == ITEM_IN_FLIGHT && r->phase[0] ? r->phase
								  : item_state_name(r->state));
}

/* The HTTP status or, without one, the outcome, once an attempt has ended. */
static void put_why(const struct item_row *r, char *out, size_t size)
{
	if (r->status)
		snprintf(out, size, "%d", r->status);
	else
		snprintf(out, size, "%s",
			r->outcome == OUTCOME_OK && r->state != ITEM_OK ? ""
									: outcome_name(r->outcome));
}

static void put_state_and_why(const struct item_row *r, int64_t now_us, char *out)
{
	char why[32];
	size_t len;

	put_state(r, now_us, out);
	if (r->state != ITEM_WAITING)
		return;
	put_why(r, why, sizeof(why));
	len = strlen(out);
	snprintf(out + len, TABLE_CELL - len, " %s", why);
}

static void put_age(int64_t us, char *out)
{
	if (us < 0)
		snprintf(out, TABLE_CELL, "-");
	else
		text_age(us, out, TABLE_CELL);
}

/* The columns of numbers. */
static void put_number(const struct item_row *r, int column, char *out)
{
	switch (column) {
	case COL_TRY:
		/* those that do not count may make it more than the most */
		if (r->max_attempts && r->attempt <= r->max_attempts)
			snprintf(out, TABLE_CELL, "%d/%d", r->attempt, r->max_attempts);
		else
			snprintf(out, TABLE_CELL, "%d", r->attempt);
		break;
	case COL_AGE:
		put_age(r->age_us, out);
		break;
	case COL_CODE:
		snprintf(out, TABLE_CELL, r->status ? "%d" : "-", r->status);
		break;
	case COL_BYTES:
		if (r->state == ITEM_IN_FLIGHT || r->bytes_in)
			text_bytes((double)r->bytes_in, out, TABLE_CELL);
		else
			snprintf(out, TABLE_CELL, "-");
		break;
	case COL_OUT:
		snprintf(out, TABLE_CELL, r->tokens_out ? "%" PRIu64 : "-", r->tokens_out);
		break;
	default:
		put_age(r->idle_us, out);
	}
}

static const char *item_cell(const void *row, int column, const void *ctx, char *out)
{
	const struct snapshot *s = ctx;
	const struct item_row *r = row;
	int64_t now_us = s->now_us;

	switch (column) {
	case COL_ITEM:
		snprintf(out, TABLE_CELL, "%s", r->id);
		return R_TEXT;
	case COL_LINE:
		snprintf(out, TABLE_CELL, "%" PRIu64, r->line);
		return R_DIM;
	case COL_STATE:
		put_state(r, now_us, out);
		return state_roles[r->state];
	case COL_WHY:
		put_state_and_why(r, now_us, out);
		return r->state == ITEM_IN_FLIGHT ? R_TEXT : state_roles[r->state];
	case COL_OUTCOME:
		put_why(&(struct item_row){.outcome = r->outcome, .state = r->state}, out,
			TABLE_CELL);
		return r->state == ITEM_FAILED ? R_BAD : r->state == ITEM_OK ? R_DIM : R_WARN;
	case COL_MODEL:
		snprintf(out, TABLE_CELL, "%s", r->model[0] ? r->model : "-");
		return R_TEXT;
	case COL_STAGE:
		snprintf(out, TABLE_CELL, "%s", r->stage[0] ? r->stage : r->facts.stage);
		return R_TEXT;
	case COL_HOST:
		snprintf(out, TABLE_CELL, "%s", r->host);
		return R_DIM;
	case COL_REQUEST_ID:
		snprintf(out, TABLE_CELL, "%s", r->request_id);
		return R_DIM;
	case COL_TRY:
	case COL_AGE:
	case COL_CODE:
	case COL_BYTES:
	case COL_OUT:
	case COL_IDLE:
		put_number(r, column, out);
		return R_TEXT;
	default:
		return item_fact_cell(r, (enum item_column)column, s->wall_us, out);
	}
}

static bool has_stages(const struct item_list *l)
{
	return l->n && l->row[0].stage[0];
}

static bool has_streams(const struct item_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->row[i].tokens_out)
			return true;
	return false;
}

/* The columns of the main screen. */
static void fit_active(const struct item_list *l, const struct panel *p, struct table *t)
{
	if (has_stages(l))
		table_fit(t, staged, sizeof(staged) / sizeof(staged[0]), p);
	else if (has_streams(l))
		table_fit(t, streaming, sizeof(streaming) / sizeof(streaming[0]), p);
	else
		table_fit(t, active, sizeof(active) / sizeof(active[0]), p);
}

void item_table_show(struct panel *p, const struct item_list *l, const struct item_columns *columns,
	const struct snapshot *s)
{
	int top = table_top(p->at.rows), room = table_room(p->at.rows);
	struct table t;

	if (columns)
		item_columns_fit(columns, s, p, &t);
	else
		fit_active(l, p, &t);
	if (top > 1)
		table_heading(&t, p, top - 1);
	for (int i = 0; i < room && (size_t)i < l->n; i++) {
		const struct item_row *r = &l->row[i];
		unsigned marks = l->line && r->line == l->line ? ROW_SELECTED : 0;

		if (columns && r->tagged)
			marks |= ROW_TAGGED;
		table_row(&t, p, top + i, marks, item_cell, r, s);
	}
}

const char *item_words(const struct item_row *r, int64_t now_us, char *out)
{
	bool ended = r->state == ITEM_OK || r->state == ITEM_FAILED || r->state == ITEM_CANCELLED;
	char state[TABLE_CELL], why[32];

	put_state(r, now_us, state);
	put_why(r, why, sizeof(why));
	snprintf(out, PHRASE_SIZE, "%s (line %" PRIu64 ")%s: %.40s%s%s", r->id, r->line,
		ended ? " has ended" : "", state, why[0] && r->state != ITEM_OK ? ", " : "",
		r->state != ITEM_OK ? why : "");
	return out;
}
