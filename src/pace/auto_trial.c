#include <math.h>
#include <string.h>

#include "pace/lane_impl.h"

#define FEW          0.05 /* a share of refusals below it is small */
#define GRID         48   /* candidate limits */
#define TEST_S       60   /* between tests of known noise */
#define LARGER       1.35 /* refused attempts this much above the mean: tokens are the limit */
#define CONVINCED    2.0  /* difference of log likelihoods that decides */
#define SHARE_LEAST  0.002
#define SHARE_MOST   0.98
#define STRAY_BELOW  0.985 /* of the measured limit */
#define STRAYS_LEAST 3
#define STRAY_SENDS  1000 /* counts are halved at so many */

double auto_settled_sends(const struct lane *l)
{
	const struct auto_rate *r = &l->adapt.rate;

	return (double)(l->seq - l->adapt.trial.mark_seq) - 0.5 * r->rate * r->refusal_s;
}

/* The rate really sent since the mark. */
static double went(const struct lane *l, int64_t now_us, double rate)
{
	const struct auto_trial *t = &l->adapt.trial;
	double s = fmax(0.05, s_from_us(now_us - t->mark_us));

	return fmin(rate, (double)(l->seq - t->mark_seq) / s);
}

void auto_cut_again(struct lane *l, int64_t now_us, double share, double limit, double sends)
{
	struct auto_trial *t = &l->adapt.trial;
	double rate = l->adapt.rate.rate, measured = l->adapt.marks.limit, next;

	if (t->points == AUTO_POINTS) {
		memmove(t->point, t->point + 1, sizeof(t->point) - sizeof(t->point[0]));
		t->points--;
	}
	t->point[t->points++] = (struct auto_point){
		went(l, now_us, l->adapt.rate.cut_rate), fmax(t->refused, sends), t->refused};
	t->share = share;
	t->steps++;
	if (limit > 0)
		next = 0.98 * limit;
	else if (l->adapt.rate.no_burst && share < FEW)
		next = 0.96 * rate; /* refusals near a limit that takes no two at once */
	else if (share <= AUTO_NOISE_MOST)
		next = rate *
		       fmin(0.9, 1 - 2 * share); /* deep enough to distinguish limit and noise */
	else
		next = rate * (0.98 - share);
	next = fmax(0.5 * rate, next);
	/* one short sample does not suffice */
	if (measured > 0 && !t->tried && next < 0.98 * measured && measured < rate) {
		next = 0.98 * measured;
		t->tried = true;
	}
	auto_cut(l, now_us, fmin(0.97 * rate, next), 1.02 * next);
	lane_decide(l, now_us, RATE_CUT_AGAIN, rate, l->adapt.rate.rate, share, limit);
}

static double log_likelihood(const struct auto_point *p, double share)
{
	return p->refused * log(share) + fmax(0, p->sends - p->refused) * log(1 - share);
}

static double clamp_share(double share)
{
	return fmin(SHARE_MOST, fmax(SHARE_LEAST, share));
}

/* ---- strays: refusals below the limit come from noise ---- */

static bool is_below(const struct auto_pace *a)
{
	return a->rate.rate < STRAY_BELOW * a->marks.before;
}

void auto_strays_sent(struct auto_pace *a)
{
	struct auto_strays *s = &a->strays;

	if (a->rate.state != RATE_CLIMB || a->marks.before <= 0 || a->trial.noise > 0)
		return;
	if (s->below + s->above >= STRAY_SENDS) {
		s->below *= 0.5F;
		s->above *= 0.5F;
		s->below_refused *= 0.5F;
		s->above_refused *= 0.5F;
	}
	if (is_below(a))
		s->below++;
	else
		s->above++;
}

void auto_strays_begin(struct auto_pace *a)
{
	a->strays.last_below = a->rate.state == RATE_CLIMB && is_below(a);
}

/* An episode of one refusal is over. Are they as frequent below the limit as above it? Returns
 * their share then, else 0. */
