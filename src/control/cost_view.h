/* The cost of a run as screens show it. */
#ifndef SLUICE_CONTROL_COST_VIEW_H
#define SLUICE_CONTROL_COST_VIEW_H

#include "port.h"

struct engine;

/* Fills out. remaining: items without a final state, an estimate; known: there is one. */
void cost_view_fill(const struct engine *e, uint64_t remaining, bool known, struct cost_view *out);

#endif
