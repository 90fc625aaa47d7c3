/* The chart of a run: its whole past in a bounded number of slots, and its last minutes by the
 * second. When there are CHART_SLOTS slots, each two neighbours become one and a slot spans twice
 * the time: a run of a month has slots of 2.3 hours, in 104 KB. The last minutes by the second take
 * 61 KB more. Pure. */
#ifndef SLUICE_CORE_CHART_H
#define SLUICE_CORE_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "figures.h"

struct chart {
	struct chart_slot *slot; /* oldest first */
	uint32_t n, room;
	uint32_t span_s;
	uint64_t seconds;
	struct chart_slot *recent; /* a ring of the last HISTORY_SECONDS, slots of a second each */
	uint32_t recent_room;
	uint64_t recent_n; /* seconds that were put into it */
};

/* Makes an empty chart; it allocates nothing yet. */
void chart_init(struct chart *c);
void chart_free(struct chart *c);
/* Adds a second. */
void chart_add(struct chart *c, const struct chart_slot *second);
/* Adds so many seconds in which nothing was answered; at most a month counts. */
void chart_pass(struct chart *c, uint32_t in_flight, uint32_t concurrency, int64_t seconds);
/* Adds a mark to the second that was added last; nothing without one. */
void chart_mark(struct chart *c, enum mark mark);
/* Copies up to n slots from the slot `from` on, counted from the oldest; returns how many. The last
 * minutes instead, if `recent`. */
size_t chart_slots(const struct chart *c, bool recent, uint32_t from, struct chart_slot *out,
	size_t n, struct chart_info *info);

#endif
