#include "timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { MINUTE = 60 };

static const char *const names[ZOOM_COUNT] = {
	[ZOOM_1M] = "1m", [ZOOM_5M] = "5m", [ZOOM_ALL] = "all"};

_Static_assert((int)HISTORY_SECONDS <= (int)CHART_SLOTS, "the last minutes fit, too");

void timeline_free(struct timeline *t)
{
	free(t->slot);
	t->slot = NULL;
}

const char *timeline_zoom_name(enum zoom zoom)
{
	return names[zoom];
}

bool timeline_zoom(struct timeline *t, const char *name)
{
	if (!strcmp(name, "next")) {
		t->zoom = (t->zoom + 1) % ZOOM_COUNT;
		return true;
	}
	for (int i = 0; i < ZOOM_COUNT; i++)
		if (!strcmp(name, names[i])) {
			t->zoom = (enum zoom)i;
			return true;
		}
	return false;
}

int timeline_window(const struct timeline *t)
{
	return t->zoom == ZOOM_1M ? MINUTE : HISTORY_SECONDS;
}

/* ---- the last minutes ---- */

static struct moment of_second(const struct history_second *h)
{
	return (struct moment){.ok = h->ok,
		.rate_limited = h->rate_limited,
		.tokens = h->tokens,
		.in_flight = h->in_flight,
		.concurrency = h->concurrency,
		.latency_us = h->latency_p50_ms < 0 ? NAN : (double)h->latency_p50_ms * US_PER_MS,
		.marks = h->mark ? 1u << h->mark : 0};
}

/* The number of the newest whole second; never less than there are seconds. */
static int64_t newest_second(const struct snapshot *s)
{
	int64_t elapsed = s->elapsed_us / US_PER_S;

	return (elapsed > s->history_len ? elapsed : s->history_len) - 1;
}

static void take_history(struct timeline *t, const struct snapshot *s)
{
	int first = 0;

	if (t->zoom == ZOOM_1M && s->history_len > MINUTE)
		first = s->history_len - MINUTE;
	t->n = s->history_len - first;
	for (int i = 0; i < t->n; i++)
		t->at[i] = of_second(&s->history[first + i]);
	t->newest = newest_second(s);
	t->span_s = 1;
}

/* ---- the chart ---- */

static struct moment of_slot(const struct chart_slot *slot)
{
	double seconds = slot->seconds ? slot->seconds : 1;

	return (struct moment){.ok = slot->ok / seconds,
		.rate_limited = slot->rate_limited / seconds,
		.tokens = (double)slot->tokens / seconds,
		.in_flight = (double)slot->in_flight / seconds,
		.concurrency = slot->concurrency,
		.latency_us =
			slot->medians ? (double)slot->medians_ms / slot->medians * US_PER_MS : NAN,
		.marks = slot->marks};
}

/* A run that has ended closes its last second; one that is looked back at goes to another. */
static bool is_same_second(const struct timeline *t, const struct snapshot *s)
{
	return t->read_us / US_PER_S == s->now_us / US_PER_S &&
	       t->read_elapsed_us / US_PER_S == s->elapsed_us / US_PER_S;
}

/* Reads the chart again if it may have changed. */
static void read_chart(struct timeline *t, const struct port *port, const struct snapshot *s)
{
	bool recent = t->zoom != ZOOM_ALL;
	struct chart_info info;
	int more;

	if (t->slots && t->read_zoom == t->zoom && is_same_second(t, s) && !t->stale)
		return;
	if (!t->slot)
		t->slot = xcalloc(CHART_SLOTS, sizeof(*t->slot));
	t->slots = (int)port_chart(
		port, &(struct chart_query){.recent = recent}, t->slot, CHART_SLOTS, &info);
	if (t->zoom == ZOOM_1M && t->slots > MINUTE) {
		more = t->slots - MINUTE;
		memmove(t->slot, t->slot + more, MINUTE * sizeof(*t->slot));
		t->slots = MINUTE;
	}
	t->slots_newest = recent ? (int64_t)info.seconds - 1 : (int64_t)info.slots - 1;
	t->stale = t->read_zoom == t->zoom && t->read_seconds == info.seconds &&
		   t->read_elapsed_us / US_PER_S != s->elapsed_us / US_PER_S;
	t->read_seconds = info.seconds;
	t->read_us = s->now_us;
	t->read_elapsed_us = s->elapsed_us;
	t->read_zoom = t->zoom;
	t->slot_s = info.span_s;
}

static void take_chart(struct timeline *t)
{
	t->n = t->slots;
	for (int i = 0; i < t->n; i++)
		t->at[i] = of_slot(&t->slot[i]);
	t->newest = t->slots_newest;
	t->span_s = t->slot_s;
}

void timeline_refresh(
	struct timeline *t, const struct port *port, const struct snapshot *s, bool latencies)
{
	bool chart = latencies || t->zoom == ZOOM_ALL;

	if (chart)
		read_chart(t, port, s);
	if (chart && t->slots)
		take_chart(t);
	else
		take_history(t, s);
}
