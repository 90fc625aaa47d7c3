/* What the controller believes, for people. */
#include <math.h>
#include <stdio.h>

#include "pace/auto_words.h"
#include "pace/lane_impl.h"

#define WINDOW_LEAST_S 0.8 /* the shortest window of any server */
#define WINDOW_LATE    0.2 /* a window may open late by this share of its length */
#define WAIT_LONG_S    10  /* refused for longer: not by a window alone */

static double left_s(int64_t until_us, int64_t now_us)
{
	return until_us > now_us ? ceil(s_from_us(until_us - now_us)) : 0;
}

/* May the known window still be closed? It may last a little longer than before. */
static bool in_window(const struct auto_hold *h, int64_t now_us)
{
	double open_s = s_from_us(now_us - h->open_us);

	return h->quota > 0 && h->quota_s >= WINDOW_LEAST_S &&
	       open_s < h->quota_s + fmax(1, WINDOW_LATE * h->quota_s);
}

/* True when nothing passed for longer than a cycle, or much less than in the cycle before. */
static bool is_taken(const struct auto_pace *a, int64_t now_us)
{
	const struct auto_hold *h = &a->hold;
	double accepted = auto_accepted(a) - h->open_accepted;
	bool less = h->cycle_known && accepted < 0.5 * h->accepted;
	bool longer = s_from_us(now_us - h->close_us) > fmax(WAIT_LONG_S, h->cycle_s);

	return h->vain > 0 && (less || longer);
}

bool auto_is_shared(const struct auto_pace *a, int64_t now_us)
{
	const struct auto_rate *r = &a->rate;
	const struct auto_hold *h = &a->hold;

	if (r->good <= 0 || h->only_errors)
		return false;
	if (r->state == RATE_HELD)
		return !in_window(h, now_us) && is_taken(a, now_us);
	return r->state == RATE_RAMP && h->others;
}

enum bound auto_hold_bound(const struct auto_pace *a, int64_t now_us)
{
	if (in_window(&a->hold, now_us) && !a->hold.reported)
		return BOUND_WINDOW;
	return auto_is_shared(a, now_us) ? BOUND_SHARED : BOUND_HOLD;
}

void auto_hold_source(const struct lane *l, int64_t now_us, char *out, size_t size)
{
	const struct auto_pace *a = &l->adapt;
	const struct auto_hold *h = &a->hold;

	if (h->only_errors)
		snprintf(out, size, "server down");
	else if (h->reported && !h->vain)
		snprintf(out, size, "%s", l->hold.source[0] ? l->hold.source : "retry-after");
	else if (in_window(h, now_us))
		snprintf(out, size, "%.0f per %.3g s used up", h->quota, h->quota_s);
	else if (auto_is_shared(a, now_us))
		snprintf(out, size, "refused: another client uses the limit");
	else
		snprintf(out, size, "everything is refused");
}

static enum bound believe_held(const struct auto_pace *a, int64_t now_us, char *out, size_t size)
{
	const struct auto_hold *h = &a->hold;
	double s = left_s(h->until_us, now_us);

	if (h->only_errors)
		snprintf(out, size, "server down, next probe in %.0f s", s);
	else if (h->reported && !h->vain)
		snprintf(out, size, "server says wait %.0f s", s);
	else if (in_window(h, now_us))
		snprintf(out, size, "%.0f per %.3g s used up, opens in %.0f s", h->quota,
			h->quota_s, s);
	else if (auto_is_shared(a, now_us))
		snprintf(out, size,
			"refused: another client uses the limit (0 of %.3g/s for us), next probe "
			"in %.0f s",
			a->rate.good, s);
	else
		snprintf(out, size, "everything is refused, next probe in %.0f s", s);
	return auto_hold_bound(a, now_us);
}

static enum bound believe_climb(const struct auto_pace *a, int64_t now_us, char *out, size_t size)
{
	const struct auto_hold *h = &a->hold;
	double left = h->quota - (auto_accepted(a) - h->open_accepted);
	int64_t end_us = h->open_us + us_from_s(h->quota_s);

