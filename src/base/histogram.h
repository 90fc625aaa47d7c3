/* A log-linear histogram of durations, as HdrHistogram: 16 steps per doubling (6 % resolution) from
 * 64 us to about 4.7 h, 2 KB, O(1) to add. */
#ifndef SLUICE_BASE_HISTOGRAM_H
#define SLUICE_BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 464 };

struct histogram {
	uint32_t bucket[HISTOGRAM_BUCKETS];
	uint64_t count;
	int64_t sum_us;
	int64_t max_us;
};

/* Zeroes all counts. */
void histogram_clear(struct histogram *h);
/* Counts one duration; negative ones count as 0. */
void histogram_add(struct histogram *h, int64_t us);
/* Adds the counts of from to h. */
void histogram_merge(struct histogram *h, const struct histogram *from);
/* The duration below which the share q (0 to 1) lies, at most max_us; -1 when empty. */
int64_t histogram_quantile(const struct histogram *h, double q);
/* Lower bound in us of bucket i, for drawing. */
int64_t histogram_floor_us(int i);
/* The bucket that counts a duration in us. */
int histogram_bucket(int64_t us);

#endif
