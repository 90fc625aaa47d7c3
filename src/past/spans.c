#include "config.h"

#include "past/spans.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
	FLIGHT_BITS = 18, /* of 22: the others say how often it was halved */
	FLIGHT_NONE = (1 << 22) - 1,
	WAIT_UNIT_MS = 10,
	WAIT_MOST = (1 << 24) - 1,
	PLACE_NONE = 0xff, /* upper byte of a place of a terabyte or more */
	STATUS_MOST = 1023
};

void spans_free(struct spans *s)
{
	free(s->at);
	free(s->key);
	free(s->flying);
	free(s->waiting);
	memset(s, 0, sizeof(*s));
}

/* ---- the fields ---- */

static uint32_t pack_flight(int64_t us)
{
	uint32_t halved = 0;

	if (us < 0)
		return FLIGHT_NONE;
	while (us >> FLIGHT_BITS && halved < 15) {
		us >>= 1;
		halved++;
	}
	if (us >> FLIGHT_BITS)
		us = (1 << FLIGHT_BITS) - 2;
	return halved << FLIGHT_BITS | (uint32_t)us;
}

int64_t spans_flight_us(const struct span *span)
{
	if (span->flight == FLIGHT_NONE)
		return -1;
	return (int64_t)(span->flight & ((1U << FLIGHT_BITS) - 1)) << (span->flight >> FLIGHT_BITS);
}

int64_t spans_wait_ms(const struct span *span)
{
	return span->kind == SPAN_TRY ? (int64_t)(span->info >> 8) * WAIT_UNIT_MS : 0;
}

static uint32_t pack_try(const struct span_told *t)
{
	int64_t wait = t->wait_us > 0 ? t->wait_us / US_PER_MS / WAIT_UNIT_MS : 0;

	return (uint32_t)(wait < WAIT_MOST ? wait : WAIT_MOST) << 8 | t->group;
}

static uint32_t pack_end(const struct span_told *t)
{
	uint32_t status = t->status > 0 && t->status <= STATUS_MOST ? (uint32_t)t->status : 0;
	uint32_t attempts = t->attempts < 0 ? 0 : (uint32_t)t->attempts;

	return (attempts < UINT16_MAX ? attempts : UINT16_MAX) << 16 | status << 6 |
	       ((uint32_t)t->outcome & 15) << 2 |
	       (t->state == ITEM_OK              ? 0U
		       : t->state == ITEM_FAILED ? 1U
						 : 2U);
}

static enum item_state end_state(const struct span *span)
{
	static const enum item_state states[] = {ITEM_OK, ITEM_FAILED, ITEM_CANCELLED, ITEM_FAILED};

	return states[span->info & 3];
}

bool spans_is_bad_line(const struct span *span)
{
	return span->kind == SPAN_END && end_state(span) == ITEM_FAILED && !(span->info >> 16) &&
	       (span->info >> 2 & 15) == OUTCOME_BAD_INPUT;
}

uint64_t spans_place(const struct span *span)
{
	return span->place_high == PLACE_NONE ? UINT64_MAX
					      : (uint64_t)span->place_high << 32 | span->place_low;
}

/* ---- adding ---- */

void spans_add(struct spans *s, const struct span_told *t)
{
	struct span *span;

	if (s->n == UINT32_MAX - 1)
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap + s->cap / 4 + 1 : 1024;
		s->at = xrealloc(s->at, s->cap, sizeof(*s->at));
		s->key = xrealloc(s->key, s->cap, sizeof(*s->key));
	}
	s->key[s->n] = (uint32_t)(t->key >> 32);
	span = &s->at[s->n++];
	*span = (struct span){.at_ms = (uint32_t)t->at_ms,
		.item = (uint32_t)t->key,
		.place_low = (uint32_t)t->place,
		.place_high = t->place >> 40 ? PLACE_NONE : (uint32_t)(t->place >> 32) & 0xff,
		.kind = (uint32_t)t->kind & 3,
		.flight = pack_flight(t->flight_us) & FLIGHT_NONE,
		.info = t->kind == SPAN_TRY   ? pack_try(t)
			: t->kind == SPAN_END ? pack_end(t)
					      : 0};
}

