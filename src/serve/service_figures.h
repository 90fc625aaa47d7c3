/* What the runs of a service have counted together: those that go on, and those that ended since
 * the service's start. Counters only grow. Pure. */
#ifndef SLUICE_SERVE_SERVICE_FIGURES_H
#define SLUICE_SERVE_SERVICE_FIGURES_H

#include "port.h"

/* A snapshot of nothing: counts are 0, and what may be unknown is. */
void service_figures_init(struct snapshot *s);
/* Adds a run's counters. */
void service_figures_count(struct snapshot *to, const struct snapshot *run);
/* Adds what a run is doing now. */
void service_figures_now(struct snapshot *to, const struct snapshot *run);

/* Adds a run's totals, by the names of endpoints and models. Models above TOTALS_MODELS go to the
 * row of others. now: the limits and holds, too. */
void service_totals_add(struct totals *to, const struct totals *run, bool now);

#endif
