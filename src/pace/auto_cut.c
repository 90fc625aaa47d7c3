/* The rate brake, downwards: refusals and the cuts they cause. */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "pace/auto.h"
#include "pace/lane_impl.h"

#define CUT_COLD      0.70 /* the first cut ever */
#define CUT_COLD_MOST 0.25
#define CUT_FIRST     0.90 /* the first of an episode */
#define CUT_MOST      0.50
/* The ceiling is at least this much of the rate that was refused. */
#define CEILING_SHARE 0.95
/* A further cut needs that much evidence since the last one. */
#define EVIDENCE_S     0.4
#define EVIDENCE_SENDS 10.0
/* So long without refusals ends an episode. */
#define QUIET_S  1.5
#define RATE_MIN 0.05

static void note_cut(struct lane *l, int64_t now_us, double before, const char *why, double by)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %.3g/s", why, by);
	lane_note(l, now_us, "rate", before, l->adapt.rate.rate, text);
}

void auto_mark(struct lane *l, int64_t now_us)
{
	struct auto_episode *e = &l->adapt.episode;

	e->mark_us = auto_active_us(l, now_us);
	e->mark_wall_us = now_us;
	e->mark_sent = l->adapt.rate.sent_sum;
	e->mark_refused = 0;
	e->mark_refusals = 0;
	e->cut_seq = l->seq;
}

void auto_set_climb(struct lane *l, double hold_s)
{
	struct auto_rate *r = &l->adapt.rate;
	double s = fmax(4, 80 / fmax(0.01, r->ceiling));

	if (l->adapt.episode.cold) /* the ceiling is a guess: soon to be tried */
		hold_s = 0;
	r->climb_s = fmin(300, fmax(s, fmax(20 * hold_s, 10 * r->refusal_s)));
}

void auto_cycle(struct lane *l, const struct lane_ticket *t)
{
	struct auto_episode *e = &l->adapt.episode;
	double accepted = t->weight_sum - l->adapt.rate.refused_sum;
	int64_t at_us = auto_active_us(l, t->sent_us);
	double s = (double)(at_us - e->cycle_us) / US_PER_S;

	e->cycle_rate = 0;
	if (e->cycle_begun && s > 3 && accepted - e->cycle_accepted >= 10)
		e->cycle_rate = (accepted - e->cycle_accepted) / s;
	e->cycle_begun = true;
	e->cycle_us = at_us;
	e->cycle_accepted = accepted;
}

/* A new episode, or one more refusal of the running one. */
static void enter_episode(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	struct auto_pace *a = &l->adapt;
	struct auto_episode *e = &a->episode;
	double quiet_s = fmax(QUIET_S, fmax(4 * a->rate.refusal_s, 6 / a->rate.rate));
	bool quiet = (double)(now_us - e->last_us) / US_PER_S > quiet_s;

	e->last_us = now_us;
	if (!quiet) {
		e->refused++;
		e->seq_min = t->seq < e->seq_min ? t->seq : e->seq_min;
		e->seq_max = t->seq > e->seq_max ? t->seq : e->seq_max;
		return;
	}
	if (a->conc.on_trial) { /* a quiet time after the cut in flight: it was the cause */
		a->conc.on_trial = false;
		a->conc.acquittal_s = 30;
	}
	e->seq_min = e->seq_max = t->seq;
	e->refused = 1;
	e->cuts = e->more_cuts = 0;
	e->first_us = now_us;
	e->rate = a->rate.ceiling > 0 ? a->rate.rate : fmin(a->rate.rate, t->rate);
}

/* Nearly everything of the episode was refused: a used-up window or an outage. */
static bool all_refused(const struct auto_episode *e, int64_t now_us)
{
	return now_us - e->first_us > 200 * US_PER_MS &&
	       (double)e->refused >= fmin(12, fmax(4, e->rate / 4)) &&
	       (double)e->refused >= 0.95 * (double)(e->seq_max - e->seq_min + 1);
}

/* Seconds of evidence since the last cut, holds left out; 0: too little. */
static double evidence_s(const struct lane *l, int64_t now_us)
{
	const struct auto_rate *r = &l->adapt.rate;
	double s = (double)(auto_active_us(l, now_us) - l->adapt.episode.mark_us) / US_PER_S;

	return s < fmax(EVIDENCE_S, fmax(3 * r->refusal_s, EVIDENCE_SENDS / r->rate)) ? 0 : s;
}

/* Weight accepted per second in these seconds since the last cut. */
static double accepted_per_s(const struct lane *l, double s)
{
	const struct auto_rate *r = &l->adapt.rate;
	const struct auto_episode *e = &l->adapt.episode;
	double sent = r->sent_sum - e->mark_sent;

	/* refusals of the last round trip are not in yet */
	return fmax(0, (sent - e->mark_refused * s / fmax(0.5 * s, s - r->refusal_s)) / s);
}

/* What the server's bucket took in during holds looks like rate. As long as no full cycle between
 * two episodes was seen, lean towards the mean with the holds in it. */
static double lean(const struct lane *l, int64_t now_us, double s)
{
	double with_holds_s = (double)(now_us - l->adapt.episode.mark_wall_us) / US_PER_S;

	return l->adapt.door.hold_costs ? cbrt(s / fmax(s, with_holds_s)) : 1;
}

/* The first cut ever: doubling overshoots. What was accepted so far held the content of a bucket
 * beside its refill, so the limit is seldom far above that mean. */
