/* The limits that the server reports, as feed-forward. A reset that stands still while the
 * remainder falls belongs to a window: the pace is remaining / reset, and with nothing left the
 * lane holds until the reset. A reset that moves belongs to a bucket, refilled at (limit -
 * remaining) / reset; it brakes only once part of it is used. Undecided or absurd limits are shown,
 * not used. */
#include <math.h>

#include "pace/lane_impl.h"

/* At thousands of answers a second it suffices to read the headers of some. */
#define READ_AGAIN_US (2 * US_PER_MS)
/* A limit over a longer span is a budget (requests per day), not a pace. */
#define SPAN_MOST_S 3600
#define NO_BRAKE    0.9 /* a bucket with more than this share left does not brake */
/* The reset counts as this much later than reported, for clocks and the network. */
#define RESET_LATE_S 0.05
/* Bounds of window_share for a window and for a bucket; its start where a policy names the window's
 * length, and elsewhere. */
#define IS_WINDOW      0.6
#define IS_BUCKET      0.4
#define BY_POLICY      0.7F
#define UNDECIDED      0.5F
#define USABLE         3   /* the shortest usable window, in precisions of its reset */
#define AS_NAMED       1.5 /* a bucket refills in its span, give or take this factor */
#define UNDECIDED_LEFT 0.4 /* an undecided limit brakes below this share left */

bool lane_reads_headers(const struct lane *l, int64_t now_us)
{
	return l->limits->config.mode == PACE_AUTO &&
	       now_us - l->adapt.headers.read_us >= READ_AGAIN_US;
}

/* Follows whether the reset stands still. */
static void observe_reset(
	struct auto_header *h, int64_t now_us, const struct reported_limit *reported)
{
	double moved, passed;

	h->longest_s = fmaxf(h->longest_s, (float)s_from_us(reported->reset_us));
	if (h->window_share < 0) {
		h->at_us = now_us;
		h->reset_us = now_us + reported->reset_us;
		h->remaining = reported->remaining;
		h->window_share = reported->window_us > 0 ? BY_POLICY : UNDECIDED;
	}
	if (now_us - h->at_us < US_PER_S || now_us - h->at_us < 5 * reported->precision_us)
		return;
	h->renewed = h->renewed || reported->remaining > h->remaining;
	if (reported->remaining < h->remaining - 3) {
		moved = (double)(now_us + reported->reset_us - h->reset_us);
		passed = (double)(now_us - h->at_us);
		h->window_share += 0.3F * ((moved / passed < 0.5 ? 1.F : 0.F) - h->window_share);
	}
	h->at_us = now_us;
	h->reset_us = now_us + reported->reset_us;
	h->remaining = reported->remaining;
}

/* The pace of a window; 0 when it is used up, and then it holds until the reset. */
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

/* The pace of a bucket: its refill, somewhat more while it is full and less when nearly empty; 0:
 * no brake, or not known yet. */
static double bucket_rate(
	struct auto_header *h, const struct reported_limit *reported, double scale)
{
	double reset_s = s_from_us(reported->reset_us),
	       left = reported->remaining / reported->limit;
	float refill;

	if (reset_s > 0.05 && reported->reset_us >= 10 * reported->precision_us &&
		reported->limit - reported->remaining >= 3) {
		refill = (float)((reported->limit - reported->remaining) / reset_s);
		h->refill += h->refill > 0 ? 0.1F * (refill - h->refill) : refill;
	}
	if (h->refill <= 0 || reported->limit / h->refill > SPAN_MOST_S || left > NO_BRAKE)
		return 0;
	return h->refill * scale * (0.98 + 0.1 * (left - 0.1));
}

/* The pace while it may be either and much of it is used: the larger of both, so that it is not
 * used up before that is clear. Only for a remainder that falls: some servers always report the
 * same. */
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

bool auto_header_is_bucket(const struct auto_header *h)
{
	return h->window_share >= 0 && h->window_share < IS_BUCKET;
}

/* The seconds in which all of a limit comes back. Most servers that do not name them mean a minute,
 * but not all do: a bucket shows them by its refill, and a window by its reset once it was renewed
 * or when that is later. Twice as many answers as the limit are no minute's. 0: not known. */
static double span_of(
	const struct lane *l, int64_t now_us, const struct auto_header *h, double usual_s)
{
	const struct auto_rate *r = &l->adapt.rate;
	double age_s = s_from_us(now_us - r->born_us), bucket_s;

	if (h->window_s > 0)
		return (double)h->window_s;
	if (auto_header_is_bucket(h) && h->refill > 0) {
		bucket_s = h->limit / (double)h->refill;
		return bucket_s > AS_NAMED * usual_s || usual_s > AS_NAMED * bucket_s ? bucket_s
										      : usual_s;
	}
	if (h->window_share > IS_WINDOW && (h->renewed || (double)h->longest_s > usual_s))
		return (double)h->longest_s;
	if (h->window_share <= IS_WINDOW && h == &l->adapt.headers.slot[LIMIT_REQUESTS] &&
		r->answered_sum > 2 * h->limit * (1 + age_s / usual_s))
		return 0;
	return usual_s;
}

static double per_min(
	const struct lane *l, int64_t now_us, const struct auto_header *h, double usual_s)
{
	double span_s = span_of(l, now_us, h, usual_s);

	return span_s > 0 ? h->limit * 60 / span_s : 0;
}

double auto_header_per_min(const struct lane *l, int64_t now_us, bool tokens)
{
	static const struct {
		enum limit_slot slot;
		double span_s;
	} by_rank[2][3] = {
		{{LIMIT_REQUESTS_MINUTE, 60}, {LIMIT_REQUESTS, 60}, {LIMIT_REQUESTS_SECOND, 1}},
		{{LIMIT_TOKENS_MINUTE, 60}, {LIMIT_TOKENS, 60}, {LIMIT_TOKENS_SECOND, 1}}};
	const struct auto_header *slot = l->adapt.headers.slot;

	for (int i = 0; i < 3; i++) {
		const struct auto_header *h = &slot[by_rank[tokens][i].slot];

		if (h->limit > 0)
			return per_min(l, now_us, h, by_rank[tokens][i].span_s);
	}
	return tokens ? per_min(l, now_us, &slot[LIMIT_INPUT_TOKENS], 60) +
				per_min(l, now_us, &slot[LIMIT_OUTPUT_TOKENS], 60)
		      : 0;
}

static double slot_rate(
	struct lane *l, int64_t now_us, enum limit_slot slot, const struct reported_limit *reported)
{
	struct auto_header *h = &l->adapt.headers.slot[slot];
	double scale = limit_slot_counts_tokens(slot) ? 1 / fmax(1, l->adapt.weight.mean) : 1;

	if (reported->window_us > 0 && reported->window_us < USABLE * reported->precision_us)
		return 0; /* its reset is too coarse */
	observe_reset(h, now_us, reported);
	if (auto_header_is_bucket(h))
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
		if (h->limit > 0 && reported->limit != h->limit) {
			lane_decide(l, now_us, LIMIT_CHANGED, h->limit, reported->limit, i, 0);
			h->refill = 0; /* that of the limit before */
		}
		h->limit = reported->limit;
		h->window_s = reported->window_us > 0 ? (float)s_from_us(reported->window_us) : 0;
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
