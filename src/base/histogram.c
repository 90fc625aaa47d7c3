#include "base/histogram.h"

#include <string.h>

/* Durations are counted in units of 4 us: the first 16 buckets are linear, then 16 per doubling. */
enum { UNIT_SHIFT = 2, SUB_BITS = 4, SUB = 1 << SUB_BITS };

int histogram_bucket(int64_t us)
{
	uint64_t v = us < 0 ? 0 : (uint64_t)us >> UNIT_SHIFT;
	int shift, i;

	if (v < SUB)
		return (int)v;
	shift = 63 - __builtin_clzll(v) - SUB_BITS;
	i = (shift + 1) * SUB + (int)((v >> shift) & (SUB - 1));
	return i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1;
}

int64_t histogram_floor_us(int i)
{
	int shift = i / SUB - 1;

	if (i < SUB)
		return (int64_t)i << UNIT_SHIFT;
	return ((int64_t)(SUB + i % SUB) << shift) << UNIT_SHIFT;
}

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

void histogram_add(struct histogram *h, int64_t us)
{
	h->bucket[histogram_bucket(us)]++;
	h->count++;
	if (us > 0)
		h->sum_us += us;
	if (us > h->max_us)
		h->max_us = us;
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->bucket[i] += from->bucket[i];
	h->count += from->count;
	h->sum_us += from->sum_us;
	if (from->max_us > h->max_us)
		h->max_us = from->max_us;
}

int64_t histogram_quantile(const struct histogram *h, double q)
{
	uint64_t want = (uint64_t)(q * (double)h->count), seen = 0;

	if (!h->count)
		return -1;
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen > want || seen == h->count) {
			int64_t top = i + 1 < HISTOGRAM_BUCKETS ? histogram_floor_us(i + 1) - 1
								: h->max_us;
			return top < h->max_us ? top : h->max_us;
		}
	}
	return h->max_us;
}
