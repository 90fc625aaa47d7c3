/* What the lanes of routes have counted, by endpoint and model, for monitoring. */
#ifndef SLUICE_CORE_ROUTE_TOTALS_H
#define SLUICE_CORE_ROUTE_TOTALS_H

#include "core/route.h"
#include "totals.h"

/* Fills the endpoints, but for their bounds, and the lanes of empty totals. */
void route_totals(const struct routes *r, int64_t now_us, int64_t wall_us, struct totals *out);

#endif
