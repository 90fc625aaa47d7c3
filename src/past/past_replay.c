#include "past/past_replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* ---- the index ---- */

void past_replay_record(struct past *p, const struct journal_record *record,
	const struct ledger_line *line, const struct past_try *tried)
{
	uint64_t key = 0;

	if (tried && json_span_is(tried->id, JSON_VALUE_STRING)) {
		struct buf *scratch = &p->engine->recorder.scratch;
		const char *id;
		size_t len;

		record_id_text(tried->id, scratch, &id, &len);
		key = record_id_key(&p->engine->recorder.keys, id, len);
	}
	replay_take(p->replay, record, line, &p->figures, tried, key, past_log_shows(record->kind));
}

void past_replay_item(struct past *p, const struct ledger_entry *entry)
{
	replay_take_entry(p->replay, entry, ledger_entry_key(&p->engine->recorder.keys, entry));
}

bool past_replay_begin(struct past *p, const char *at, struct error *err)
{
	struct replay *r = p->replay;
	int64_t at_ms = 0;

	if (!ledger_has_journal(p->ledger) || !r->axis.n)
		return error_set(err, "%s has no journal, so no times to replay: use sluice view",
			p->results);
	replay_begin(r);
	if (at && !replay_time(r, at, &at_ms, err))
		return false;
	player_seek(&r->player, at_ms);
	player_play(&r->player, !at, clock_mono_us());
	p->figures_ms = -1;
	past_replay_move(p);
	return true;
}

/* Failures of lines that were no requests have no attempt in the journal, and so no group. */
static void group_bad_lines(struct past *p)
{
	static const struct error_seen seen = {
		.outcome = OUTCOME_BAD_INPUT, .code = "", .message = "invalid lines", .id = ""};
	struct spans *s = &p->replay->spans;
	uint32_t i = 0;

	while (i < s->n && !spans_is_bad_line(&s->at[i]))
		i++;
	if (i < s->n)
		s->bad_lines =
			error_groups_of(&p->engine->observer.groups, &seen, past_replay_wall_us(p));
}

void past_replay_settle(struct past *p)
{
	struct engine *e = p->engine;

	replay_settle(p->replay, &e->intake.by_id, e->items.n);
	/* groups are those of the attempts, not of the records that the files have in the end */
	e->observer.regrouped = e->items.n;
	group_bad_lines(p);
	past_replay_move(p);
}

/* ---- figures ---- */

struct catch_up {
	struct past *p;
	int64_t at_ms;
};

/* Where a record stands that knows its time; -1: another record. */
static int64_t place_of(
	const struct past *p, const struct journal_record *record, const struct ledger_line *line)
{
	const struct axis *t = &p->replay->axis;
	const struct past_figures *f = &p->figures;
	size_t session = (size_t)f->sessions - (f->sessions > 0 && !p->replay->headless);
	struct json_want ms = {.name = "ms"};
	int64_t since_ms = 0;

	if (record->kind == JOURNAL_START)
		session = (size_t)f->sessions + p->replay->headless;
	if (session >= t->n)
		return -1;
	if (record->kind == JOURNAL_STOP)
		since_ms = t->session[session].length_ms;
	else if (record->kind == JOURNAL_TICK)
		json_pick(line->text, line->len, &ms, 1, NULL);
	else if (record->kind != JOURNAL_START)
		return -1;
	json_span_int(ms.value, &since_ms);
	if (since_ms < 0 || since_ms > AXIS_MOST_MS)
		since_ms = since_ms < 0 ? 0 : AXIS_MOST_MS;
	if (record->kind == JOURNAL_TICK && since_ms < f->elapsed_us / US_PER_MS)
		since_ms = f->elapsed_us / US_PER_MS;
	return t->session[session].from_ms + since_ms;
}

static bool take_record(
	void *ctx, const struct journal_record *record, const struct ledger_line *line)
{
	struct catch_up *c = ctx;
	struct past *p = c->p;
	int64_t at_ms;

	p->figures_next = line->offset;
	if (line->offset >= p->replay->end)
		return false;
	at_ms = place_of(p, record, line);
	if (at_ms > c->at_ms)
		return false;
	p->figures_next = line->offset + line->len + 1;
	if (at_ms < 0)
		return true;
	past_figures_take(&p->figures, record, line);
	p->figures_ms = at_ms;
	return true;
}

