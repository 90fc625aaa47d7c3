/* What is left of the windows that the server reports. An answer says it for the moment in which
 * its request arrived, or at best for the moment in which the answer left; so what was sent since
 * counts as used, and all of a window is back at its end before any answer says so. */
#include <math.h>

#include "pace/lane_impl.h"

#define RESET_LATE_S                                                                               \
	0.05 /* a window ends this much later than reported, for clocks and the network */
#define WINDOW_LEAST_S   0.2 /* what is left of a window is sent over this time at least */
#define HEADERS_STALE_US (60 * US_PER_S)
/* More left by this share of the limit is no refill. */
#define RENEWED   0.2
#define LATE_MOST 8 /* bounds of auto_header.late */
/* auto_header.slides: its bound, the step of a window of which more than this share of the limit is
 * missing after its end, and the share that comes back at once at the end of a fixed window. */
#define SLIDES_MOST 6
#define SLIDES_STEP 3
#define NOT_BACK    0.3
#define ALL_BACK    0.5
/* A sliding window brakes below this share left, and above it is used up by so much. */
#define SLIDES_KEPT   0.03
#define SLIDES_FASTER 1.1
#define SAW_WINDOW    0.3F /* the part of window_share that a true renewal moves */

bool auto_header_is_window(const struct auto_header *h)
{
	return h->window_share > AUTO_IS_WINDOW && h->end_us > 0 && h->limit > 0;
}

bool auto_header_has_more(const struct auto_header *h, double remaining)
{
	return remaining > (double)h->left + AUTO_DISORDER + RENEWED * (double)h->limit;
}

/* The seconds of a window from its beginning to its end, as far as is known. */
static double length_s(const struct auto_header *h)
{
	return h->window_s > 0 ? (double)h->window_s : (double)h->longest_s;
}

/* Some servers report what was left when the attempt arrived, others what is left when its answer
 * is ready: follows which of the two explains the remainder better. */
static void observe_lateness(struct auto_header *h, double remaining, uint32_t seq, uint32_t sent)
{
	double fell = (double)h->left - remaining, begun = fabs(fell - (int32_t)(seq - h->seq)),
	       ended = fabs(fell - (int32_t)(sent - h->sent));

	if (ended < begun && h->late < LATE_MOST)
		h->late++;
	else if (begun < ended && h->late > -LATE_MOST)
		h->late--;
}

/* All of a fixed window is back at its end, of a sliding one little. */
static void observe_renewal(
	const struct lane *l, struct auto_header *h, const struct reported_limit *reported)
{
	double missing = (double)h->limit - reported->remaining - ((uint32_t)l->seq - h->sent);

	if (missing > AUTO_DISORDER + NOT_BACK * (double)h->limit)
		h->slides = h->slides + SLIDES_STEP < SLIDES_MOST ? h->slides + SLIDES_STEP
								  : SLIDES_MOST;
	else if (s_from_us(reported->reset_us) > 0.5 * length_s(h))
		h->window_share += SAW_WINDOW * (1 - h->window_share);
}

void auto_remaining_observe(struct lane *l, int64_t now_us, const struct lane_ticket *t,
	struct auto_header *h, const struct reported_limit *reported)
{
	int64_t end_us = now_us + reported->reset_us;
	double error_s = s_from_us(reported->precision_us) + 0.5 * length_s(h);
	/* the earliest end counts: resets are rounded up, and answers take time */
	bool same = auto_header_is_window(h) && h->slides <= 0 &&
		    !auto_header_has_more(h, reported->remaining) &&
		    end_us <= h->end_us + us_from_s(error_s);

	if (h->assumed)
		observe_renewal(l, h, reported);
	else if (h->slides > 0)
		h->slides -= reported->remaining - (double)h->left > ALL_BACK * (double)h->limit;
	else if (same)
		observe_lateness(h, reported->remaining, (uint32_t)t->seq, (uint32_t)l->seq);
	h->end_us = same && h->end_us < end_us ? h->end_us : end_us;
	h->left = (float)reported->remaining;
	h->left_s = (float)s_from_us(reported->reset_us);
	h->seq = (uint32_t)t->seq;
	h->sent = (uint32_t)l->seq;
	h->assumed = false;
}

bool auto_remaining_is_newest(const struct auto_header *h, const struct lane_ticket *t)
{
	return h->end_us <= 0 || h->late > 0 || (int32_t)((uint32_t)t->seq - h->seq) > 0;
}

static bool has_ended(const struct auto_header *h, int64_t now_us)
{
	return now_us >= h->end_us + us_from_s(RESET_LATE_S);
}

