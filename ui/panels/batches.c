/* The batches of a service, and the selected one in full. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "phrases.h"
#include "table.h"
#include "view.h"

enum {
	COLUMN_PHASE,
	COLUMN_ID,
	COLUMN_OWNER,
	COLUMN_SHARE,
	COLUMN_LINES,
	COLUMN_OK,
	COLUMN_FAILED,
	COLUMN_RATE,
	COLUMN_ETA,
	COLUMN_USD,
	COLUMN_TURN,
	COLUMN_EXPIRES,
	COLUMN_PATH
};

static const struct table_column columns[] = {
	{COLUMN_PHASE, "state", 10, 0, 0, false},
	{COLUMN_ID, "batch", 12, 34, 0, false},
	{COLUMN_OWNER, "client", 6, 12, 3, false},
	{COLUMN_SHARE, "%", 4, 0, 0, true},
	{COLUMN_LINES, "lines", 5, 0, 7, true},
	{COLUMN_OK, "ok", 5, 0, 6, true},
	{COLUMN_FAILED, "failed", 6, 0, 1, true},
	{COLUMN_RATE, "/s", 5, 0, 5, true},
	{COLUMN_ETA, "ETA", 6, 0, 2, true},
	{COLUMN_USD, "cost", 7, 0, 4, true},
	{COLUMN_TURN, "turn", 6, 0, 8, true},
	{COLUMN_EXPIRES, "expires", 7, 0, 9, true},
	{COLUMN_PATH, "path", 20, 24, 10, false},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]), PATH_FROM = 150 };

static const char *phase_role(const struct batch_row *b)
{
	static const struct {
		const char *phase, *role;
	} roles[] = {{"sending", R_GOOD}, {"held", R_WARN}, {"paused", R_WARN},
		{"stopping", R_WARN}, {"ended", R_DIM}};

	if (batch_has_ended(b) && (!strcmp(b->status, "failed") || !strcmp(b->status, "expired")))
		return R_BAD;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcmp(b->phase, roles[i].phase))
			return roles[i].role;
	return R_TEXT;
}

/* 100 only when it is so. */
static int percent(const struct batch_row *b)
{
	double share = b->total ? (double)b->done * 100 / (double)b->total : 0;

	return b->done >= b->total && b->total ? 100 : share > 99 ? 99 : (int)share;
}

static const char *count(uint64_t n, const char *role, char *out)
{
	text_count((double)n, out, 16);
	return n ? role : R_DIM;
}

/* "12m": whole units of the two ends, the later one; a batch is planned by its worst case. */
static const char *eta(const struct batch_row *b, int64_t wall_us, char *out)
{
	if (b->eta_high_s < 0 || batch_has_ended(b)) {
		snprintf(out, TABLE_CELL, "-");
		return R_DIM;
	}
	text_latency((int64_t)(b->eta_high_s * US_PER_S) / US_PER_S * US_PER_S, out, 16);
	return batch_is_late(b, wall_us) ? R_BAD : R_TEXT;
}

static const char *left_until(int64_t at_s, int64_t wall_us, char *out)
{
	int64_t left_us = at_s * US_PER_S - wall_us;

	if (at_s <= 0)
		snprintf(out, TABLE_CELL, "-");
	else
		text_latency(left_us > 0 ? left_us / US_PER_S * US_PER_S : 0, out, 16);
	return at_s <= 0 ? R_DIM : R_TEXT;
}

static const char *turn(const struct batch_row *b, char *out)
{
	if (b->raised)
		snprintf(out, TABLE_CELL, "first");
	else
		snprintf(out, TABLE_CELL, "x%.3g", b->weight);
	return b->raised ? R_STRONG : b->weight == 1 ? R_DIM : R_TEXT;
}

static const char *batch_cell(const void *row, int column, const void *ctx, char *out)
{
	const struct batch_row *b = row;
	int64_t wall_us = *(const int64_t *)ctx;

	switch (column) {
	case COLUMN_PHASE:
		/* of one that ended, what became of it */
		snprintf(out, TABLE_CELL, "%s", batch_has_ended(b) ? b->status : b->phase);
		return phase_role(b);
	case COLUMN_ID:
		snprintf(out, TABLE_CELL, "%s", b->id);
		return R_STRONG;
	case COLUMN_OWNER:
		snprintf(out, TABLE_CELL, "%s", b->owner[0] ? b->owner : "-");
		return b->owner[0] ? R_TEXT : R_DIM;
	case COLUMN_SHARE:
		if (b->total)
			snprintf(out, TABLE_CELL, "%d%%", percent(b));
		else
			snprintf(out, TABLE_CELL, "-");
		return R_TEXT;
	case COLUMN_LINES:
		return count(b->total, R_TEXT, out);
	case COLUMN_OK:
		return count(b->ok, R_TEXT, out);
	case COLUMN_FAILED:
		return count(b->failed, R_BAD, out);
	case COLUMN_RATE:
		snprintf(out, TABLE_CELL, "%.*f", b->answers_now < 99.95, b->answers_now);
		return b->answers_now > 0 ? R_TEXT : R_DIM;
	case COLUMN_ETA:
		return eta(b, wall_us, out);
	case COLUMN_USD:
		if (b->usd < 0)
			snprintf(out, TABLE_CELL, "-");
		else
			text_usd(b->usd, out, 16);
		return b->usd < 0 ? R_DIM : R_TEXT;
	case COLUMN_TURN:
		return turn(b, out);
	case COLUMN_EXPIRES:
		return left_until(batch_has_ended(b) ? 0 : b->expires_s, wall_us, out);
	default:
		snprintf(out, TABLE_CELL, "%s", b->endpoint);
		return R_DIM;
	}
}