static double cold_cut(struct lane *l, int64_t now_us)
{
	struct auto_rate *r = &l->adapt.rate;
	struct auto_episode *e = &l->adapt.episode;
	double s = fmax(0.1, (double)(now_us - r->start_us) / US_PER_S);

	e->start_mean = (r->sent_sum - r->refused_sum) / s;
	/* A bucket too small for the first burst: the last second of doubling tells the limit. */
	if (r->small_bucket || e->start_mean >= CUT_COLD * e->rate)
		return CUT_COLD * e->rate;
	r->ceiling = fmax(CUT_COLD_MOST * e->rate, 1.25 * e->start_mean);
	return fmax(CUT_COLD_MOST * e->rate, e->start_mean);
}

/* How low a further cut may go. */
static double cut_floor(const struct lane *l)
{
	const struct auto_episode *e = &l->adapt.episode;
	double rate = l->adapt.rate.rate;

	if (!e->cold)
		return CUT_MOST * rate;
	return fmin(CUT_MOST * rate, fmax(0.15 * rate, CUT_MOST * e->start_mean));
}

/* The first cut of an episode; returns the new rate. */
static double first_cut(struct lane *l, int64_t now_us)
{
	struct auto_rate *r = &l->adapt.rate;
	struct auto_episode *e = &l->adapt.episode;
	double mean = e->cycle_rate;

	e->cold = r->ceiling <= 0;
	r->ceiling = e->rate;
	if (e->cold)
		return cold_cut(l, now_us);
	if (mean <= 0 || e->rate > 2 * mean)
		return CUT_FIRST * e->rate;
	if (e->rate > 1.15 * mean) /* ran over on the burst, or the limit rose */
		return sqrt(e->rate * mean);
	r->ceiling = fmax(mean, CEILING_SHARE * e->rate);
	return fmin(CUT_FIRST * e->rate, 0.98 * r->ceiling);
}

/* A further cut, to what was accepted since the last one; 0: not enough evidence, or the door
 * closed. */
static double further_cut(struct lane *l, int64_t now_us, const struct lane_answer *a)
{
	struct auto_rate *r = &l->adapt.rate;
	struct auto_episode *e = &l->adapt.episode;
	double s = evidence_s(l, now_us);
	double accepted, rate;

	if (s <= 0)
		return 0;
	accepted = accepted_per_s(l, s);
	if (a->wait_us <= 0 && e->mark_refusals >= 4 &&
		accepted < 0.05 * (r->sent_sum - e->mark_sent) / s) {
		auto_close(l, now_us, a->status);
		return 0;
	}
	if (e->cold)
		accepted *= lean(l, now_us, s);
	if (e->cycle_rate > 0) {
		double mean = e->cycle_rate;

		if (accepted >= 0.75 * mean && accepted <= 1.2 * mean)
			accepted = fmax(mean, fmin(0.98 * accepted, 1.06 * mean));
		if (e->more_cuts == 0) /* one short sample is not trusted alone */
			accepted = fmax(accepted, 0.8 * mean);
	}
	e->more_cuts++;
	rate = fmax(cut_floor(l), fmin(0.92 * r->rate, 0.98 * accepted));
	r->ceiling = 1.02 * rate;
	return rate;
}

static void cut(struct lane *l, int64_t now_us, const struct lane_answer *a, bool first)
{
	struct auto_pace *p = &l->adapt;
	double before = p->rate.rate;
	double after = 0;

	/* server faults that do not end with a lower rate have another cause: no further cuts */
	if (first)
		after = first_cut(l, now_us);
	else if (lane_is_refusal(a))
		after = further_cut(l, now_us, a);

	if (after <= 0)
		return;
	p->episode.cuts++;
	auto_mark(l, now_us);
	p->rate.rate = fmax(RATE_MIN, after);
	p->rate.cut_us = now_us > p->door.hold_us ? now_us : p->door.hold_us;
	auto_set_climb(l, a->wait_us > 0 ? fmin(120, (double)a->wait_us / US_PER_S) : 0);
	note_cut(l, now_us, before, first ? "refused at" : "still refused, limit near",
		first ? p->episode.rate : p->rate.ceiling);
}

static void count_refusal(struct lane *l, const struct lane_ticket *t, double latency_s)
{
	struct auto_pace *p = &l->adapt;

	p->rate.refusal_s += 0.2 * (latency_s - p->rate.refusal_s);
	p->rate.refused_sum += t->weight;
	p->rate.burst = 0;
	if (p->weight.mean > 0)
		p->weight.bias += 0.15 * (t->tokens / p->weight.mean - p->weight.bias);
	p->weight.refusals++;
	if (t->seq > p->episode.cut_seq) {
		p->episode.mark_refusals++;
		p->episode.mark_refused += t->weight;
	}
}

void auto_refused(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, const struct lane_answer *a)
{
	struct auto_pace *p = &l->adapt;
	bool first, burst;

	burst = t->burst && p->rate.ceiling <= 0;
	count_refusal(l, t, (double)a->latency_us / US_PER_S);
	if (a->wait_us > 0)
		auto_hold(l, now_us, a->wait_us, a->status);
	if (p->door.closed) {
		if (t->seq == p->door.probe_seq)
			auto_probe_refused(l, now_us);
		return;
	}
	if (burst) { /* tells the size of the server's bucket, nothing of its rate */
		p->rate.small_bucket = true;
		return;
	}
	enter_episode(l, now_us, t);
	if (a->wait_us <= 0 && all_refused(&p->episode, now_us)) {
		auto_close(l, now_us, a->status);
		return;
	}
	if (t->seq <= p->episode.cut_seq) /* sent before the last cut: the same congestion */
		return;
	first = p->episode.cuts == 0;
	if (a->status == 429) {
		if (auto_conc_refused(l, now_us, t, &first))
			return;
	} else if (first) {
		auto_cycle(l, t);
	}
	cut(l, now_us, a, first);
}
