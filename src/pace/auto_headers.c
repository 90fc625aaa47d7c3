/* The server's headers as feed-forward. A reset instant that stands still while the remainder falls
 * means a fixed window: pace by remaining / reset, and at nothing left hold till the reset. One
 * that moves means a bucket, refilled at (limit - remaining) / reset. What is undecided or absurd
 * is shown, not used. */
#include <math.h>

#include "base/clock.h"
#include "pace/auto.h"
#include "pace/lane_impl.h"

#define HOLD_MOST_US (120 * US_PER_S)
/* At thousands of answers a second not each one's headers are worth reading. */
#define READ_AGAIN_US (2 * US_PER_MS)
/* Limits over more than this are budgets (a day's requests), not paces. */
#define SPAN_MOST_S 3600

/* Does the reset stand still? */
static void observe_reset(struct auto_header *h, int64_t now_us, const struct limit_told *r)
{
	double moved, passed;

	if (!h->seen) {
		h->seen = true;
		h->at_us = now_us;
		h->reset_us = now_us + r->reset_us;
		h->remaining = r->remaining;
	}
	if (now_us - h->at_us < US_PER_S || now_us - h->at_us < 5 * r->precision_us)
		return;
	if (r->remaining < h->remaining - 3) {
		moved = (double)(now_us + r->reset_us - h->reset_us);
		passed = (double)(now_us - h->at_us);
		h->window_share += 0.3 * ((moved / passed < 0.5) - h->window_share);
	}
	h->at_us = now_us;
	h->reset_us = now_us + r->reset_us;
	h->remaining = r->remaining;
}

/* A fixed window's pace; 0 when it is used up, and then holds. */
static double window_rate(struct lane *l, int64_t now_us, const struct limit_told *r, double scale)
{
	struct auto_headers *hs = &l->adapt.headers;
	int64_t until_us;

	if (r->remaining > 0)
		return r->remaining / fmax(0.5, (double)r->reset_us / US_PER_S) * scale;
	until_us =
		now_us + 50 * US_PER_MS + (r->reset_us < HOLD_MOST_US ? r->reset_us : HOLD_MOST_US);
	if (until_us > hs->hold_us)
		hs->hold_us = until_us;
	return 0;
}

/* A bucket's pace: its refill, somewhat more while it is full and less when it is nearly empty; 0
 * when not known yet. */
static double bucket_rate(struct auto_header *h, const struct limit_told *r, double scale)
{
	double reset_s = (double)r->reset_us / US_PER_S;
	double x = r->remaining / r->limit;
	double refill;

	if (reset_s > 0.05 && r->reset_us >= 10 * r->precision_us && r->limit - r->remaining >= 3) {
		refill = (r->limit - r->remaining) / reset_s * scale;
		h->refill += h->refill > 0 ? 0.1 * (refill - h->refill) : refill;
	}
	if (h->refill <= 0 || r->limit * scale / h->refill > SPAN_MOST_S)
		return 0;
	return h->refill * (0.98 + 0.1 * (x - 0.1) * (x < 0.9 ? 1 : 2));
}

bool lane_reads_headers(const struct lane *l, int64_t now_us)
{
	return l->config.mode == PACE_AUTO && now_us - l->adapt.headers.read_us >= READ_AGAIN_US;
}

void auto_headers_read(struct lane *l, int64_t now_us, const struct lane_answer *a)
{
	struct auto_headers *hs = &l->adapt.headers;
	static const enum limit_slot slots[DIM_COUNT] = {LIMIT_REQUESTS, LIMIT_TOKENS};
	double rate = 0, headroom = 0;

	hs->read_us = now_us;
	for (int i = 0; i < DIM_COUNT; i++) {
		struct auto_header *h = &hs->dim[i];
		double scale = i == DIM_REQUESTS ? 1 : 1 / fmax(1, l->adapt.weight.mean);
		const struct limit_told *told = &a->limits->at[slots[i]];
		double v = 0, x = 1;

		h->limit = told->limit;
		if (told->limit < 0 || told->remaining < 0 || told->reset_us < 0)
			continue;
		observe_reset(h, now_us, told);
		if (h->window_share > 0.6 && told->reset_us < SPAN_MOST_S * US_PER_S) {
			v = window_rate(l, now_us, told, scale);
		} else if (h->window_share < 0.4) {
			v = bucket_rate(h, told, scale);
			x = told->remaining / told->limit;
		}
		if (v > 0 && (rate <= 0 || v < rate)) {
			rate = v;
			headroom = x;
		}
	}
	if (rate > 0) {
		hs->rate = rate;
		hs->headroom = headroom;
		hs->at_us = now_us;
	}
}