static double stray_share(struct auto_strays *s)
{
	struct auto_point below, above;
	double share, same, limit;

	if (s->last_below)
		s->below_refused++;
	else
		s->above_refused++;
	below = (struct auto_point){0, s->below, s->below_refused};
	above = (struct auto_point){0, s->above, s->above_refused};
	share = (below.refused + above.refused) / fmax(1, below.sends + above.sends);
	if (below.refused < STRAYS_LEAST || share > AUTO_NOISE_MOST || share < SHARE_LEAST)
		return 0;
	same = log_likelihood(&below, share) + log_likelihood(&above, share);
	limit = log_likelihood(&below, SHARE_LEAST) +
		log_likelihood(&above, clamp_share(above.refused / fmax(1, above.sends)));
	return same - limit > CONVINCED ? share : 0;
}

/* Undoes the cut; from now on only refusals beyond this share count. The good rate was found under
 * noise, so it is replaced. */
static void is_noise(struct lane *l, int64_t now_us, double share)
{
	struct auto_rate *r = &l->adapt.rate;
	struct auto_trial *t = &l->adapt.trial;
	double before = r->rate, test_s;

	t->noise = share;
	r->rate = r->cut_rate = r->ceiling = r->good = fmax(r->rate, t->chain_rate);
	r->state = RATE_CLIMB;
	r->climb_s = fmax(AUTO_CLIMB_S, 15 * r->refusal_s);
	r->since_us = now_us;
	auto_mark(l, now_us);
	test_s = fmax(TEST_S, 160 / (share * r->rate)) * (t->test_us < 0 ? 0.25 : 1);
	t->test_us = now_us + us_from_s(test_s);
	lane_decide(l, now_us, RATE_NOISE, before, r->rate, share, 0);
}

/* The share fell: there is a limit between the rate after the cut and the ceiling. */
static void proven(struct lane *l, int64_t now_us)
{
	struct auto_rate *r = &l->adapt.rate;
	struct auto_trial *t = &l->adapt.trial;
	struct auto_hold *h = &l->adapt.hold;
	double measured = l->adapt.marks.limit, stray;

	if (t->steps == 0 && t->refused <= 0 && t->noise <= 0 &&
		(stray = stray_share(&l->adapt.strays)) > 0) {
		is_noise(l, now_us, stray);
		return;
	}
	r->state = RATE_CLIMB;
	r->since_us = now_us - us_from_s(0.1 * r->climb_s);
	h->relapses = 0;
	h->climb_s *= 0.9;
	if (++h->proofs >= 5) /* a window would have closed: it is a bucket */
		h->quota = 0;
	if (t->refused <= 0 && (double)(l->seq - t->mark_seq) * t->noise > 3)
		t->noise = 0;
	auto_mark(l, now_us);
	if (r->good <= 0)
		r->good = r->cut_rate;
	else if (measured > r->good)
		r->good = measured;
	else if (r->cut_rate < r->good)
		r->good = fmax(r->cut_rate, pow(r->good, 0.95) * pow(r->cut_rate, 0.05));
	lane_decide(l, now_us, RATE_PROVEN, r->rate, r->rate, t->share, 0);
}

/* What the rates tried so far say. */
struct judgement {
	double noise_over_limit; /* log likelihood of "the same share at any rate" less that of "a
				    limit: what is beyond it" */
	double limit, share;     /* the likeliest of each */
};

static struct judgement compare(const struct auto_point *point, int n, double noise)
{
	struct judgement j = {.limit = 0};
	double sends = 0, refused = 0, most = 0, best = -INFINITY, same = 0;

