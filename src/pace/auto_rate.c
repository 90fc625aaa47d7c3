#include <math.h>

#include "pace/lane_impl.h"

#define CLIMB_SENDS     80.0 /* a climb takes so many sends, */
#define CLIMB_REFUSALS  8.0  /* but at least so many round trips of a refusal, */
#define CLIMB_LOW_S     6.0 /* and at most this far below the last good rate: others may have left */
#define CEILING_KNOWN   40.0  /* a ceiling measured from fewer accepted is a guess, tried soon */
#define ROSE            1.02  /* times the measured limit was accepted: it rose */
#define DEPTH           0.1   /* of the cubic beyond the ceiling */
#define FADE_S          300.0 /* the last good rate fades towards the present one */
#define GAIN            2.885 /* 2 / ln 2: the start follows what is delivered, as BBR does */
#define DELIVERY_FLIGHT 256.0 /* most in flight by that start, or added by one doubling */

double auto_silence_s(const struct auto_rate *r)
{
	return fmax(0.3, 3 * r->refusal_s);
}

/* Doubling takes as long as refusals need to come back. */
static double doubling_s(const struct auto_rate *r)
{
	return fmax(1, 3 * r->refusal_s);
}

void auto_mark(struct lane *l, int64_t now_us)
{
	struct auto_trial *t = &l->adapt.trial;

	t->mark_seq = l->seq;
	t->mark_us = now_us;
	t->refused = 0;
}

void auto_begin_chain(struct lane *l, double rate)
{
	struct auto_trial *t = &l->adapt.trial;

	t->chain_rate = rate;
	t->steps = 0;
	t->points = 0;
}

void auto_marks_add(struct auto_marks *m, int64_t at_us, double accepted)
{
	unsigned i = (m->first + m->n) % AUTO_MARKS;

	if (m->n < AUTO_MARKS)
		m->n++;
	else
		m->first = (m->first + 1) % AUTO_MARKS;
	m->at[i].at_us = at_us;
	m->at[i].accepted = accepted;
}

static double climb_s(const struct auto_pace *a)
{
	const struct auto_rate *r = &a->rate;
	double sends_s = 0;

	if (a->marks.n && auto_accepted(a) - a->marks.at[a->marks.first].accepted >= CEILING_KNOWN)
		sends_s = CLIMB_SENDS / r->ceiling;
	sends_s = fmax(sends_s, a->hold.climb_s);
	if (r->good > 1.5 * r->ceiling)
		sends_s = fmin(sends_s, CLIMB_LOW_S);
	return fmax(
		fmax(AUTO_CLIMB_S, CLIMB_REFUSALS * r->refusal_s), fmin(a->marks.rest_s, sends_s));
}

void auto_cut(struct lane *l, int64_t now_us, double rate, double ceiling)
{
	struct auto_rate *r = &l->adapt.rate;

	r->state = RATE_TRIAL;
	r->rate = r->cut_rate = fmax(AUTO_RATE_LEAST, rate);
	r->ceiling = fmax(ceiling, r->rate);
	r->since_us = now_us;
	r->climb_s = climb_s(&l->adapt);
	l->adapt.trial.cut_seq = l->seq;
	auto_mark(l, now_us);
}

void auto_ramp(struct lane *l, int64_t now_us, double rate)
{
	struct auto_rate *r = &l->adapt.rate;

	r->state = RATE_RAMP;
	r->rate = fmax(AUTO_RATE_LEAST, rate);
	r->ceiling = 0;
	auto_mark(l, now_us);
	pacer_skip(&l->pacer, now_us, r->rate);
}

void auto_follow_delivery(struct lane *l, const struct lane_ticket *t, double latency_s)
{
	struct auto_rate *r = &l->adapt.rate;
	double delivered;

	if (r->state != RATE_RAMP || r->good > 0 || r->refused_sum > 0)
		return;
	if (r->answered_sum <= t->weight) /* the first answer: the server took the burst */
		pacer_forgive(&l->pacer);
	delivered = (r->answered_sum - t->answered_sum) / fmax(1e-3, latency_s);
	r->rate = fmax(r->rate, fmin(GAIN * delivered, DELIVERY_FLIGHT / fmax(0.05, latency_s)));
}

