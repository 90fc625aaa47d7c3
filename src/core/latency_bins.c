#include "core/latency_bins.h"

#include <math.h>

#include "base/clock.h"

/* No count of a run is larger. */
#define COUNT_MOST (INT64_C(1) << 52)

int64_t latency_bin_us(int bin)
{
	return bin ? (int64_t)(US_PER_MS * exp2(bin / 2.0)) : 0;
}

void latency_bins_add(const struct histogram *h, uint32_t bins[LATENCY_BINS])
{
	int bin = 0;

	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		while (bin + 1 < LATENCY_BINS && histogram_floor_us(i) >= latency_bin_us(bin + 1))
			bin++;
		bins[bin] += h->bucket[i];
	}
}

void latency_bins_of(const struct histogram *h, int64_t bins[LATENCY_BINS])
{
	uint32_t counts[LATENCY_BINS] = {0};

	latency_bins_add(h, counts);
	for (int i = 0; i < LATENCY_BINS; i++)
		bins[i] = counts[i];
}

void latency_bins_restore(const int64_t bins[LATENCY_BINS], struct histogram *h)
{
	for (int i = 0; i < LATENCY_BINS; i++) {
		int64_t us = (latency_bin_us(i) + latency_bin_us(i + 1)) / 2;
		uint32_t n = bins[i] < UINT32_MAX ? (uint32_t)bins[i] : UINT32_MAX;

		if (!n)
			continue;
		h->bucket[histogram_bucket(us)] += n;
		h->count += n;
		h->sum_us += us * n;
		if (us > h->max_us)
			h->max_us = us;
	}
}

void latency_bins_write(struct json_writer *w, const int64_t *now, const int64_t *before)
{
	static const int64_t none[LATENCY_BINS] = {0};
	const int64_t *from = before ? before : none;
	int first = 0, end = LATENCY_BINS;

	while (end && now[end - 1] == from[end - 1])
		end--;
	while (first < end && now[first] == from[first])
		first++;
	if (first == end)
		return;
	json_member_array(w, "latency");
	json_put_int(w, first);
	for (int i = first; i < end; i++)
		json_put_int(w, now[i] - from[i]);
	json_close_array(w);
}

struct reading {
	int64_t *bins;
	int64_t at; /* the bin of the next count; negative: its place was not read yet */
};

static bool take(void *ctx, struct json_span v)
{
	struct reading *r = ctx;
	int64_t n;

	if (!json_span_int(v, &n) || n < 0 ||
		(r->at < 0 ? n >= LATENCY_BINS : r->at >= LATENCY_BINS))
		return false;
	if (r->at < 0) {
		r->at = n;
		return true;
	}
	n = n < COUNT_MOST ? n : COUNT_MOST;
	r->bins[r->at] = n < COUNT_MOST - r->bins[r->at] ? r->bins[r->at] + n : COUNT_MOST;
	r->at++;
	return true;
}

void latency_bins_read(struct json_span array, int64_t bins[LATENCY_BINS])
{
	struct reading r = {bins, -1};

	if (json_span_is(array, JSON_VALUE_ARRAY))
		json_each_element(array, take, &r);
}
