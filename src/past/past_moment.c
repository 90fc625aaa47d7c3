/* A moment of a run as the port shows it: the counts of its items, those under way, and the figures
 * that the journal told last. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "past/past_replay.h"

/* ---- the snapshot ---- */

/* Is the run over then? One that goes on is not, where its files end. */
static bool at_end(const struct past *p)
{
	return p->replay->player.at_ms >= p->replay->player.length_ms && !p->goes_on;
}

bool past_moment_is_end(const struct past *p)
{
	return p->replay->player.at_ms >= p->replay->player.length_ms && p->replay->settled;
}

static bool all_held(const struct past_figures *f)
{
	for (int i = 0; i < f->lanes.n; i++)
		if (!f->lanes.at[i].held)
			return false;
	return f->lanes.n > 0;
}

/* Does the run run? Not between its sessions. */
static bool runs(const struct past *p)
{
	return !at_end(p) && !p->figures.stopped &&
	       axis_is_inside(&p->replay->axis, p->replay->player.at_ms);
}

static enum run_state state_of(const struct past *p)
{
	const struct past_figures *f = &p->figures;

	if (!runs(p))
		return RUN_STOPPED;
	if (f->ticked && f->now.bound == BOUND_PAUSE)
		return RUN_PAUSED;
	return all_held(f) ? RUN_HELD : RUN_RUNNING;
}

/* Takes so many of what is left. */
static uint64_t take(int64_t n, uint64_t *left)
{
	uint64_t taken = n < 0 ? 0 : (uint64_t)n;

	taken = taken < *left ? taken : *left;
	*left -= taken;
	return taken;
}

/* What ended is known to the millisecond; what was under way to the second, by the ticks. */
static void add_counts(const struct past *p, struct snapshot *out)
{
	const int64_t *tick = p->figures.now.items;
	struct item_counts *c = &out->items;
	uint64_t left;

	if (!p->replay->settled)
		*c = (struct item_counts){.ok = (uint64_t)tick[0],
			.failed = (uint64_t)tick[3],
			.cancelled = (uint64_t)tick[5],
			.total = p->known.total};
	if (c->ok + c->failed + c->cancelled > c->total)
		c->total = c->ok + c->failed + c->cancelled;
	left = c->total - c->ok - c->failed - c->cancelled;
	if (!p->replay->settled || (p->figures.ticked && runs(p))) {
		c->held = take(tick[4], &left);
		c->in_flight = take(runs(p) ? tick[1] : 0, &left);
		c->waiting = take(tick[2], &left);
		c->queued = left;
	}
	out->requests = runs(p) && p->figures.ticked ? (uint32_t)p->figures.now.requests
						     : (uint32_t)c->in_flight;
}

/* Tokens are those of the session; dollars those of the run, by its last record that tells. */
static void add_cost(const struct past *p, struct snapshot *out)
{
	struct cost_view *c = &out->cost;

	*c = (struct cost_view){.tokens = (double)(out->tokens_in + out->tokens_out),
		.usd = -1,
		.projected_tokens = -1,
		.projected_usd = -1,
		.budget_tokens = -1,
		.budget_usd = -1,
		.earlier = p->figures.sessions > 1,
		.asked = p->replay->spans.asked};
	past_cost_show(&p->figures.cost, c);
}

/* Of the last seconds, by the ticks. */
static void add_rates(const struct past_figures *f, struct snapshot *out)
{
	enum { RECENT = 5, MINUTE = 60 };
	int n = out->history_len;
	double answered = 0, tokens = 0, refused = 0;
	const struct history_second *h = out->history;

	for (int i = n > RECENT ? n - RECENT : 0; i < n; i++) {
		answered += h[i].answered;
		tokens += h[i].tokens;
	}
	for (int i = n > MINUTE ? n - MINUTE : 0; i < n; i++)
		refused += h[i].rate_limited;
	if (!n || f->stopped)
		return;
	out->answers_now = answered / (n < RECENT ? n : RECENT);
	out->tokens_now = tokens / (n < RECENT ? n : RECENT);
	out->rate_limited_per_min = refused;
}

static void add_note(const struct past *p, struct snapshot *out)
{
	const struct axis *t = &p->replay->axis;

	if (!p->replay->settled)
		snprintf(out->state_note, sizeof(out->state_note),
			"still reading the input: no items yet");
	else if (out->state == RUN_STOPPED)
		snprintf(out->state_note, sizeof(out->state_note), "between sessions%s%.150s",
			p->figures.stop.reason[0] ? ": " : "", p->figures.stop.reason);
	else if (p->replay->untimed && !at_end(p))
		snprintf(out->state_note, sizeof(out->state_note),
			"some results have no times: they appear at the end of their session");
	else if (t->back && !at_end(p))
		snprintf(out->state_note, sizeof(out->state_note),
			"the clock of the run went back: see the log");
	else if (p->holder && p->replay->player.at_ms >= p->replay->player.length_ms)
		snprintf(out->state_note, sizeof(out->state_note),
			"live, as pid %d: its files end here", (int)p->holder);
	else
		out->state_note[0] = '\0';
}