void spans_limit(struct spans *s, int64_t at_ms)
{
	for (uint32_t i = s->n; i > s->settled && s->at[i - 1].at_ms > at_ms; i--)
		s->at[i - 1].at_ms = (uint32_t)at_ms;
	s->settled = s->n;
}

/* ---- settling ---- */

/* Of one moment the attempt comes before the end, and records in their order. */
static int by_time(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->place_high != y->place_high)
		return x->place_high < y->place_high ? -1 : 1;
	return x->place_low < y->place_low ? -1 : x->place_low > y->place_low;
}

static uint64_t key_of(const struct spans *s, uint32_t i)
{
	return (uint64_t)s->key[i] << 32 | s->at[i].item;
}

static void find_items(struct spans *s, const struct idmap *by_id, uint32_t n_items)
{
	enum { AHEAD = 16 };

	for (uint32_t i = 0; i < s->n; i++) {
		uint64_t key = key_of(s, i);
		uint32_t item;

		if (i + AHEAD < s->n)
			idmap_prefetch(by_id, key_of(s, i + AHEAD));
		s->at[i].item =
			key && idmap_get(by_id, key, &item) && item < n_items ? item : ITEM_NONE;
	}
	free(s->key);
	s->key = NULL;
}

static bool is_sorted(const struct spans *s)
{
	for (uint32_t i = 1; i < s->n; i++)
		if (by_time(&s->at[i - 1], &s->at[i]) > 0)
			return false;
	return true;
}

/* No attempt began before its session, and no item waits beyond it. */
static void keep_in_session(struct spans *s, struct span *span, const struct axis_session *session)
{
	int64_t since_ms = (int64_t)span->at_ms - session->from_ms, left_ms, flight_us;

	flight_us = spans_flight_us(span);
	if (flight_us >= 0 && flight_us / US_PER_MS > since_ms) {
		flight_us = since_ms * US_PER_MS;
		span->flight = pack_flight(flight_us) & FLIGHT_NONE;
	}
	left_ms = session->length_ms - since_ms;
	left_ms = left_ms > 0 ? left_ms : 0;
	if (span->kind == SPAN_TRY && spans_wait_ms(span) > left_ms)
		span->info = (span->info & 0xff) | (uint32_t)(left_ms / WAIT_UNIT_MS) << 8;
	if (flight_us / US_PER_MS > s->longest_flight_ms)
		s->longest_flight_ms = flight_us / US_PER_MS;
	if (spans_wait_ms(span) > s->longest_wait_ms)
		s->longest_wait_ms = spans_wait_ms(span);
}

void spans_settle(
	struct spans *s, const struct idmap *by_id, uint32_t n_items, const struct axis *axis)
{
	size_t k = 0;

	find_items(s, by_id, n_items);
	if (s->n && s->n < s->cap) {
		s->at = xrealloc(s->at, s->n, sizeof(*s->at));
		s->cap = s->n;
	}
	if (!is_sorted(s))
		qsort(s->at, s->n, sizeof(*s->at), by_time);
	for (uint32_t i = 0; axis->n && i < s->n; i++) {
		while (k + 1 < axis->n && axis->session[k + 1].from_ms <= s->at[i].at_ms)
			k++;
		keep_in_session(s, &s->at[i], &axis->session[k]);
	}
	s->now_ms = -1;
}

/* ---- a moment ---- */

static bool is_final(enum item_state state)
{
	return state == ITEM_OK || state == ITEM_FAILED || state == ITEM_CANCELLED;
}

/* Its last attempt failed in this group; 0: in none. */
static void set_group(struct error_groups *groups, struct item *item, uint8_t group)
{
	error_groups_items(groups, item->group, -1);
	error_groups_items(groups, group, 1);
	item->group = group;
}

/* An end that counted does so no more. */
static void take_back(struct spans *s, const struct spans_target *t, struct item *item)
{
	if (item->state == ITEM_FAILED) {
		s->failures[item->outcome]--;
		error_groups_final(t->groups, item->group, -1);
	}
	if (is_final(item->state))
		s->asked -= item->attempts && item->state != ITEM_CANCELLED;
}

