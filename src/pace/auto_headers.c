/* What the server tells of its limits, as feed-forward. A reset instant that stands still while the
 * remainder falls means a window: pace by remaining / reset, and at nothing left hold till the
 * reset. One that moves means a bucket, refilled at (limit - remaining) / reset. A bucket brakes
 * only while less than most of it remains. What is undecided or absurd is shown, not used. */
#include <math.h>

#include "pace/lane_impl.h"

/* At thousands of answers a second not each one's headers are worth reading. */
#define READ_AGAIN_US (2 * US_PER_MS)
/* Limits over more than this are budgets (a day's requests), not paces. */
#define SPAN_MOST_S 3600
#define NO_BRAKE    0.9 /* of a bucket remains */
/* The reset is this much later than reported, for clocks and roads. */
#define RESET_LATE_S 0.05
/* Shares of signs from which it is a window, up to which it is a bucket; where a policy that names
 * the window's length begins. */
#define IS_WINDOW      0.6
#define IS_BUCKET      0.4
#define BY_POLICY      0.7F
#define UNDECIDED      0.5F
#define USABLE         3   /* times the precision of a reset: the shortest window */
#define UNDECIDED_LEFT 0.4 /* of a limit, from which on it brakes while undecided */

bool lane_reads_headers(const struct lane *l, int64_t now_us)
{
	return l->config.mode == PACE_AUTO && now_us - l->adapt.headers.read_us >= READ_AGAIN_US;
}

/* Does the reset stand still? */
static void observe_reset(
	struct auto_header *h, int64_t now_us, const struct reported_limit *reported)
{
	double moved, passed;

	if (h->window_share < 0) {
		h->at_us = now_us;
		h->reset_us = now_us + reported->reset_us;
		h->remaining = reported->remaining;
		h->window_share = reported->window_us > 0 ? BY_POLICY : UNDECIDED;
	}
	if (now_us - h->at_us < US_PER_S || now_us - h->at_us < 5 * reported->precision_us)
		return;
	if (reported->remaining < h->remaining - 3) {
		moved = (double)(now_us + reported->reset_us - h->reset_us);
		passed = (double)(now_us - h->at_us);
		h->window_share += 0.3F * ((moved / passed < 0.5 ? 1.F : 0.F) - h->window_share);
	}
	h->at_us = now_us;
	h->reset_us = now_us + reported->reset_us;
	h->remaining = reported->remaining;
}

/* A window's pace; 0 when it is used up, and then holds. */
static double window_rate(
	struct lane *l, int64_t now_us, const struct reported_limit *reported, double scale)
{
	struct auto_headers *hs = &l->adapt.headers;
	double reset_s = s_from_us(reported->reset_us), wait_s;

	if (reported->remaining > 0)
		return reported->remaining / fmax(0.5, reset_s) * scale;
	wait_s = fmin(reset_s, AUTO_WAIT_MOST_S) + RESET_LATE_S;
	if (now_us + us_from_s(wait_s) > hs->hold_us) {
		if (hs->hold_us <= now_us)
			lane_decide(l, now_us, HOLD_HEADERS, -1, wait_s, reported->limit, 0);
		hs->hold_us = now_us + us_from_s(wait_s);
	}
	return 0;
}

/* A bucket's pace: its refill, somewhat more while it is full and less when it is nearly empty; 0:
 * no brake, or not known yet. */
static double bucket_rate(
	struct auto_header *h, const struct reported_limit *reported, double scale)
{
	double reset_s = s_from_us(reported->reset_us),
	       left = reported->remaining / reported->limit;
	float refill;

	if (reset_s > 0.05 && reported->reset_us >= 10 * reported->precision_us &&
		reported->limit - reported->remaining >= 3) {
		refill = (float)((reported->limit - reported->remaining) / reset_s * scale);
		h->refill += h->refill > 0 ? 0.1F * (refill - h->refill) : refill;
	}
	if (h->refill <= 0 || reported->limit * scale / h->refill > SPAN_MOST_S || left > NO_BRAKE)
		return 0;
	return h->refill * (0.98 + 0.1 * (left - 0.1));
}

/* Not known yet which it is, and much of it is used: the larger of both paces, lest all of it goes
 * before that is clear. Only of what falls as we send: some servers always tell the same. */
static double undecided_rate(
	const struct auto_header *h, const struct reported_limit *reported, double scale)
{
	double reset_s = fmax(1, s_from_us(reported->reset_us)),
	       used = reported->limit - reported->remaining;

	if (reported->remaining > UNDECIDED_LEFT * reported->limit ||
		reported->remaining > h->remaining - 3)
		return 0;
	return fmax(reported->remaining, used) / reset_s * scale;
}

static double slot_rate(
	struct lane *l, int64_t now_us, enum limit_slot slot, const struct reported_limit *reported)
{
	struct auto_header *h = &l->adapt.headers.slot[slot];
	double scale = limit_slot_counts_tokens(slot) ? 1 / fmax(1, l->adapt.weight.mean) : 1;

	if (reported->window_us > 0 && reported->window_us < USABLE * reported->precision_us)
		return 0; /* rounded, its reset says nothing */
	observe_reset(h, now_us, reported);
	if (h->window_share < IS_BUCKET)
		return bucket_rate(h, reported, scale);
	if (reported->reset_us >= SPAN_MOST_S * US_PER_S)
		return 0;
	if (h->window_share > IS_WINDOW)
		return window_rate(l, now_us, reported, scale);
	return undecided_rate(h, reported, scale);
}

void auto_headers_read(struct lane *l, int64_t now_us, const struct reported_limits *limits)
{
	struct auto_headers *hs = &l->adapt.headers;
	double rate = 0;

	hs->read_us = now_us;
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		const struct reported_limit *reported = &limits->at[i];
		struct auto_header *h = &hs->slot[i];
		double v;

		if (reported->limit <= 0)
			continue;
		if (h->limit > 0 && reported->limit != h->limit)
			lane_decide(l, now_us, LIMIT_CHANGED, h->limit, reported->limit, i, 0);
		h->limit = reported->limit;
		if (reported->remaining < 0 || reported->reset_us < 0)
			continue;
		v = slot_rate(l, now_us, (enum limit_slot)i, reported);
		if (v > 0 && (rate <= 0 || v < rate)) {
			rate = v;
			hs->binds = (enum limit_slot)i;
			hs->left = reported->remaining;
			hs->reset_us = now_us + reported->reset_us;
		}
	}
	hs->rate = rate;
	if (rate > 0)
		hs->at_us = now_us;
}