void past_moment_snapshot(struct past *p, struct snapshot *out)
{
	const struct replay *r = p->replay;
	const struct axis_session *s = &r->axis.session[axis_session_at(&r->axis, r->player.at_ms)];
	int64_t since_ms = r->player.at_ms - s->from_ms;

	out->read_only = true;
	replay_show(r, &out->replay);
	out->wall_us = past_replay_wall_us(p);
	out->elapsed_us = (since_ms < s->length_ms ? since_ms : s->length_ms) * US_PER_MS;
	if (out->elapsed_us > 0)
		out->answers_avg = (double)out->attempts / s_from_us(out->elapsed_us);
	out->doubtful = 0;
	add_counts(p, out);
	memcpy(out->final_failures, r->spans.failures, sizeof(out->final_failures));
	if (at_end(p) && r->settled)
		return;
	out->state = state_of(p);
	add_rates(&p->figures, out);
	add_cost(p, out);
	add_note(p, out);
}

/* ---- rows ---- */

/* What the engine does not know of an item under way. */
static void add_active(const struct past *p, struct item_row *row)
{
	const struct replay *r = p->replay;
	int64_t at_us = r->player.at_ms * US_PER_MS;
	const struct span *span;

	if (row->state != ITEM_IN_FLIGHT && row->state != ITEM_WAITING)
		return;
	span = spans_active(&r->spans, engine_item_of_line(p->engine, row->line));
	if (!span)
		return;
	if (row->state == ITEM_WAITING) {
		row->due_us = p->engine->now_us + span->at_ms * US_PER_MS +
			      spans_wait_ms(span) * US_PER_MS - at_us;
		return;
	}
	row->age_us = at_us - span->at_ms * US_PER_MS + spans_flight_us(span);
	row->attempt++; /* the one that is in flight */
	snprintf(row->phase, sizeof(row->phase), "sent");
}

static size_t active_rows(
	struct past *p, uint64_t offset, struct item_row *out, size_t n, struct rows_info *info)
{
	const struct spans *s = &p->replay->spans;
	size_t filled = 0;

	*info = (struct rows_info){
		.total = s->n_flying + s->n_waiting, .complete = true, .progress = 1};
	for (; filled < n && offset < info->total; offset++) {
		uint32_t span =
			offset < s->n_flying ? s->flying[offset] : s->waiting[offset - s->n_flying];
		const struct item *item = items_at(&p->engine->items, s->at[span].item);

		if (past_moment_row(p, item->line, &out[filled]))
			filled++;
	}
	return filled;
}

size_t past_moment_rows(struct past *p, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	size_t filled;

	if (!p->replay->settled) {
		*info = (struct rows_info){.complete = false};
		return 0;
	}
	if (q == QUERY_ACTIVE)
		return active_rows(p, offset, out, n, info);
	filled = port_rows(&p->run, q, offset, out, n, info);
	for (size_t i = 0; i < filled; i++)
		add_active(p, &out[i]);
	return filled;
}

bool past_moment_locate(struct past *p, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	const struct spans *s = &p->replay->spans;
	uint32_t item = engine_item_of_line(p->engine, line);

	if (!p->replay->settled)
		return false;
	if (q != QUERY_ACTIVE)
		return port_locate(&p->run, q, line, offset);
	for (uint32_t i = 0; i < s->n_flying + s->n_waiting; i++) {
		uint32_t span = i < s->n_flying ? s->flying[i] : s->waiting[i - s->n_flying];

		if (s->at[span].item != item)
			continue;
		*offset = i;
		return true;
	}
	return false;
}

bool past_moment_row(struct past *p, uint64_t line, struct item_row *out)
{
	if (!p->replay->settled || !port_row(&p->run, line, out))
		return false;
	add_active(p, out);
	return true;
}

/* The last item of a kind is one of the future in the groups of the whole run. */
static void add_sample(struct past *p, struct error_group *g)
{
	const struct spans *s = &p->replay->spans;
	const struct span *last = &s->at[s->last_try[g->id & 255]];
	struct item_row row;

	if (!g->attempts || g->outcome == OUTCOME_BAD_INPUT || last->item == ITEM_NONE)
		return;
	if (port_row(&p->run, items_at(&p->engine->items, last->item)->line, &row))
		memcpy(g->sample_id, row.id, sizeof(g->sample_id));
}

size_t past_moment_errors(struct past *p, struct error_group *out, size_t n, size_t *total)
{
	*total = 0;
	if (!p->replay->settled)
		return 0;
	n = port_errors(&p->run, out, n, total);
	for (size_t i = 0; i < n; i++)
		add_sample(p, &out[i]);
	return n;
}

bool past_moment_attempts(struct past *p, uint64_t line)
{
	const struct spans *s = &p->replay->spans;
	uint32_t item = engine_item_of_line(p->engine, line), span[DETAIL_ATTEMPTS];
	uint64_t place[DETAIL_ATTEMPTS];
	uint32_t n;

	if (!p->replay->settled || item == ITEM_NONE)
		return false;
	if (p->attempts_of == line)
		return true;
	n = spans_tries(s, item, span, DETAIL_ATTEMPTS);
	for (uint32_t i = 0; i < n; i++)
		place[i] = spans_place(&s->at[span[i]]);
	past_log_attempts_of(p->engine, item, place, n);
	p->attempts_of = line;
	return true;
}
