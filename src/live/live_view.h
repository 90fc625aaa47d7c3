/* Live calls for those who watch: each that goes on, and what all have counted. */
#ifndef SLUICE_LIVE_LIVE_VIEW_H
#define SLUICE_LIVE_LIVE_VIEW_H

#include "live/live.h"
#include "totals.h"

/* A call that goes on. Texts are borrowed for the visit. */
struct live_view {
	const char *owner, *model, *endpoint; /* "" when there is none, or not yet */
	const char *state; /* "waiting", "backing off", "in flight", "answering" */
	char path[64];
	int attempts;
	int64_t age_us;    /* since it came */
	double tokens_out; /* of a stream, so far, about; negative: not known */
};

/* Visits all calls, the newest first. */
void live_each(
	const struct live *l, void (*visit)(void *ctx, const struct live_view *v), void *ctx);
/* What the endpoints of an API have counted for live calls; empty totals if none speaks it. */
void live_totals(const struct live *l, enum live_api api, struct totals *out);

#endif
