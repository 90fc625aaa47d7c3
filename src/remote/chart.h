/* The chart of a run in another process: what is here is kept, and only the news are asked for. */
#ifndef SLUICE_REMOTE_CHART_H
#define SLUICE_REMOTE_CHART_H

#include "port.h"
#include "remote/fetches.h"

struct remote_chart {
	struct chart_slot *slot; /* owned, CHART_SLOTS; NULL: nothing has come yet */
	size_t n;
	struct chart_info info;
};

/* An answer: its slots, and where they belong. */
extern const struct fetch_kind remote_chart_kind;

/* The path that asks for what the chart does not have. */
void remote_chart_path(const struct remote_chart *c, bool recent, char *out, size_t size);
/* Adds an answer; one that was added before, or that does not fit, changes nothing. */
void remote_chart_add(struct remote_chart *c, bool recent, const void *answer);
/* As the port's. */
size_t remote_chart_slots(const struct remote_chart *c, uint32_t from, struct chart_slot *out,
	size_t n, struct chart_info *info);
/* Forgets all. */
void remote_chart_clear(struct remote_chart *c);

#endif