	for (int i = 0; i < n; i++) {
		sends += fmax(point[i].sends, point[i].refused);
		refused += point[i].refused;
		most = fmax(most, point[i].rate);
	}
	j.share = clamp_share(refused / sends);
	for (int k = 1; k <= GRID; k++) {
		double limit = most * k / GRID, sum = 0;

		for (int i = 0; i < n; i++) {
			double beyond = point[i].rate > 0 ? 1 - limit / point[i].rate : 0;

			sum += log_likelihood(&point[i], clamp_share(fmax(noise, beyond)));
		}
		if (sum > best) {
			best = sum;
			j.limit = limit;
		}
	}
	for (int i = 0; i < n; i++)
		same += log_likelihood(&point[i], j.share);
	j.noise_over_limit = same - best;
	return j;
}

static bool larger_are_refused(const struct auto_weight *w)
{
	return w->bias >= LARGER && w->refusals >= 8;
}

static bool is_patient(const struct lane *l)
{
	const struct auto_rate *r = &l->adapt.rate;

	return l->adapt.trial.steps == 0 || (r->good > 0 && r->rate < 0.5 * r->good);
}

static void nothing_refused(struct lane *l, int64_t now_us, double sends)
{
	const struct auto_rate *r = &l->adapt.rate;
	const struct auto_trial *t = &l->adapt.trial;

	if ((is_patient(l) && s_from_us(now_us - r->since_us) > 0.5 * r->climb_s) ||
		sends >= fmax(8, 4 / fmax(1e-3, t->share)))
		proven(l, now_us);
}

void auto_judge(struct lane *l, int64_t now_us)
{
	struct auto_pace *a = &l->adapt;
	struct auto_trial *t = &a->trial;
	double sends = fmax(fmax(1, t->refused), auto_settled_sends(l));
	double before = fmax(1e-3, t->share), beyond = t->refused, share;
	struct auto_point point[AUTO_POINTS + 1];
	struct judgement j;

	if (s_from_us(now_us - a->rate.since_us) < 3 * a->rate.refusal_s)
		return; /* the answers are not in yet */
	if (t->noise > 0)
		beyond -= t->noise * sends + 2 * sqrt(t->noise * sends);
	if (beyond <= 0) {
		nothing_refused(l, now_us, sends);
		return;
	}
	share = fmax(0.5, beyond - 1) / sends; /* one less, since the count ends with a refusal */
	if (t->refused < (t->steps == 0 ? 4 : 8)) {
		/* few refusals, perhaps long ago: they decide nothing */
		if ((sends > 8 / before && share < 0.3 * before) ||
			(is_patient(l) &&
				s_from_us(now_us - a->rate.refused_us) > 2 * a->rate.climb_s))
			proven(l, now_us);
		return;
	}
	memcpy(point, t->point, sizeof(t->point));
	point[t->points] =
		(struct auto_point){went(l, now_us, a->rate.cut_rate), sends, t->refused};
	j = compare(point, t->points + 1, t->noise);
	if (j.noise_over_limit > CONVINCED && j.share <= AUTO_NOISE_MOST &&
		share < 2.2 * t->share && !larger_are_refused(&a->weight))
		is_noise(l, now_us, j.share);
	else if (share < 0.3 * t->share)
		proven(l, now_us);
	else
		auto_cut_again(
			l, now_us, share, j.noise_over_limit < -CONVINCED ? j.limit : 0, sends);
}

void auto_test_noise(struct lane *l, int64_t now_us)
{
	struct auto_rate *r = &l->adapt.rate;
	struct auto_trial *t = &l->adapt.trial;
	double rate = r->rate;

	auto_begin_chain(l, rate);
	t->point[0] = (struct auto_point){went(l, now_us, rate), auto_settled_sends(l), t->refused};
	t->points = t->steps = 1;
	t->tried = true;
	t->share = t->noise;
	t->noise = 0;
	t->test_us = now_us + us_from_s(fmax(TEST_S, 160 / (t->share * rate)));
	auto_cut(l, now_us, 0.75 * rate, rate);
	lane_decide(l, now_us, RATE_NOISE_TEST, rate, r->rate, t->share, 0);
}
