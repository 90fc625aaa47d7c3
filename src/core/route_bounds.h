/* What bounds each of several routes, beside what bounds the run. Pure. */
#ifndef SLUICE_CORE_ROUTE_BOUNDS_H
#define SLUICE_CORE_ROUTE_BOUNDS_H

#include "core/route.h"

/* At the end of a turn that this bound ended: notes what bounds each route. One that had room, or
 * that no task asked, waits for work (BOUND_INPUT) unless something bounds the whole run. The only
 * route of a run needs no notes: see route_bound_times(). */
void route_bounds_note(struct routes *r, int64_t now_us, enum bound bound);
/* Nothing is left to do, or there is again: see why_idle(). */
void route_bounds_idle(struct routes *r, int64_t now_us, bool idle);
/* How long each bound was in force at route i; see why_session_times(). run: what bounds the run,
 * and so its only route. */
void route_bound_times(
	struct routes *r, int i, struct why *run, int64_t now_us, int64_t us[BOUND_COUNT]);

#endif
