/* Decides what one refusal means: a limit in flight, everything refused, an earlier episode, noise,
 * or the first sign of a limit on the rate, which is then cut once. */
#include <math.h>

#include "pace/lane_impl.h"

#define SIDE_BY_SIDE 4 /* so many refusals in a row: everything is refused */
#define RUN_MOST     9
#define RAMP_SHARE   0.2  /* a ramp stops only above this share: below it is noise */
#define CUT_RAMP     0.7  /* doubling overshoots */
#define CUT_LONE     0.98 /* a lone refusal costs little */
#define BELOW        0.97 /* after a cut the rate is this part of the known limit, */
#define BELOW_SMALL  0.985
#define ABOVE        1.05 /* and then climbs to this part of it */
#define ABOVE_SMALL  1.12
#define SMALL        5.0 /* per second */
#define MOVED        0.1 /* a limit that changed by this share moved */
#define REST_SENDS   12  /* a limit that moved is tried after so many sends */
#define REST_LONGER  1.5 /* a limit found again is tried this much later, */
#define REST_MOST_S  30  /* at most */

static bool was_refused(const struct auto_pace *a, uint64_t seq)
{
	return a->refused[seq % AUTO_SENDS / 8] >> (seq % 8) & 1;
}

/* The number of refusals in a row, in the order of sending, that seq belongs to. */
static int run_of(const struct lane *l, uint64_t seq)
{
	int n = 1;

	for (uint64_t i = seq - 1; n < RUN_MOST && i > 0 && was_refused(&l->adapt, i); i--)
		n++;
	for (uint64_t i = seq + 1; n < RUN_MOST && i <= l->seq && was_refused(&l->adapt, i); i++)
		n++;
	return n;
}

/* The refusals in a row that close the lane: few at a slow rate, where they take long to come. */
static int run_needed(const struct lane *l, double wait_s)
{
	const struct auto_rate *r = &l->adapt.rate;
	double near = r->rate * fmax(0.5, 2 * r->refusal_s);
	int most = SIDE_BY_SIDE + 2 * (l->adapt.trial.noise > 0.05);

	if (wait_s > 0 && near < 1)
		return 1;
	return (int)fmin(most, 2 + near);
}

/* What was accepted per second between two refusals far enough apart, which is a bucket's limit. */
static double measure_limit(const struct auto_pace *a, int64_t at_us, double accepted)
{
	static const double apart[] = {40, 10};
	const struct auto_marks *m = &a->marks;

	for (int k = 0; k < 2; k++) {
		for (unsigned i = m->n; i-- > 0;) {
			unsigned at = (m->first + i) % AUTO_MARKS;
			double s = s_from_us(at_us - m->at[at].at_us);

			if (accepted - m->at[at].accepted >= apart[k] &&
				s > fmax(0.4, 0.9 * a->hold.climb_s))
				return (accepted - m->at[at].accepted) / s;
		}
	}
	return 0;
}

/* A limit found again is tried later and later, a limit that moved soon. It moved when it changed
 * by more than the measurement varies. */
static void note_limit(struct auto_marks *m, double limit)
{
	double moved = m->before > 0 ? fabs(limit / m->before - 1) : INFINITY;

	if (moved < fmax(MOVED, 1.5 * m->spread))
		m->rest_s = fmin(REST_MOST_S, REST_LONGER * m->rest_s);
	else
		m->rest_s = fmax(AUTO_REST_S, REST_SENDS / limit);
	if (m->before > 0)
		m->spread += 0.3 * (fmin(1, moved) - m->spread);
	m->before = limit;
}

