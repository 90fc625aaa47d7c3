/* The limits that the server reports, as feed-forward. A reset that stands still while the
 * remainder falls belongs to a window: the pace is remaining / reset, and with nothing left the
 * lane holds until the reset (auto_remaining.c). A reset that moves belongs to a bucket, refilled
 * at (limit - remaining) / reset; it brakes only once part of it is used. Undecided or absurd
 * limits are shown, not used. */
#include <math.h>

#include "pace/lane_impl.h"

/* At thousands of answers a second it suffices to read the headers of some. */
#define READ_AGAIN_US (2 * US_PER_MS)
#define NO_BRAKE      0.9 /* a bucket with more than this share left does not brake */
/* The bound of window_share for a bucket; its start where a policy names the window's length, and
 * elsewhere. */
#define IS_BUCKET 0.4
#define BY_POLICY 0.7F
#define UNDECIDED 0.5F
#define VOTE      0.3F /* the part of it that a sign moves */
#define USABLE    3    /* the shortest usable window, in precisions of its reset, */
#define SHORT     10   /* and one too short for two reports far apart */
#define AS_NAMED  1.5  /* a bucket refills in its span, give or take this factor */
/* A server that refuses while more than this share is left of a limit a minute enforces it over
 * shorter times. Then the pace is this part of the refill, which may differ so much from a
 * minute's. */
#define MUCH_LEFT    0.5
#define EVEN         0.98
#define MINUTE_ERROR 0.1

bool lane_reads_headers(const struct lane *l, int64_t now_us)
{
	return l->limits->config.mode == PACE_AUTO &&
	       now_us - l->adapt.headers.read_us >= READ_AGAIN_US;
}

bool auto_header_is_bucket(const struct auto_header *h)
{
	return h->window_share >= 0 && h->window_share < IS_BUCKET;
}

static void compare_next_with(
	struct auto_header *h, int64_t now_us, const struct reported_limit *reported)
{
	h->at_us = now_us;
	h->reset_s = (float)s_from_us(reported->reset_us);
	h->remaining = (float)reported->remaining;
}

/* Is the reset too far away for a bucket that refills in the span that the server names, or as fast
 * as the report before said? A bucket's reset is proportional to what is used of it; what is left
 * is rounded down. */
static bool is_no_bucket(const struct auto_header *h, const struct reported_limit *reported)
{
	double reset_s = s_from_us(reported->reset_us),
	       error_s = 2 * s_from_us(reported->precision_us),
	       used = reported->limit - reported->remaining,
	       before = reported->limit - h->remaining;

	if (reported->window_us > 0)
		return reset_s > used / reported->limit * s_from_us(reported->window_us) + error_s;
	return before > 0 && used > 2 * before + AUTO_DISORDER &&
	       (h->reset_s - error_s) * (used - 1) / before > reset_s + error_s;
}

/* The reset of a window does not move away while it is used. Asked only for named spans too short
 * for the comparison of two reports far apart. */
static bool is_no_window(
	const struct auto_header *h, int64_t now_us, const struct reported_limit *reported)
{
	double left_s = fmax(0, (double)h->reset_s - s_from_us(now_us - h->at_us));

	return reported->window_us > 0 && reported->window_us < SHORT * reported->precision_us &&
	       reported->remaining < h->remaining - AUTO_DISORDER &&
	       s_from_us(reported->reset_us - 2 * reported->precision_us) > left_s;
}

/* A bucket whose span is named is full again after the used part of it. */
static bool may_be_bucket(const struct auto_header *h, const struct reported_limit *reported)
{
	double full_s = (1 - reported->remaining / reported->limit) * (double)h->window_s;

	return h->window_s <= 0 ||
	       s_from_us(reported->reset_us + 2 * reported->precision_us) > full_s / AS_NAMED;
}

/* Follows whether the reset stands still. Of a window it falls with the remainder, and rises with
 * it when the window is renewed. */
static void observe_reset(
	struct auto_header *h, int64_t now_us, const struct reported_limit *reported, bool newest)
{
	double moved, passed_s, reset_s = s_from_us(reported->reset_us);
	bool window;