static void title(struct panel *p, const struct service_view *s)
{
	char text[160], note[96], range[48];

	if (s->filter[0])
		snprintf(text, sizeof(text), "batches: %s", s->filter);
	else
		snprintf(text, sizeof(text), "%s", s->all ? "batches, with ended ones" : "batches");
	list_range(&s->list, range);
	if (s->batches.more)
		snprintf(note, sizeof(note), "%.40s, %" PRIu64 " older", range, s->batches.more);
	else
		snprintf(note, sizeof(note), "%.47s", range);
	panel_title(p, text, note);
}

static void batches_recalculate(struct panel *p, const struct view *v)
{
	const struct service_view *s = &v->service;
	int top = table_top(p->at.rows), room = table_room(p->at.rows);
	struct table t;

	if (top)
		title(p, s);
	/* the last one: an id in full is worth more */
	table_fit(&t, columns, COLUMNS - (p->at.cols < PATH_FROM), p);
	if (top > 1)
		table_heading(&t, p, top - 1);
	for (int i = 0; i < room && s->list.first + (uint64_t)i < s->batches.n; i++) {
		uint64_t place = s->list.first + (uint64_t)i;

		table_row(&t, p, top + i, place == s->list.cursor ? ROW_SELECTED : 0, batch_cell,
			&s->batch[place], &v->snap.wall_us);
	}
	if (s->batches.n)
		return;
	if (v->late)
		panel_line(p, top, R_DIM "  %s", phrase_late);
	else if (s->unfiltered)
		panel_line(p, top, R_DIM "  no batch has \"%s\"; q shows all", s->filter);
	else
		panel_line(p, top, R_DIM "  no %sbatches%s", s->all ? "" : "open ",
			s->all ? "" : "; a shows those that ended");
}

static bool batches_command(struct panel *p, struct view *v, const char *name, const char *args)
{
	(void)p;
	return !strcmp(name, "scroll") && service_view_move(&v->service, args);
}

const struct panel_ops batches_panel = {batches_recalculate, table_draw, batches_command};

/* ---- the selected one in full ---- */

static const char *tokens(double n, char *out)
{
	return n < 0 ? strcpy(out, "-") : text_count(n, out, 16);
}

static void detail_recalculate(struct panel *p, const struct view *v)
{
	const struct batch_row *b = service_view_selected(&v->service);
	char in[16], out[16], age[24], left[TABLE_CELL], usd[24], name[120];
	int64_t now_s = v->snap.wall_us / US_PER_S;
	char expiry[40];
	bool late;
	int i = 1;

	if (!b) {
		panel_title(p, "batch", "");
		return;
	}
	snprintf(name, sizeof(name), "batch %s", b->id);
	panel_title(p, name, b->status);
	i = panel_wrap(p, i, " ", 1, b->note[0] ? R_WARN : R_DIM,
		b->note[0]                     ? b->note
		: !strcmp(b->phase, "sending") ? "it sends without a hindrance"
					       : b->phase);
	text_age((b->created_s > 0 ? now_s - b->created_s : 0) * US_PER_S, age, sizeof(age));
	left_until(b->expires_s, v->snap.wall_us, left);
	if (batch_has_ended(b))
		snprintf(expiry, sizeof(expiry), "ended");
	else
		snprintf(expiry, sizeof(expiry), "expires in %.20s", left);
	late = batch_is_late(b, v->snap.wall_us);
	panel_line(p, i++, R_DIM " %s %s  %s%s%s" R_DIM "  created " R_TEXT "%s" R_DIM " ago",
		b->api, b->endpoint, late ? R_BAD : R_TEXT, late ? "late: " : "", expiry, age);
	panel_line(p, i++,
		R_DIM " tokens " R_TEXT "%s" R_DIM " in " R_TEXT "%s" R_DIM " out  cost " R_TEXT
		      "%s" R_DIM "  in flight " R_TEXT "%" PRIu64 R_DIM "  held " R_TEXT
		      "%" PRIu64 R_DIM "  bound by " R_TEXT "%s",
		tokens(b->tokens_in, in), tokens(b->tokens_out, out),
		text_usd(b->usd, usd, sizeof(usd)), b->in_flight, b->held, b->bound);
	panel_line(p, i, R_DIM " %s", b->results);
}

const struct panel_ops batch_panel = {detail_recalculate, panel_draw_framed, NULL};
