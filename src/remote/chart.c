#include "remote/chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "carry/tables.h"

struct chart_answer {
	struct chart_info info;
	uint32_t from;
	size_t n;
	struct chart_slot slot[CHART_SLOTS];
};

static bool on_slot(void *ctx, struct json_span v)
{
	struct chart_answer *a = ctx;

	carry_read(v, carry_slot_fields, &a->slot[a->n++]);
	return a->n < CHART_SLOTS;
}

static uint64_t number_of(struct json_span v)
{
	int64_t n;

	return json_span_int(v, &n) && n > 0 ? (uint64_t)n : 0;
}

/* NULL when the numbers cannot be. */
static void *read_answer(struct json_span v)
{
	enum { SPAN, SLOTS, SECONDS, FROM, CHART, MEMBERS };
	struct json_want want[MEMBERS] = {{.name = "span"}, {.name = "slots"}, {.name = "seconds"},
		{.name = "from"}, {.name = "chart"}};
	uint64_t span, slots, from;
	struct chart_answer *a;

	json_pick(v.at, v.len, want, MEMBERS, NULL);
	span = number_of(want[SPAN].value);
	slots = number_of(want[SLOTS].value);
	from = number_of(want[FROM].value);
	if (!span || span > UINT32_MAX || slots > CHART_SLOTS || from > slots)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->info = (struct chart_info){
		(uint32_t)span, (uint32_t)slots, number_of(want[SECONDS].value)};
	a->from = (uint32_t)from;
	json_each_element(want[CHART].value, on_slot, a);
	if (a->from + a->n == slots && a->info.seconds >= slots)
		return a;
	free(a);
	return NULL;
}

const struct fetch_kind remote_chart_kind = {read_answer, free};

void remote_chart_path(const struct remote_chart *c, bool recent, char *out, size_t size)
{
	snprintf(out, size, "/v1/watch/chart?recent=%d&span=%" PRIu32 "&since=%" PRIu64, recent,
		c->n ? c->info.span_s : 0, c->n ? c->info.seconds : 0);
}

/* How many slots at the front the last minutes have lost since. */
static size_t lost(const struct remote_chart *c, bool recent, const struct chart_answer *a)
{
	uint64_t before = c->info.seconds - c->n, now = a->info.seconds - a->info.slots;

	return recent && now > before ? (size_t)(now - before) : 0;
}

void remote_chart_add(struct remote_chart *c, bool recent, const void *answer)
{
	const struct chart_answer *a = answer;
	size_t gone = c->n && a->from ? lost(c, recent, a) : 0;

	if (!c->slot)
		c->slot = xcalloc(CHART_SLOTS, sizeof(*c->slot));
	/* what stands before it must be here */
	if (a->info.seconds < c->info.seconds ||
		(a->from && (a->info.span_s != c->info.span_s || c->n < gone + a->from)))
		return;
	if (gone)
		memmove(c->slot, c->slot + gone, (c->n - gone) * sizeof(*c->slot));
	memcpy(c->slot + a->from, a->slot, a->n * sizeof(*c->slot));
	c->n = a->info.slots;
	c->info = a->info;
}

size_t remote_chart_slots(const struct remote_chart *c, uint32_t from, struct chart_slot *out,
	size_t n, struct chart_info *info)
{
	size_t there = c->n > from ? c->n - from : 0;

	if (c->n)
		*info = c->info;
	n = there < n ? there : n;
	if (n)
		memcpy(out, c->slot + from, n * sizeof(*out));
	return n;
}

void remote_chart_clear(struct remote_chart *c)
{
	free(c->slot);
	*c = (struct remote_chart){NULL};
}
