/* Disturbances of a simulated server at a given time. */
#ifndef SLUICE_TESTS_SIM_DISTURBANCE_H
#define SLUICE_TESTS_SIM_DISTURBANCE_H

#include "sim/scenario.h"

/* Is the time within one of the spans? Then sets *end_us, which may be NULL, to its end. */
bool span_at(const struct sim_span *spans, int64_t now_us, int64_t *end_us);
/* The most that hogs take of a fixed window that began at start_s: 1,000 a second. */
double hog_took(const struct sim_span *hogs, int64_t now_us, double start_s);

#endif
