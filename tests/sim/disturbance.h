/* What happens to a simulated server from outside, at a given time. */
#ifndef SLUICE_TESTS_SIM_DISTURBANCE_H
#define SLUICE_TESTS_SIM_DISTURBANCE_H

#include "sim/scenario.h"

/* Within one of the spans? Then *end_us, which may be NULL, is when it ends. */
bool span_at(const struct sim_span *spans, int64_t now_us, int64_t *end_us);
/* The most the hogs took of a fixed window that began at start_s: 1,000 a second of what was there.
 */
double hog_took(const struct sim_span *hogs, int64_t now_us, double start_s);

#endif
