#include "past/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { EVERY_FIRST = 64 };

struct replay *replay_new(void)
{
	struct replay *r = xcalloc(1, sizeof(*r));

	r->every = EVERY_FIRST;
	r->key = xcalloc(REPLAY_KEYS, sizeof(*r->key));
	return r;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	axis_free(&r->axis);
	marks_free(&r->marks);
	player_free(&r->player);
	spans_free(&r->spans);
	free(r->key);
	free(r->tick);
	free(r->event);
	free(r);
}

/* ---- the journal ---- */

static void add_tick(struct replay *r, int64_t at_ms)
{
	if (r->ticks && r->tick[r->ticks - 1] >= at_ms)
		return;
	if (r->ticks == r->ticks_cap) {
		r->ticks_cap = r->ticks_cap ? r->ticks_cap + r->ticks_cap / 2 : 256;
		r->tick = xrealloc(r->tick, r->ticks_cap, sizeof(*r->tick));
	}
	r->tick[r->ticks++] = (uint32_t)at_ms;
}

static void add_event(struct replay *r, int64_t at_ms, uint64_t place)
{
	if (r->events == r->events_cap) {
		r->events_cap = r->events_cap ? r->events_cap + r->events_cap / 2 : 64;
		r->event = xrealloc(r->event, r->events_cap, sizeof(*r->event));
	}
	r->event[r->events++] = (struct replay_event){(uint32_t)at_ms, place};
}

static void thin_keys(struct replay *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->keys; i += 2)
		r->key[n++] = r->key[i];
	r->keys = n;
	r->every *= 2;
}

static void add_key(
	struct replay *r, int64_t at_ms, uint64_t offset, const struct past_figures *figures)
{
	if (r->keys == REPLAY_KEYS)
		thin_keys(r);
	r->key[r->keys++] = (struct replay_key){at_ms, offset, *figures};
	r->since_key = 0;
}

/* What was guessed since the last record whose time is known stands no later than this one. */
static void settle_guesses(struct replay *r, int64_t at_ms)
{
	marks_settle(&r->marks, at_ms);
	spans_limit(&r->spans, at_ms);
	for (size_t i = r->events; i > r->events_settled && r->event[i - 1].at_ms > at_ms; i--)
		r->event[i - 1].at_ms = (uint32_t)at_ms;
	r->events_settled = r->events;
}

static uint64_t results_of(const struct ledger_line *line)
{
	struct json_want results = {.name = "results"};
	int64_t n = 0;

	json_pick(line->text, line->len, &results, 1, NULL);
	return json_span_int(results.value, &n) && n > 0 ? (uint64_t)n : 0;
}

static void add_try(
	struct replay *r, const struct past_try *t, uint64_t key, int64_t at_ms, uint64_t place)
{
	spans_add(&r->spans, &(struct span_told){.kind = SPAN_TRY,
				     .key = key,
				     .place = place,
				     .at_ms = at_ms,
				     .flight_us = t->latency_us,
				     .wait_us = t->wait_us,
				     .group = t->group});
}

void replay_take(struct replay *r, const struct journal_record *record,
	const struct ledger_line *line, const struct past_figures *after,
	const struct past_try *tried, uint64_t key, bool shown)
{
	bool start = record->kind == JOURNAL_START, first = !r->axis.n;
	bool known = start || record->kind == JOURNAL_STOP ||
		     (record->kind == JOURNAL_TICK && after->ticked);
	int64_t since_ms = known && !start ? after->elapsed_us / US_PER_MS : -1;
	int64_t at_ms = axis_take(&r->axis, record->kind, record->time.at ? after->last_wall_us : 0,
		since_ms, start ? results_of(line) : 0);

	r->headless = r->headless || (first && !start);
	r->end = line->offset + line->len + 1;
	r->since_key++;
	if (known || !after->ticked) {
		if (at_ms > r->known_ms)
			player_note(&r->player, r->known_ms, at_ms);
		r->known_ms = at_ms > r->known_ms ? at_ms : r->known_ms;
	}
	if (known)
		settle_guesses(r, at_ms);
	marks_take(&r->marks, record, line, at_ms, tried && tried->first);
	if (tried)
		add_try(r, tried, key, at_ms, line->offset);
	else if (shown)
		add_event(r, at_ms, line->offset);
	if (record->kind == JOURNAL_TICK && known)
		add_tick(r, at_ms);
	if (known && (start || !r->keys || r->since_key >= r->every))
		add_key(r, at_ms, r->end, after);
}

/* ---- ends ---- */

void replay_take_entry(struct replay *r, const struct ledger_entry *entry, uint64_t key)
{
	struct axis *t = &r->axis;
	struct span_told told = {.kind = entry->state == ITEM_QUEUED ? SPAN_REQUEUED : SPAN_END,
		.key = key,
		.place = entry->state == ITEM_OK ? entry->results_offset : entry->journal_offset,
		.at_ms = t->at_ms,
		.flight_us = entry->latency_us,
		.state = entry->state,
		.outcome = entry->outcome,
		.status = entry->status,
		.attempts = entry->attempts};
	size_t session = t->n ? t->n - 1 : 0;

	if (entry->state == ITEM_OK)
		session = axis_session_of(t, entry->results_offset, entry->session);
	if (entry->state != ITEM_QUEUED && entry->ended_ms >= 0) {
		told.at_ms = axis_place(t, session, entry->ended_ms);
	} else if (entry->state == ITEM_OK && t->n) {
		told.at_ms = t->session[session].from_ms + t->session[session].length_ms;
		r->untimed++;
	}
	spans_add(&r->spans, &told);
}

void replay_begin(struct replay *r)
{
	int64_t length_ms = axis_length_ms(&r->axis);

	settle_guesses(r, length_ms);
	player_begin(&r->player, length_ms);
	marks_spread(&r->marks, length_ms, r->mark, REPLAY_PARTS);
}

void replay_settle(struct replay *r, const struct idmap *by_id, uint32_t n_items)
{
	spans_settle(&r->spans, by_id, n_items, &r->axis);
	r->settled = true;
}

/* ---- looking ---- */

const struct replay_key *replay_key_before(const struct replay *r, int64_t at_ms)
{
	size_t low = 0, high = r->keys;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->key[mid].at_ms <= at_ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &r->key[low - 1] : NULL;
}

void replay_show(const struct replay *r, struct replay_view *out)
{
	const struct player *p = &r->player;

	*out = (struct replay_view){.on = true,
		.playing = p->playing,
		.reading = !r->settled,
		.speed = p->speed,
		.at_us = p->at_ms * US_PER_MS,
		.length_us = p->length_ms * US_PER_MS,
		.session = r->axis.n ? (int)axis_session_at(&r->axis, p->at_ms) + 1 : 0,
		.sessions = (int)r->axis.n,
		.here = marks_at(&r->marks, p->at_ms)};
	memcpy(out->mark, r->mark, sizeof(out->mark));
}
