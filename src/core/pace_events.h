/* Writes the changes of the lanes to the events and the journal, and what they have learned of the
 * limits; restores what an earlier session learned. */
#ifndef SLUICE_CORE_PACE_EVENTS_H
#define SLUICE_CORE_PACE_EVENTS_H

#include <stdbool.h>

struct engine;
struct route;
struct route_lane;

/* Writes the changes since the last call. */
void journal_changes(struct engine *e);
/* Writes the learned limits, for a warm start after a resume: at most once a minute, or at_end. */
void journal_learned(struct engine *e, bool at_end);
/* Restores what an earlier session learned of a lane that is new to the route; the engine is a
 * context (of routes_find_lanes()). */
void journal_warm_start(void *engine, struct route *route, struct route_lane *lane);

#endif