/* The first cut of an episode. */
static void cut_first(struct lane *l, int64_t now_us, const struct lane_ticket *t, double sends)
{
	struct auto_pace *a = &l->adapt;
	double accepted = t->weight_sum - a->rate.refused_sum, rate = a->rate.rate, next;
	double limit = measure_limit(a, t->sent_us, accepted), ceiling = rate;
	double steady = limit / fmax(0.01, a->marks.before);

	auto_strays_begin(a);
	a->marks.limit = limit;
	auto_marks_add(&a->marks, t->sent_us, accepted);
	if (a->rate.state == RATE_RAMP) {
		next = CUT_RAMP * rate;
	} else if (limit <= 0) {
		next = CUT_LONE * rate;
	} else if (rate > 1.15 * limit && !(steady > 0.96 && steady < 1.04)) {
		next = sqrt(rate * limit); /* the rate overshot, or the limit rose */
	} else {
		bool small = limit <= SMALL;

		next = fmin(CUT_LONE * rate, (small ? BELOW_SMALL : BELOW) * limit);
		ceiling = fmin((small ? ABOVE_SMALL : ABOVE) * limit, fmax(limit, 0.98 * rate));
	}
	/* without bursts the accepted sends only show the send rate, not the limit */
	if (a->rate.no_burst && a->rate.state != RATE_RAMP && limit > SMALL &&
		a->trial.refused <= 1)
		next = fmax(next, AUTO_CUT_NO_BURST * rate);
	if (limit > 0)
		note_limit(&a->marks, limit);
	a->trial.share = a->trial.refused / sends;
	a->trial.before_rate = rate;
	auto_begin_chain(l, rate);
	a->trial.tried = limit > 0 && next < limit;
	auto_cut(l, now_us, next, ceiling);
	lane_decide(l, now_us, RATE_CUT, rate, a->rate.rate, a->trial.share, limit);
}

/* A lone refusal of the present episode. */
static void lone(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	struct auto_trial *trial = &l->adapt.trial;
	double sends, noise = trial->noise;

	trial->refused++;
	sends = fmax(trial->refused, auto_settled_sends(l));
	if (l->adapt.rate.state == RATE_TRIAL) {
		double share = trial->refused / sends;

		if (trial->refused >= 4 && sends >= 10 &&
			s_from_us(now_us - l->adapt.rate.since_us) > 2 * l->adapt.rate.refusal_s &&
			share > fmax(2.5 * trial->share, 0.3))
			auto_cut_again(l, now_us, share, 0, sends);
		else
			auto_judge(l, now_us);
		return;
	}
	if (noise > 0 && trial->refused <= noise * sends + 4 * sqrt(noise * sends) + 2)
		return;
	if (l->adapt.rate.state == RATE_RAMP &&
		(trial->refused < 2 ||
			trial->refused < RAMP_SHARE * sends + 0.6 * sqrt(sends) - 0.8))
		return;
	cut_first(l, now_us, t, sends);
}

static void count(struct lane *l, int64_t now_us, const struct lane_ticket *t, double latency_s)
{
	struct auto_pace *a = &l->adapt;
	struct auto_rate *r = &a->rate;

	r->refusals++;
	r->refusal_s += (latency_s - r->refusal_s) * fmax(0.2, 1.0 / r->refusals);
	r->refused_us = now_us;
	r->burst = 0;
	r->refused_sum += t->weight;
	a->weight.bias += 0.15 * (t->tokens / fmax(1e-9, a->weight.mean) - a->weight.bias);
	a->weight.refusals++;
	a->refused[t->seq % AUTO_SENDS / 8] |= (uint8_t)(1 << t->seq % 8);
}

void auto_refused(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, const struct lane_answer *a)
{
	const struct auto_trial *trial = &l->adapt.trial;
	double wait_s = a->wait_us > 0 ? s_from_us(a->wait_us) : 0;
	int in_row, needed;

	count(l, now_us, t, s_from_us(a->latency_us));
	if (t->seq == 2 && l->adapt.rate.state == RATE_RAMP)
		l->adapt.rate.no_burst = true;
	if (l->adapt.rate.state == RATE_HELD) {
		auto_held_refused(l, now_us, t, wait_s);
		return;
	}
	if (auto_number_refused(l, now_us, t))
		return;
	in_row = run_of(l, t->seq);
	needed = run_needed(l, wait_s);
	if (in_row >= needed && t->seq + (uint64_t)needed > trial->cut_seq) {
		auto_close(l, now_us, wait_s, a->outcome != OUTCOME_RATE_LIMITED, in_row);
		return;
	}
	/* sent before the last cut: the same congestion */
	if (t->seq > trial->cut_seq && t->seq > trial->mark_seq)
		lone(l, now_us, t);
}
