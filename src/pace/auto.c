#include "pace/auto.h"

#include <math.h>

#include "pace/lane_impl.h"

/* When refused attempts are larger than the mean by this factor, tokens are the limit. */
#define BIAS_TOKENS 1.35
/* 500, 502 and 504 say nothing of the pace unless they are this share of all answers. */
#define ERROR_SHARE 0.3
/* A brake counts as binding for so much longer than it held a send back. */
#define BRAKE_LINGER_US (200 * US_PER_MS)
/* Sends since the last mark after which the counts start anew. */
#define MARK_RAMP  50
#define MARK_SENDS 200

double auto_rate_now(const struct lane *l)
{
	double rate = l->adapt.rate.rate;

	if (l->adapt.headers.rate > 0)
		rate = fmin(rate, l->adapt.headers.rate);
	return fmax(AUTO_RATE_LEAST, rate);
}

int auto_window_now(const struct lane *l)
{
	return (int)l->adapt.window.window;
}

double auto_weigh(const struct lane *l, double tokens)
{
	const struct auto_weight *w = &l->adapt.weight;

	if (w->refusals < 8 || w->bias <= BIAS_TOKENS || w->mean <= 0)
		return 1;
	return tokens / w->mean;
}

void auto_sent(struct lane *l, int64_t now_us, struct lane_ticket *t)
{
	struct auto_pace *a = &l->adapt;

	if (a->rate.born_us == LONG_AGO_US) {
		a->rate.born_us = a->rate.tick_us = a->rate.since_us = now_us;
		a->trial.mark_us = a->hold.open_us = a->window.round_us = now_us;
	}
	if (a->weight.mean <= 0)
		a->weight.mean = t->tokens;
	a->weight.mean += 0.02 * (t->tokens - a->weight.mean);
	t->weight = (float)auto_weigh(l, t->tokens);
	t->rate = (float)a->rate.rate;
	a->rate.sent += t->weight;
	a->rate.sent_sum += t->weight;
	t->weight_sum = a->rate.sent_sum;
	t->answered_sum = a->rate.answered_sum;
	a->refused[t->seq % AUTO_SENDS / 8] &= (uint8_t) ~(1 << t->seq % 8);
	a->rate.burst -= a->rate.burst > 0;
	auto_strays_sent(a);
	auto_headers_sent(l, now_us);
	if (a->rate.state == RATE_HELD) {
		a->hold.probe_seq = t->seq;
		a->hold.probe_us = now_us;
	}
}

void auto_held_back(struct lane *l, enum brake brake, int64_t until_us)
{
	struct auto_pace *a = &l->adapt;

	a->rate.brake = brake;
	a->rate.brake_us = until_us;
	a->window.bound_answers += brake == BRAKE_WINDOW;
}

static bool is_server_fault(int status)
{
	return status == 500 || status == 502 || status == 504;
}

void auto_answered(struct lane *l, int64_t now_us, const struct lane_ticket *t,
	const struct lane_answer *a, bool refused)
{
	struct auto_pace *p = &l->adapt;
	struct auto_window *w = &p->window;
	double latency_s = s_from_us(a->latency_us);
	bool timeout = a->outcome == OUTCOME_TIMEOUT, clean;

	if (a->outcome == OUTCOME_CANCELLED) {
		if (p->hold.probe_seq == t->seq)
			p->hold.probe_seq = 0;
		return;
	}
	if (a->limits && refused)
		auto_headers_refused(l, a->limits);
	if (a->limits)
		auto_headers_read(l, now_us, t, a->limits);
	w->error_share += 0.03 * (is_server_fault(a->status) - w->error_share);
	auto_timeouts_count(l, now_us, timeout);
	if (refused || (a->status == 500 && w->error_share > ERROR_SHARE)) {
		auto_refused(l, now_us, t, a);
		return;
	}
	p->rate.answered_sum += t->weight;
	if (p->rate.state == RATE_HELD)
		auto_held_answered(l, now_us, t);
	clean = auto_number_accepted(l, t);
	if (timeout) {
		auto_timeouts_judge(l, now_us, t);
	} else if (a->outcome == OUTCOME_OK) {
		auto_follow_delivery(l, t, latency_s);
		auto_window_success(l, now_us, latency_s);
		if (w->mode == WINDOW_LIMIT)
			auto_number_success(l, now_us, t, clean);
	}
}

/* Follows which brake bound lately, smoothed. */
static void observe_brake(struct lane *l, int64_t now_us, double dt_s)
{
	struct auto_rate *r = &l->adapt.rate;
	double age_s = fmax(dt_s, fmin(10, s_from_us(now_us - r->born_us)));

	r->per_s10 += dt_s / age_s * (r->sent / dt_s - r->per_s10);
	r->per_s2 += fmin(1, dt_s / fmin(age_s, 2)) * (r->sent / dt_s - r->per_s2);
	r->sent = 0;
	if (r->state == RATE_HELD)
		return;
	if (r->brake == BRAKE_RATE && now_us > r->brake_us + BRAKE_LINGER_US)
		r->brake = BRAKE_OTHER;
	if (r->brake == BRAKE_WINDOW && l->in_flight < auto_window_now(l))
		r->brake = BRAKE_OTHER;
	r->bound += fmin(1, dt_s) * ((r->brake == BRAKE_RATE) - r->bound);
}

static void count_on(struct lane *l, int64_t now_us)
{
	const struct auto_trial *t = &l->adapt.trial;
	enum rate_state state = l->adapt.rate.state;
	double sends = (double)(l->seq - t->mark_seq), most = MARK_SENDS;

	if (state == RATE_TRIAL) {
		auto_judge(l, now_us);
		return;
	}
	if (t->noise >= 0.02 && state == RATE_CLIMB && now_us > t->test_us && t->refused >= 4 &&
		sends * t->noise > 6) {
		auto_test_noise(l, now_us);
		return;
	}
	if (state == RATE_RAMP)
		most = MARK_RAMP;
	else if (t->noise > 0)
		most = fmax(400, 12 / t->noise);
	if (sends > most)
		auto_mark(l, now_us);
}

void auto_tick(struct lane *l, int64_t now_us)
{
	struct auto_pace *a = &l->adapt;
	double dt_s = s_from_us(now_us - a->rate.tick_us);

	a->rate.tick_us = now_us;
	if (dt_s <= 0 || a->rate.born_us == LONG_AGO_US)
		return;
	observe_brake(l, now_us, dt_s);
	auto_headers_follow(l, now_us);
	if (a->rate.state == RATE_HELD) {
		auto_held_tick(l, now_us);
		return;
	}
	count_on(l, now_us);
	if (a->window.mode == WINDOW_LIMIT)
		auto_number_tick(l, now_us);
	auto_rate_tick(l, now_us, dt_s);
}