/* What may still be sent in this window: what was sent after the last report is used, too. */
static double left_now(const struct lane *l, const struct auto_header *h, enum limit_slot slot)
{
	uint32_t since = (uint32_t)l->seq - (h->late > 0 ? h->sent : h->seq);

	return limit_slot_counts_tokens(slot) ? (double)h->left : (double)h->left - since;
}

/* The pace of a window in what it limits per second; 0: no brake, or it is used up and holds until
 * its end. */
static double window_rate(
	struct lane *l, int64_t now_us, const struct auto_header *h, enum limit_slot slot)
{
	struct auto_headers *hs = &l->adapt.headers;
	double end_s = s_from_us(h->end_us - now_us), left = left_now(l, h, slot);
	double mean = (double)h->limit / fmax(WINDOW_LEAST_S, length_s(h));
	int64_t hold_us = h->end_us + us_from_s(RESET_LATE_S),
		most_us = now_us + us_from_s(AUTO_WAIT_MOST_S);

	if (h->slides > 0 && h->late <= 0) /* some came back while the answer was on its way */
		left = fmin((double)h->left, left + mean * l->adapt.window.latency_s);
	if (h->slides > 0 && left >= 1)
		return mean * fmin(SLIDES_FASTER, left / (SLIDES_KEPT * (double)h->limit));
	if (has_ended(h, now_us))
		return length_s(h) > 0 && length_s(h) < AUTO_SPAN_MOST_S ? mean : 0;
	if (end_s >= AUTO_SPAN_MOST_S)
		return 0;
	if (left >= 1)
		return !h->renewed && h->window_s <= 0 &&
				       left > AUTO_UNDECIDED_LEFT * (double)h->limit
			       ? 0
			       : left / fmax(WINDOW_LEAST_S, end_s);
	hold_us = hold_us < most_us ? hold_us : most_us;
	if (hold_us > hs->hold_us) {
		hs->hold_us = hold_us;
		hs->holds = slot;
	}
	return 0;
}

void auto_headers_follow(struct lane *l, int64_t now_us)
{
	struct auto_headers *hs = &l->adapt.headers;
	const struct auto_header *b;
	int64_t hold_us = hs->hold_us;

	hs->rate = 0;
	hs->hold_us = 0;
	if (now_us - hs->at_us > HEADERS_STALE_US)
		return;
	hs->rate = (double)hs->told_rate;
	hs->binds = hs->told;
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		struct auto_header *h = &hs->slot[i];
		enum limit_slot slot = (enum limit_slot)i;
		double v;

		if (!auto_header_is_window(h))
			continue;
		v = window_rate(l, now_us, h, slot);
		if (limit_slot_counts_tokens(slot))
			v /= fmax(1, l->adapt.weight.mean);
		if (v > 0 && (hs->rate <= 0 || v < hs->rate)) {
			hs->rate = v;
			hs->binds = slot;
		}
	}
	b = &hs->slot[hs->binds];
	hs->left = auto_header_is_window(b) ? fmax(0, left_now(l, b, hs->binds)) : (double)b->left;
	hs->reset_us = b->end_us;
	if (hs->hold_us > now_us && hold_us <= now_us)
		lane_decide(l, now_us, HOLD_HEADERS, -1, s_from_us(hs->hold_us - now_us),
			(double)hs->slot[hs->holds].limit, 0);
}

void auto_headers_sent(struct lane *l, int64_t now_us)
{
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		struct auto_header *h = &l->adapt.headers.slot[i];

		if (!auto_header_is_window(h) || h->slides > 0 || !has_ended(h, now_us))
			continue;
		h->end_us = h->assumed || length_s(h) <= 0 ? 0 : now_us + us_from_s(length_s(h));
		h->assumed = h->renewed = true;
		h->left = h->limit;
		h->left_s = h->reset_s = (float)length_s(h);
		h->remaining = h->limit;
		h->at_us = now_us;
		h->seq = h->sent = (uint32_t)l->seq - 1;
	}
}

void auto_headers_skip(struct lane *l, int64_t now_us)
{
	struct auto_headers *hs = &l->adapt.headers;

	for (int i = 0; i < LIMIT_SLOTS; i++) {
		struct auto_header *h = &hs->slot[i];

		if (auto_header_is_window(h) && left_now(l, h, (enum limit_slot)i) < 1 &&
			h->end_us > now_us)
			h->end_us = now_us - us_from_s(RESET_LATE_S);
	}
	hs->hold_us = 0;
}
