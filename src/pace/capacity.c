#include "pace/capacity.h"

#include <math.h>

#include "base/clock.h"
#include "pace/lane_impl.h"

static double least(double a, double b)
{
	return b > 0 && b < a ? b : a;
}

/* The rate that the controller is going to have, if it knows. */
static double found_rate(const struct auto_pace *a)
{
	const struct auto_rate *r = &a->rate;
	double rate = HUGE_VAL;

	if (r->state == RATE_RAMP)
		return least(rate, r->good);
	if (a->trial.noise <= 0)
		rate = fmax(r->rate, r->ceiling);
	if (a->hold.quota > 0 && a->hold.quota_s > 0)
		rate = least(rate, a->hold.quota / a->hold.quota_s);
	return rate;
}

static double found_at_once(const struct auto_pace *a)
{
	switch (a->window.mode) {
	case WINDOW_LIMIT:
		return least(HUGE_VAL, a->number.limit);
	case WINDOW_PLATEAU:
		return least(HUGE_VAL, a->window.window);
	default:
		return HUGE_VAL;
	}
}

/* The pace by the server's headers. That of a window falls and rises with what is left of it. */
static double named_rate(const struct auto_headers *hs)
{
	return auto_header_is_bucket(&hs->slot[hs->binds]) ? least(HUGE_VAL, hs->rate) : HUGE_VAL;
}

struct capacity capacity_of_lane(const struct lane *l)
{
	const struct limits *m = l->limits;
	struct capacity c = {least(HUGE_VAL, l->rpm / 60), HUGE_VAL, HUGE_VAL};

	if (m->config.mode != PACE_AUTO)
		return c;
	if (m->rate <= 0) {
		c.requests = least(c.requests, found_rate(&l->adapt));
		c.requests = least(c.requests, named_rate(&l->adapt.headers));
	}
	if (m->concurrency <= 0)
		c.at_once = found_at_once(&l->adapt);
	return c;
}

struct capacity capacity_of_endpoint(const struct lane *l)
{
	const struct limits *m = l->limits;
	double window_s = s_from_us(m->config.window_us);
	struct capacity c = {least(HUGE_VAL, m->rpm / 60), least(HUGE_VAL, m->tpm / 60), HUGE_VAL};

	c.requests = least(c.requests, m->rate);
	if (m->config.window_count > 0 && window_s > 0)
		c.requests = least(c.requests, m->config.window_count / window_s);
	c.at_once = limits_most_in_flight(m);
	return c;
}

double capacity_pace(const struct capacity *c, double latency_s, double tokens)
{
	double pace = c->requests;

	if (latency_s > 0)
		pace = fmin(pace, c->at_once / latency_s);
	return tokens > 0 ? fmin(pace, c->tokens / tokens) : pace;
}

int64_t capacity_changed_us(const struct lane *l)
{
	int64_t own_us = l->changed_us, shared_us = l->limits->changed_us;

	return own_us > shared_us ? own_us : shared_us;
}