static void apply_try(struct spans *s, const struct spans_target *t, const struct span *span)
{
	uint8_t group = (uint8_t)span->info;
	const struct error_group *kind = error_groups_at(t->groups, group);
	struct item *item;

	s->tries++;
	s->last_try[group] = (uint32_t)(span - s->at);
	error_groups_again(t->groups, group, axis_wall_us(t->axis, span->at_ms));
	if (span->item == ITEM_NONE)
		return;
	item = items_at(t->items, span->item);
	take_back(s, t, item);
	item->attempts += item->attempts < UINT16_MAX;
	item->outcome = kind ? (uint8_t)kind->outcome & 15 : 0;
	item->status = kind ? (uint16_t)kind->status : 0;
	set_group(t->groups, item, kind ? group : 0);
	items_set_state(t->items, span->item, ITEM_QUEUED);
}

static void apply_end(struct spans *s, const struct spans_target *t, const struct span *span)
{
	enum item_state state = end_state(span);
	int64_t flight_us = spans_flight_us(span);
	struct item *item;

	if (state == ITEM_OK && flight_us >= 0)
		histogram_add(&s->latency, flight_us);
	if (span->item == ITEM_NONE)
		return;
	item = items_at(t->items, span->item);
	take_back(s, t, item);
	item->outcome = span->info >> 2 & 15;
	item->status = span->info >> 6 & STATUS_MOST;
	item->attempts = (uint16_t)(span->info >> 16);
	item_set_place(item, spans_place(span));
	if (state == ITEM_OK)
		set_group(t->groups, item, 0);
	if (spans_is_bad_line(span)) {
		error_groups_again(t->groups, s->bad_lines, axis_wall_us(t->axis, span->at_ms));
		set_group(t->groups, item, s->bad_lines);
	}
	if (state == ITEM_FAILED) {
		s->failures[item->outcome]++;
		error_groups_final(t->groups, item->group, 1);
	}
	s->asked += item->attempts && state != ITEM_CANCELLED;
	items_set_state(t->items, span->item, state);
}

static void apply_requeued(struct spans *s, const struct spans_target *t, const struct span *span)
{
	if (span->item == ITEM_NONE)
		return;
	take_back(s, t, items_at(t->items, span->item));
	items_set_state(t->items, span->item, ITEM_QUEUED);
}

static void apply(struct spans *s, const struct spans_target *t, const struct span *span)
{
	if (span->kind == SPAN_TRY)
		apply_try(s, t, span);
	else if (span->kind == SPAN_END)
		apply_end(s, t, span);
	else
		apply_requeued(s, t, span);
}

static void start_over(struct spans *s, const struct spans_target *t)
{
	items_rewind(t->items);
	error_groups_rewind(t->groups);
	histogram_clear(&s->latency);
	memset(s->failures, 0, sizeof(s->failures));
	s->asked = 0;
	s->pos = s->tries = 0;
}

/* ---- what is under way ---- */

