#include "pace/auto.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "pace/lane_impl.h"

#define RATE_START 1.0
#define RATE_MIN   0.05
#define REFUSAL_S  0.25 /* first guess of a refusal's round trip */
#define CLIMB_S    4.0
#define BIAS_TOKENS                                                                                \
	1.35 /* refused attempts this much larger than the mean: tokens are the limit              \
	      */
/* 500, 502 and 504 are an attempt's own bad luck unless they are this share of all. */
#define ERROR_SHARE   0.3
#define TIMEOUT_SHARE 0.1
/* A brake that held a send back until then is taken as binding for so much longer. */
#define BRAKE_LINGER_US  (200 * US_PER_MS)
#define HEADERS_STALE_US (120 * US_PER_S)

void auto_init(struct lane *l, int64_t now_us)
{
	struct auto_pace *a = &l->adapt;

	memset(a, 0, sizeof(*a));
	a->rate = (struct auto_rate){.rate = RATE_START,
		.cut_us = now_us,
		.climb_s = CLIMB_S,
		.refusal_s = REFUSAL_S,
		.bound = 1,
		.start_us = now_us,
		.tick_us = now_us,
		.burst = AUTO_BURST};
	a->episode = (struct auto_episode){.last_us = LONG_AGO_US,
		.cut_seq = l->seq,
		.rate = RATE_START,
		.cold = true,
		.mark_us = now_us};
	a->door = (struct auto_door){
		.open_us = LONG_AGO_US, .since_us = now_us, .hold_us = LONG_AGO_US};
	a->weight.bias = 1;
	a->headers.read_us = LONG_AGO_US;
	for (int i = 0; i < DIM_COUNT; i++)
		a->headers.dim[i].window_share = 0.5;
	auto_conc_init(l, now_us);
}

double auto_rate_now(const struct lane *l)
{
	double rate = l->adapt.rate.rate;

	if (l->adapt.headers.rate > 0)
		rate = fmin(rate, l->adapt.headers.rate);
	return fmax(RATE_MIN, rate);
}

int auto_window_now(const struct lane *l)
{
	return (int)l->adapt.conc.window;
}

int64_t auto_active_us(const struct lane *l, int64_t now_us)
{
	const struct auto_door *d = &l->adapt.door;
	int64_t active_us = now_us - d->held_us;

	if (d->hold_costs && d->hold_us > now_us)
		active_us += d->hold_us - now_us;
	return active_us;
}

static double weigh(const struct lane *l, double tokens)
{
	const struct auto_weight *w = &l->adapt.weight;

	if (w->refusals < 8 || w->bias <= BIAS_TOKENS || w->mean <= 0)
		return 1;
	return tokens / w->mean;
}

void auto_sent(struct lane *l, int64_t now_us, struct lane_ticket *t)
{
	struct auto_pace *a = &l->adapt;

	if (a->weight.mean <= 0)
		a->weight.mean = t->tokens;
	a->weight.mean += 0.02 * (t->tokens - a->weight.mean);
	t->weight = (float)weigh(l, t->tokens);
	t->rate = (float)a->rate.rate;
	a->rate.sent += t->weight;
	a->rate.sent_sum += t->weight;
	t->weight_sum = a->rate.sent_sum;
	t->accepted_sum = a->rate.accepted_sum;
	t->burst = a->rate.burst > 0;
	a->rate.burst -= t->burst;
	if (a->door.closed) {
		a->door.probe_seq = t->seq;
		a->door.probe_us = now_us;
	}
}

void auto_held_back(struct lane *l, enum brake brake, int64_t until_us)
{
	l->adapt.rate.brake = brake;
	l->adapt.rate.brake_us = until_us;
}

static bool is_server_fault(int status)
{
	return status == 500 || status == 502 || status == 504;
}

/* Past the server's limits, whatever it then thought of the request. */
static bool was_admitted(enum outcome o)
{
	return o == OUTCOME_OK || o == OUTCOME_CLIENT_ERROR || o == OUTCOME_BAD_RESPONSE ||
	       o == OUTCOME_TOO_LARGE;
}