static void ramp(struct lane *l, int64_t now_us, double dt_s)
{
	struct auto_rate *r = &l->adapt.rate;
	double latency_s = l->adapt.window.latency_s, share = 1;

	/* above the last good rate a doubling adds at most so many in flight */
	if (!(r->good > 0 && r->rate < r->good) && latency_s > 0)
		share = fmin(1, DELIVERY_FLIGHT / fmax(0.05, latency_s) / r->rate);
	r->rate *= exp2(dt_s / doubling_s(r) * share);
	if (r->good <= 0 || r->rate < r->good)
		return;
	r->rate = r->cut_rate = r->ceiling = r->good;
	r->state = RATE_CLIMB;
	r->since_us = now_us - us_from_s(r->climb_s);
	auto_mark(l, now_us);
}

/* True when clearly more than the window's quota was accepted: the window is gone. */
static bool is_window_refuted(const struct auto_pace *a, int64_t now_us)
{
	const struct auto_hold *h = &a->hold;
	double s = s_from_us(now_us - h->open_us), windows = ceil(s / fmax(0.1, h->quota_s));

	return h->quota > 0 && auto_accepted(a) - h->open_accepted > ROSE * h->quota * windows + 3;
}

/* True when more was accepted since the last refusal than a bucket of the measured limit allows, by
 * more than the measurement varies: the limit rose. */
static bool is_limit_refuted(const struct auto_pace *a, int64_t now_us)
{
	const struct auto_marks *m = &a->marks;
	unsigned last = (m->first + m->n - 1) % AUTO_MARKS;
	double limit = m->limit, accepted, s;

	if (!m->n || limit <= 0)
		return false;
	accepted = auto_accepted(a) - m->at[last].accepted;
	s = s_from_us(now_us - m->at[last].at_us);
	return accepted > (ROSE + 2 * m->spread) * limit * s + 3;
}

static void climb(struct lane *l, int64_t now_us, double dt_s)
{
	struct auto_rate *r = &l->adapt.rate;
	struct auto_hold *h = &l->adapt.hold;
	double x;

	if (is_window_refuted(&l->adapt, now_us)) {
		h->quota = h->climb_s = 0;
		r->climb_s = AUTO_CLIMB_S;
	}
	x = s_from_us(now_us - r->since_us) / r->climb_s;
	if (x < 1) {
		r->rate = fmax(r->rate, r->cut_rate + (r->ceiling - r->cut_rate) * x);
	} else if (r->good > 0 && r->rate < 0.97 * r->good) {
		r->rate *= exp2(dt_s / doubling_s(r));
	} else if (is_limit_refuted(&l->adapt, now_us)) {
		r->rate *= exp2(dt_s / fmax(doubling_s(r), h->quota > 0 ? h->climb_s : 0));
	} else if (x > 2) { /* far beyond the ceiling: it is disproved */
		double double_s = fmax(doubling_s(r), 0.25 * r->climb_s);

		r->rate *= exp2(dt_s / fmax(double_s, h->quota > 0 ? h->climb_s : 0));
	} else {
		r->rate = fmax(r->rate, r->ceiling * (1 + DEPTH * pow(x - 1, 3)));
	}
}

/* While the window binds the rate does not rise; an unused rate shrinks to twice the sent one. */
static void idle(struct auto_rate *r, double dt_s)
{
	if (r->bound < 0.3 && r->per_s10 > 1 && r->rate > 2 * r->per_s10)
		r->rate += fmin(1, dt_s / 5) * (2 * r->per_s10 - r->rate);
}

void auto_rate_tick(struct lane *l, int64_t now_us, double dt_s)
{
	struct auto_rate *r = &l->adapt.rate;
	const struct auto_headers *hs = &l->adapt.headers;

	if (hs->hold_us > now_us ||
		(r->state != RATE_RAMP && s_from_us(now_us - r->refused_us) < 2 * r->refusal_s))
		return;
	if (hs->rate > 0 && r->rate >= 1.2 * hs->rate) { /* the headers bind */
		r->since_us += us_from_s(dt_s);
		return;
	}
	if (r->bound < 0.5) {
		r->since_us += us_from_s(dt_s);
		idle(r, dt_s);
		return;
	}
	if (r->good > 0 && r->state != RATE_TRIAL)
		r->good += fmin(1, dt_s / FADE_S) * (r->rate - r->good);
	if (r->state == RATE_RAMP)
		ramp(l, now_us, dt_s);
	else if (r->state == RATE_CLIMB)
		climb(l, now_us, dt_s);
	r->rate = fmin(r->rate, AUTO_RATE_MOST);
}