	if (a->trial.noise > 0)
		snprintf(out, size, "%.2g %% refused at any rate: ignored", 100 * a->trial.noise);
	else if (in_window(h, now_us) && end_us > now_us && left > 0)
		snprintf(out, size, "window %.0f per %.3g s, %.0f left, %.0f s", h->quota,
			h->quota_s, left, left_s(end_us, now_us));
	else if (h->quota > 0 && h->quota_s >= WINDOW_LEAST_S)
		snprintf(out, size, "window %.0f per %.3g s", h->quota, h->quota_s);
	else
		snprintf(out, size, "limit about %.3g/s", a->rate.ceiling);
	return BOUND_ADAPTIVE;
}

static enum bound believe_ramp(const struct auto_pace *a, int64_t now_us, char *out, size_t size)
{
	const struct auto_rate *r = &a->rate;

	if (r->good > 0)
		snprintf(out, size, "coming back: %.3g of %.3g/s", r->rate, r->good);
	else
		snprintf(out, size, "finding the limit");
	return auto_is_shared(a, now_us) ? BOUND_SHARED : BOUND_ADAPTIVE;
}

static enum bound believe_window(const struct lane *l, char *out, size_t size, bool *of_all)
{
	const struct auto_window *w = &l->adapt.window;

	*of_all = l->limits->concurrency > 0;
	if (l->limits->concurrency > 0)
		snprintf(out, size, "%d in flight, set by hand", l->limits->concurrency);
	else if (w->mode == WINDOW_LIMIT)
		snprintf(out, size, "the server accepts %.0f at once", l->adapt.number.limit);
	else if (w->mode == WINDOW_PLATEAU)
		snprintf(out, size, "no faster with more than %d in flight", auto_window_now(l));
	else
		snprintf(out, size, "%d in flight, growing", auto_window_now(l));
	return BOUND_CONCURRENCY;
}

static enum bound believe_headers(
	const struct auto_headers *hs, int64_t now_us, char *out, size_t size)
{
	if (hs->hold_us > now_us)
		snprintf(out, size, "headers: used up, %.0f s left", left_s(hs->hold_us, now_us));
	else
		snprintf(out, size, "headers: %.0f of %.0f%s left for %.0f s", hs->left,
			hs->slot[hs->binds].limit,
			limit_slot_counts_tokens(hs->binds) ? " tokens" : "",
			left_s(hs->reset_us, now_us));
	return BOUND_SERVER;
}

enum bound auto_believe(const struct lane *l, int64_t now_us, char *out, size_t size, bool *of_all)
{
	const struct auto_pace *a = &l->adapt;
	const struct auto_rate *r = &a->rate;
	const struct auto_headers *hs = &a->headers;

	out[0] = '\0';
	*of_all = false;
	if (l->limits->config.mode != PACE_AUTO || r->born_us == LONG_AGO_US)
		return BOUND_NONE;
	if (r->state == RATE_HELD)
		return believe_held(a, now_us, out, size);
	if (hs->hold_us > now_us || (hs->rate > 0 && hs->rate < r->rate))
		return believe_headers(hs, now_us, out, size);
	if (l->limits->rate > 0) {
		*of_all = true;
		snprintf(out, size, "%.4g/s, set by hand", l->limits->rate);
		return BOUND_ADAPTIVE;
	}
	if (l->limits->concurrency > 0 && l->limits->in_flight >= l->limits->concurrency)
		return believe_window(l, out, size, of_all);
	/* by the share of time, since both may bind in turn */
	if (r->bound < 0.5 && (r->brake == BRAKE_WINDOW || a->window.mode == WINDOW_LIMIT))
		return believe_window(l, out, size, of_all);
	if (r->state == RATE_RAMP)
		return believe_ramp(a, now_us, out, size);
	if (r->state == RATE_CLIMB)
		return believe_climb(a, now_us, out, size);
	snprintf(out, size, "limit near %.3g/s: checking", r->ceiling);
	return BOUND_ADAPTIVE;
}