	h->longest_s = fmaxf(h->longest_s, (float)reset_s);
	if (h->window_share < 0) {
		compare_next_with(h, now_us, reported);
		h->window_share = reported->window_us > 0 ? BY_POLICY : UNDECIDED;
		return;
	}
	if (newest && auto_header_has_more(h, reported->remaining)) {
		h->renewed = true;
		if (reset_s > h->left_s + s_from_us(reported->precision_us))
			h->window_share += VOTE * (1 - h->window_share);
		compare_next_with(h, now_us, reported);
		return;
	}
	window = is_no_bucket(h, reported);
	if (window && reported->window_us <= 0 && !auto_header_is_bucket(h))
		h->window_share = fmaxf(h->window_share, BY_POLICY);
	if (newest && h->slides <= 0 && is_no_window(h, now_us, reported) &&
		may_be_bucket(h, reported))
		h->window_share = fminf(h->window_share, 1 - BY_POLICY);
	if (now_us - h->at_us < US_PER_S || now_us - h->at_us < 5 * reported->precision_us)
		return;
	passed_s = s_from_us(now_us - h->at_us);
	if (h->slides <= 0 && reported->remaining < h->remaining - AUTO_DISORDER) {
		moved = (reset_s - h->reset_s) / passed_s + 1;
		window = window || moved < 0.5;
		if (window || may_be_bucket(h, reported))
			h->window_share += VOTE * ((window ? 1.F : 0.F) - h->window_share);
	}
	compare_next_with(h, now_us, reported);
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
	if (h->refill <= 0 && h->window_s > 0)
		h->refill = h->limit / h->window_s;
	if (h->refill <= 0 || reported->limit / h->refill > AUTO_SPAN_MOST_S)
		return 0;
	if (h->even)
		return h->refill * scale * EVEN;
	if (left > NO_BRAKE)
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

	if (reported->remaining > AUTO_UNDECIDED_LEFT * reported->limit ||
		reported->remaining > h->remaining - AUTO_DISORDER)
		return 0;
	return fmax(reported->remaining, used) / reset_s * scale;
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
	if (h->window_share > AUTO_IS_WINDOW && (h->renewed || (double)h->longest_s > usual_s))
		return (double)h->longest_s;
	if (h->window_share <= AUTO_IS_WINDOW && h == &l->adapt.headers.slot[LIMIT_REQUESTS] &&
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

/* The pace of a limit until the next report, weight per second; 0: no brake, or a window. */
static double slot_rate(struct lane *l, int64_t now_us, const struct lane_ticket *t,
	enum limit_slot slot, const struct reported_limit *reported)
{
	struct auto_header *h = &l->adapt.headers.slot[slot];
	double scale = limit_slot_counts_tokens(slot) ? 1 / fmax(1, l->adapt.weight.mean) : 1;
	bool newest = auto_remaining_is_newest(h, t);

	if (reported->window_us > 0 && reported->window_us < USABLE * reported->precision_us)
		return 0; /* its reset is too coarse */
	observe_reset(h, now_us, reported, newest);
	if (newest)
		auto_remaining_observe(l, now_us, t, h, reported);
	if (auto_header_is_bucket(h))
		return bucket_rate(h, reported, scale);
	if (reported->reset_us >= AUTO_SPAN_MOST_S * US_PER_S || auto_header_is_window(h))
		return 0;
	return undecided_rate(h, reported, scale);
}

/* The refill that the reset shows, where it is that of a limit a minute; 0: it is not. */
static double refill_by_minute(const struct reported_limit *reported)
{
	double used = reported->limit - reported->remaining, refill;

	if (reported->limit <= 0 || reported->remaining < MUCH_LEFT * reported->limit || used < 3 ||
		reported->reset_us <= 0 || reported->reset_us < 10 * reported->precision_us)
		return 0;
	refill = used / s_from_us(reported->reset_us);
	return fabs(refill * 60 / reported->limit - 1) < MINUTE_ERROR ? refill : 0;
}

void auto_headers_refused(struct lane *l, const struct reported_limits *limits)
{
	static const enum limit_slot of_requests[] = {LIMIT_REQUESTS, LIMIT_REQUESTS_MINUTE};

	for (size_t i = 0; i < sizeof(of_requests) / sizeof(of_requests[0]); i++) {
		struct auto_header *h = &l->adapt.headers.slot[of_requests[i]];
		double refill = refill_by_minute(&limits->at[of_requests[i]]);

		if (refill <= 0 || h->even)
			continue;
		h->even = true;
		h->refill = (float)refill;
		h->window_share = 1 - BY_POLICY;
	}
}

void auto_headers_read(struct lane *l, int64_t now_us, const struct lane_ticket *t,
	const struct reported_limits *limits)
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
		if (h->limit > 0 && (float)reported->limit != h->limit) {
			lane_decide(
				l, now_us, LIMIT_CHANGED, (double)h->limit, reported->limit, i, 0);
			h->refill = 0; /* that of the limit before */
			h->end_us = 0;
			h->even = false;
		}
		h->limit = (float)reported->limit;
		h->window_s = reported->window_us > 0 ? (float)s_from_us(reported->window_us) : 0;
		if (reported->remaining < 0 || reported->reset_us < 0)
			continue;
		hs->at_us = now_us;
		v = slot_rate(l, now_us, t, (enum limit_slot)i, reported);
		if (v > 0 && (rate <= 0 || v < rate)) {
			rate = v;
			hs->told = (enum limit_slot)i;
		}
	}
	hs->told_rate = (float)rate;
	auto_headers_follow(l, now_us);
}
