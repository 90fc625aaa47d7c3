/* What the lanes decide and learn, into events and journal, and what an earlier session learned. */
#ifndef SLUICE_CORE_PACE_EVENTS_H
#define SLUICE_CORE_PACE_EVENTS_H

#include <stdbool.h>

struct engine;
struct route;

/* What the lanes changed, into events and journal. */
void journal_changes(struct engine *e);
/* What the lanes learned, for a warm start on resume: once a minute, and at the end. */
void journal_learned(struct engine *e, bool at_end);
/* Restores what an earlier session learned of the route's endpoint. */
void journal_warm_start(struct engine *e, const struct route *route);

#endif