/* The first span that ends behind this time. */
static uint32_t first_behind(const struct spans *s, int64_t at_ms)
{
	uint32_t low = 0, high = s->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->at[mid].at_ms <= at_ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void keep(uint32_t **list, uint32_t *n, uint32_t *cap, uint32_t span)
{
	if (*n == *cap) {
		*cap = *cap ? 2 * *cap : 256;
		*list = xrealloc(*list, *cap, sizeof(**list));
	}
	(*list)[(*n)++] = span;
}

static void calm(struct spans *s, struct items *items)
{
	for (uint32_t i = 0; i < s->n_flying; i++)
		items_set_state(items, s->at[s->flying[i]].item, ITEM_QUEUED);
	for (uint32_t i = 0; i < s->n_waiting; i++)
		items_set_state(items, s->at[s->waiting[i]].item, ITEM_QUEUED);
	s->n_flying = s->n_waiting = 0;
}

/* In their order: of an item that failed again only the last wait counts. */
static void find_waiting(struct spans *s, struct items *items)
{
	uint32_t kept = 0;

	for (uint32_t i = first_behind(s, s->now_ms - s->longest_wait_ms - 1); i < s->pos; i++) {
		const struct span *span = &s->at[i];
		bool waits = span->at_ms + spans_wait_ms(span) > s->now_ms;
		enum item_state state;

		if (span->item == ITEM_NONE)
			continue;
		state = items_at(items, span->item)->state;
		if (waits && state == ITEM_QUEUED)
			keep(&s->waiting, &s->n_waiting, &s->waiting_cap, i);
		if (waits && state == ITEM_QUEUED)
			items_set_state(items, span->item, ITEM_WAITING);
		else if (!waits && state == ITEM_WAITING)
			items_set_state(items, span->item, ITEM_QUEUED);
	}
	for (uint32_t i = 0; i < s->n_waiting; i++)
		if (items_at(items, s->at[s->waiting[i]].item)->state == ITEM_WAITING)
			s->waiting[kept++] = s->waiting[i];
	s->n_waiting = kept;
}

static int64_t begin_us(const struct span *span)
{
	return span->at_ms * US_PER_MS - spans_flight_us(span);
}

/* An item that waits is sent again when its wait ends, or earlier by hand. */
static void find_flying(struct spans *s, struct items *items)
{
	uint32_t kept = 0;

	for (uint32_t i = s->pos;
		i < s->n && s->at[i].at_ms <= s->now_ms + s->longest_flight_ms + 1; i++) {
		const struct span *span = &s->at[i];
		enum item_state state;

		if (span->item == ITEM_NONE || spans_flight_us(span) <= 0 ||
			begin_us(span) > s->now_ms * US_PER_MS)
			continue;
		state = items_at(items, span->item)->state;
		if (state != ITEM_QUEUED && state != ITEM_WAITING)
			continue;
		items_set_state(items, span->item, ITEM_IN_FLIGHT);
		keep(&s->flying, &s->n_flying, &s->flying_cap, i);
	}
	for (uint32_t i = 0; i < s->n_waiting; i++)
		if (items_at(items, s->at[s->waiting[i]].item)->state == ITEM_WAITING)
			s->waiting[kept++] = s->waiting[i];
	s->n_waiting = kept;
}

static int by_begin(const void *a, const void *b, void *spans)
{
	const struct spans *s = spans;
	const uint32_t *i = a, *k = b;
	int64_t x = begin_us(&s->at[*i]), y = begin_us(&s->at[*k]);

	return x != y ? (x < y ? -1 : 1) : *i < *k ? -1 : *i > *k;
}

static int by_due(const void *a, const void *b, void *spans)
{
	const struct spans *s = spans;
	const uint32_t *i = a, *k = b;
	int64_t x = s->at[*i].at_ms + spans_wait_ms(&s->at[*i]);
	int64_t y = s->at[*k].at_ms + spans_wait_ms(&s->at[*k]);

	return x != y ? (x < y ? -1 : 1) : *i < *k ? -1 : *i > *k;
}

bool spans_move(struct spans *s, const struct spans_target *t, int64_t at_ms)
{
	if (at_ms == s->now_ms)
		return false;
	if (at_ms < s->now_ms || s->now_ms < 0) {
		s->n_flying = s->n_waiting = 0;
		start_over(s, t);
	} else {
		calm(s, t->items);
	}
	s->now_ms = at_ms;
	while (s->pos < s->n && s->at[s->pos].at_ms <= at_ms)
		apply(s, t, &s->at[s->pos++]);
	find_waiting(s, t->items);
	find_flying(s, t->items);
	if (s->n_flying)
		qsort_r(s->flying, s->n_flying, sizeof(*s->flying), by_begin, s);
	if (s->n_waiting)
		qsort_r(s->waiting, s->n_waiting, sizeof(*s->waiting), by_due, s);
	return true;
}

/* ---- looking ---- */

uint32_t spans_tries(const struct spans *s, uint32_t item, uint32_t *out, uint32_t n)
{
	uint32_t found = 0;

	for (uint32_t i = s->pos; i > 0 && found < n; i--) {
		const struct span *span = &s->at[i - 1];

		if (span->kind == SPAN_TRY && (item == ITEM_NONE || span->item == item))
			out[found++] = i - 1;
	}
	for (uint32_t i = 0; i < found / 2; i++) {
		uint32_t swapped = out[i];

		out[i] = out[found - 1 - i];
		out[found - 1 - i] = swapped;
	}
	return found;
}

const struct span *spans_active(const struct spans *s, uint32_t item)
{
	for (uint32_t i = 0; i < s->n_flying; i++)
		if (s->at[s->flying[i]].item == item)
			return &s->at[s->flying[i]];
	for (uint32_t i = 0; i < s->n_waiting; i++)
		if (s->at[s->waiting[i]].item == item)
			return &s->at[s->waiting[i]];
	return NULL;
}