static void move_figures(struct past *p, int64_t at_ms)
{
	const struct replay_key *key = replay_key_before(p->replay, at_ms);
	struct catch_up c = {p, at_ms};

	if (p->figures_ms < 0 || p->figures_ms > at_ms || (key && key->at_ms > p->figures_ms)) {
		if (key)
			p->figures = key->figures;
		else
			memset(&p->figures, 0, sizeof(p->figures));
		p->figures_next = key ? key->offset : 0;
		p->figures_ms = key ? key->at_ms : 0;
	}
	if (p->figures_next < p->replay->end)
		ledger_visit_from(p->ledger, p->figures_next, take_record, &c);
}

/* ---- the log ---- */

/* The other records of the log up to the moment. */
static size_t events_until(const struct replay *r, int64_t at_ms)
{
	size_t low = 0, high = r->events;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->event[mid].at_ms <= at_ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The last records of both kinds, in the order of the journal; returns how many. */
static size_t last_places(const struct replay *r, size_t others, uint64_t out[EVENTS_KEPT])
{
	uint32_t tried[EVENTS_KEPT];
	size_t tries = spans_tries(&r->spans, ITEM_NONE, tried, EVENTS_KEPT), n, all;

	all = tries + others;
	n = all < EVENTS_KEPT ? all : EVENTS_KEPT;
	for (size_t i = n; i > 0; i--) {
		uint64_t other = others ? r->event[others - 1].place : 0;
		uint64_t attempt = tries ? spans_place(&r->spans.at[tried[tries - 1]]) : 0;

		if (tries && (!others || attempt > other)) {
			out[i - 1] = attempt;
			tries--;
		} else {
			out[i - 1] = other;
			others--;
		}
	}
	return n;
}

/* What the files lack stands at the beginning. */
static void tell(struct past *p)
{
	struct events *events = &p->engine->observer.events;
	const struct axis *t = &p->replay->axis;
	int64_t wall_us = axis_wall_us(t, 0);

	past_warn(p, wall_us);
	if (t->back)
		events_add(events, wall_us, EVENT_WARNING,
			"the clock of the run went back %" PRIu32 " time%s, by %.0f s at most: the "
			"replay uses the time within each session",
			t->back, t->back == 1 ? "" : "s", s_from_us(t->back_us));
	if (p->replay->untimed)
		events_add(events, wall_us, EVENT_WARNING,
			"%" PRIu64
			" result%s of an earlier release without times: they appear at the end of "
			"their session",
			p->replay->untimed, p->replay->untimed == 1 ? "" : "s");
}

static void move_log(struct past *p, int64_t at_ms)
{
	struct events *events = &p->engine->observer.events;
	size_t others = events_until(p->replay, at_ms), n;
	uint64_t all = p->replay->spans.tries + others, place[EVENTS_KEPT];

	if (p->log_moved && all == p->log_events)
		return;
	p->log_moved = true;
	p->log_events = all;
	n = last_places(p->replay, others, place);
	events->last = 0;
	tell(p);
	past_log_events_at(p->engine, place, n, events->last + all - n);
}

/* ---- the moment ---- */

void past_replay_move(struct past *p)
{
	struct replay *r = p->replay;
	int64_t at_ms = r->player.at_ms;
	const struct spans_target target = {
		&p->engine->items, &p->engine->observer.groups, &r->axis};

	move_figures(p, at_ms);
	if (!r->settled || !spans_move(&r->spans, &target, at_ms))
		return;
	move_log(p, at_ms);
	p->attempts_of = 0;
	control_items_moved(p->control);
}

void past_replay_turn(struct past *p)
{
	if (player_turn(&p->replay->player, clock_mono_us()))
		past_replay_move(p);
}

int64_t past_replay_wall_us(const struct past *p)
{
	return axis_wall_us(&p->replay->axis, p->replay->player.at_ms);
}
