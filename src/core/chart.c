#include "core/chart.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { ROOM_FIRST = 32, MONTH_S = 31 * 24 * 3600 };

void chart_init(struct chart *c)
{
	*c = (struct chart){.span_s = 1};
}

void chart_free(struct chart *c)
{
	free(c->slot);
	free(c->recent);
	chart_init(c);
}

static void merge(struct chart_slot *to, const struct chart_slot *from)
{
	to->seconds += from->seconds;
	to->answered += from->answered;
	to->ok += from->ok;
	to->rate_limited += from->rate_limited;
	to->concurrency = from->concurrency;
	to->medians += from->medians;
	to->medians_ms += from->medians_ms;
	to->marks |= from->marks;
	to->tokens += from->tokens;
	to->in_flight += from->in_flight;
	for (int i = 0; i < LATENCY_BINS; i++)
		to->latency[i] += from->latency[i];
}

/* Twice the room, up to the most that is ever needed. */
static void make_room(struct chart_slot **slot, uint32_t *room, uint32_t n, uint32_t most)
{
	if (n < *room)
		return;
	*room = *room ? 2 * *room : ROOM_FIRST;
	if (*room > most)
		*room = most;
	*slot = xrealloc(*slot, *room, sizeof(**slot));
}

/* Each two neighbours become one. */
static void halve(struct chart *c)
{
	for (uint32_t i = 0; i < c->n / 2; i++) {
		struct chart_slot pair = c->slot[2 * i];

		merge(&pair, &c->slot[2 * i + 1]);
		c->slot[i] = pair;
	}
	c->n /= 2;
	c->span_s *= 2;
}

/* The slot that the next second belongs to. */
static struct chart_slot *open_slot(struct chart *c)
{
	if (c->n && c->slot[c->n - 1].seconds < c->span_s)
		return &c->slot[c->n - 1];
	if (c->n == CHART_SLOTS)
		halve(c);
	make_room(&c->slot, &c->room, c->n, CHART_SLOTS);
	c->slot[c->n] = (struct chart_slot){.seconds = 0};
	return &c->slot[c->n++];
}

static struct chart_slot *newest_second(struct chart *c)
{
	return c->recent_n ? &c->recent[(c->recent_n - 1) % HISTORY_SECONDS] : NULL;
}

/* The ring is full before it wraps, so that its room never has to be larger than what is in it. */
static void push_second(struct chart *c, const struct chart_slot *second)
{
	if (c->recent_n < HISTORY_SECONDS)
		make_room(&c->recent, &c->recent_room, (uint32_t)c->recent_n, HISTORY_SECONDS);
	c->recent[c->recent_n++ % HISTORY_SECONDS] = *second;
}

void chart_add(struct chart *c, const struct chart_slot *second)
{
	merge(open_slot(c), second);
	push_second(c, second);
	c->seconds += second->seconds;
}

void chart_pass(struct chart *c, uint32_t in_flight, uint32_t concurrency, int64_t seconds)
{
	struct chart_slot second = {
		.seconds = 1, .in_flight = in_flight, .concurrency = concurrency};
	uint32_t left = seconds > MONTH_S ? MONTH_S : seconds > 0 ? (uint32_t)seconds : 0;

	for (uint32_t i = 0; i < left && i < HISTORY_SECONDS; i++)
		push_second(c, &second);
	c->seconds += left;
	while (left) {
		struct chart_slot *slot = open_slot(c), many = second;

		many.seconds = c->span_s - slot->seconds < left ? c->span_s - slot->seconds : left;
		many.in_flight *= many.seconds;
		merge(slot, &many);
		left -= many.seconds;
	}
}

void chart_mark(struct chart *c, enum mark mark)
{
	struct chart_slot *second = newest_second(c);

	if (!second || mark == MARK_NONE)
		return;
	second->marks |= 1u << mark;
	c->slot[c->n - 1].marks |= 1u << mark;
}

static size_t copy_recent(
	const struct chart *c, uint32_t from, struct chart_slot *out, size_t n, uint32_t slots)
{
	size_t copied = 0;

	for (uint32_t i = from; i < slots && copied < n; i++)
		out[copied++] = c->recent[(c->recent_n - slots + i) % HISTORY_SECONDS];
	return copied;
}

size_t chart_slots(const struct chart *c, bool recent, uint32_t from, struct chart_slot *out,
	size_t n, struct chart_info *info)
{
	uint32_t slots =
		recent ? (uint32_t)(c->recent_n < HISTORY_SECONDS ? c->recent_n : HISTORY_SECONDS)
		       : c->n;

	*info = (struct chart_info){
		.span_s = recent ? 1 : c->span_s, .slots = slots, .seconds = c->seconds};
	if (recent)
		return copy_recent(c, from, out, n, slots);
	if (from >= slots)
		return 0;
	if (n > slots - from)
		n = slots - from;
	memcpy(out, c->slot + from, n * sizeof(*out));
	return n;
}