void auto_answered(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, const struct lane_answer *a)
{
	struct auto_conc *c = &l->adapt.conc;
	bool timeout = a->outcome == OUTCOME_TIMEOUT;

	if (a->outcome == OUTCOME_CANCELLED)
		return;
	if (a->limits)
		auto_headers_read(l, now_us, a);
	c->error_share += 0.03 * (is_server_fault(a->status) - c->error_share);
	c->timeout_share += 0.03 * (timeout - c->timeout_share);
	if (lane_is_refusal(a) || (a->status == 500 && c->error_share > ERROR_SHARE)) {
		auto_refused(l, now_us, t, a);
	} else if (timeout) {
		if (c->timeout_share > TIMEOUT_SHARE)
			auto_conc_timeout(l, now_us, t);
	} else if (was_admitted(a->outcome)) {
		l->adapt.rate.accepted_sum += t->weight;
		if (l->adapt.rate.ceiling <= 0)
			auto_grow_cold(l, now_us, t);
		if (a->outcome == OUTCOME_OK)
			auto_conc_success(l, now_us, t, (double)a->latency_us / US_PER_S);
	}
}

/* The share of a new value in a mean over so many seconds; over all of them while they are few. */
static double smoothing(const struct lane *l, int64_t now_us, double dt_s, double over_s)
{
	double age_s = (double)(now_us - l->adapt.rate.start_us) / US_PER_S;

	return fmin(1, dt_s / fmax(dt_s, fmin(over_s, age_s)));
}

/* Neither brake binds: the door is closed or the server asked for a wait. */
static bool is_held(const struct lane *l, int64_t now_us)
{
	const struct auto_pace *a = &l->adapt;

	return a->door.closed || a->door.hold_us > now_us || a->headers.hold_us > now_us;
}

/* Which brake bound lately, smoothed. */
static void observe_brake(struct lane *l, int64_t now_us, double dt_s)
{
	struct auto_rate *r = &l->adapt.rate;

	if (r->brake == BRAKE_RATE && now_us > r->brake_us + BRAKE_LINGER_US)
		r->brake = BRAKE_OTHER;
	if (r->brake == BRAKE_WINDOW && l->in_flight < auto_window_now(l))
		r->brake = BRAKE_OTHER;
	if (!is_held(l, now_us))
		r->bound += fmin(1, dt_s) * ((r->brake == BRAKE_RATE) - r->bound);
	r->per_s10 += (r->sent / dt_s - r->per_s10) * smoothing(l, now_us, dt_s, 10);
	r->per_s30 += (r->sent / dt_s - r->per_s30) * smoothing(l, now_us, dt_s, 30);
	r->sent = 0;
}

void auto_tick(struct lane *l, int64_t now_us)
{
	struct auto_pace *a = &l->adapt;
	int64_t dt_us = now_us - a->rate.tick_us;
	double dt_s = (double)dt_us / US_PER_S;
	double since_refusal_s = (double)(now_us - a->episode.last_us) / US_PER_S;

	if (dt_us <= 0)
		return;
	a->rate.tick_us = now_us;
	observe_brake(l, now_us, fmin(dt_s, 10));
	auto_conc_peak_tick(l, now_us);
	if (a->headers.rate > 0 && now_us - a->headers.at_us > HEADERS_STALE_US)
		a->headers.rate = 0;
	if (a->door.closed) {
		auto_door_tick(l, now_us);
		return;
	}
	if (is_held(l, now_us) || since_refusal_s < fmax(0.3, 2 * a->rate.refusal_s))
		return;
	auto_grow(l, now_us, dt_s);
	auto_conc_tick(l, now_us, dt_us);
}

void auto_shift(struct lane *l, int64_t us)
{
	struct auto_pace *a = &l->adapt;
	int64_t *const times[] = {&a->rate.cut_us, &a->rate.brake_us, &a->rate.start_us,
		&a->rate.tick_us, &a->episode.last_us, &a->episode.first_us, &a->episode.mark_us,
		&a->episode.mark_wall_us, &a->episode.cycle_us, &a->door.close_us, &a->door.open_us,
		&a->door.since_us, &a->door.probe_us, &a->door.next_probe_us, &a->door.hold_us,
		&a->conc.cut_us, &a->conc.trial_us, &a->conc.acquitted_until_us, &a->conc.round_us,
		&a->conc.next_probe_us};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		*times[i] += us;
}
