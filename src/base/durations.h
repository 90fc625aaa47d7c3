/* A histogram of durations with few fixed steps, each twice the one before, for monitoring: counts
 * only grow, and 150 bytes hold it. Finer, and for quantiles: base/histogram.h. */
#ifndef SLUICE_BASE_DURATIONS_H
#define SLUICE_BASE_DURATIONS_H

#include <stdint.h>

enum { DURATION_STEPS = 18 };

struct durations {
	/* step[i]: durations above the bound of step i - 1, up to that of i; the last: above all */
	uint64_t step[DURATION_STEPS + 1];
	uint64_t sum_us;
};

/* Counts a duration; a negative one as 0. */
void durations_add(struct durations *d, int64_t us);
/* Adds the counts of from to d. */
void durations_merge(struct durations *d, const struct durations *from);
/* How many were counted. */
uint64_t durations_count(const struct durations *d);
/* The bound of step i: 6.25 ms, doubled i times; the last one is 819.2 s. */
int64_t durations_bound_us(int i);

#endif
