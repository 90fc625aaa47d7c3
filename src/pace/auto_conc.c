/* The concurrency brake. It grows like TCP while it binds and while that buys throughput; a refusal
 * with as many in flight as were ever accepted is tried as a limit in flight first. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pace/auto.h"
#include "pace/lane_impl.h"

#define WINDOW_START 64
/* No growth once answers take this share of their timeout. */
#define LATENCY_GUARD 0.3
#define ROUND_LEAST   64
/* Rounds: growth that counts, throughput that is as good as the best, a probe worth keeping. */
#define GROWTH       1.2
#define AS_GOOD      0.95
#define PROBE_FACTOR 1.3
#define PROBE_GAIN   1.15
#define PROBE_US     (120 * US_PER_S)
/* Below this many sends a second a change of throughput may as well be chance. */
#define TRIAL_RATE 0.7
/* A limit in flight that was not the cause is not tried again for so long; four times longer each
 * time. */
#define ACQUITTAL_S    30
#define ACQUITTAL_MOST 3600

static double window_most(const struct lane *l)
{
	return l->config.max_concurrency > 0 ? l->config.max_concurrency : 1024;
}

void auto_conc_init(struct lane *l, int64_t now_us)
{
	struct auto_conc *c = &l->adapt.conc;

	*c = (struct auto_conc){.window = fmin(WINDOW_START, window_most(l)),
		.acquitted_until_us = LONG_AGO_US,
		.acquittal_s = ACQUITTAL_S,
		.cut_us = now_us,
		.round_us = now_us,
		.second = now_us / US_PER_S};
	c->round_window = c->window;
}

static void note_window(struct lane *l, int64_t now_us, double before, const char *why)
{
	int after = auto_window_now(l);

	if (after != (int)before)
		lane_note(l, now_us, "concurrency", (int)before, after, why);
}

static void acquit(struct lane *l, int64_t now_us)
{
	struct auto_conc *c = &l->adapt.conc;

	c->on_trial = false;
	c->acquitted_until_us = now_us + (int64_t)(c->acquittal_s * US_PER_S);
	c->acquittal_s = fmin(ACQUITTAL_MOST, 4 * c->acquittal_s);
	c->mode = CONC_GROW;
	c->ceiling = 0;
}

/* Is the number in flight at its highest accepted value, and known well enough to be blamed? */
static bool suspect(const struct lane *l, int64_t now_us, double others)
{
	const struct auto_conc *c = &l->adapt.conc;

	return now_us > c->acquitted_until_us && l->adapt.rate.ceiling > 0 && c->latency_s > 0 &&
	       (double)(now_us - l->adapt.rate.start_us) / US_PER_S > 3 * c->latency_s &&
	       others >= fmax(1, 0.9 * c->peak);
}

static void put_on_trial(struct lane *l, int64_t now_us, const struct lane_ticket *t, double others)
{
	struct auto_conc *c = &l->adapt.conc;
	double before = c->window;

	c->ceiling = others;
	c->window = fmax(1, fmin(c->window, others));
	c->cut_us = c->trial_us = now_us;
	c->mode = CONC_CUBIC;
	c->on_trial = true;
	c->trial_cuts = 0;
	c->trial_rate = l->adapt.rate.per_s30;
	auto_cycle(l, t);
	l->adapt.episode.cuts = 1;
	auto_mark(l, now_us);
	note_window(l, now_us, before, "refused with the most ever in flight");
}

bool auto_conc_refused(struct lane *l, int64_t now_us, const struct lane_ticket *t, bool *first)
{
	struct auto_conc *c = &l->adapt.conc;
	double others = t->in_flight - 1.0;

	if (*first && c->mode == CONC_CUBIC && others <= c->ceiling - (c->ceiling >= 8 ? 2 : 1))
		acquit(l, now_us);
	if (*first && suspect(l, now_us, others)) {
		put_on_trial(l, now_us, t, others);
		return true;
	}
	if (c->on_trial && !*first) {
		if (c->trial_cuts < 2 && c->ceiling >= 8 && others >= c->ceiling - 3) {
			c->trial_cuts++;
			c->ceiling = fmin(c->ceiling, others);
			c->window = fmin(c->window, c->ceiling);
			auto_mark(l, now_us);
			return true;
		}
		acquit(l, now_us);
		*first = true;
	} else if (*first) {
		auto_cycle(l, t);
	}
	return false;
}

static void remember_round(struct auto_conc *c, double window, double per_s)
{
	if (c->rounds == AUTO_ROUNDS) /* the oldest have the least throughput: growing */
		memmove(c->round, c->round + 1, sizeof(c->round[0]) * (size_t)--c->rounds);
	c->round[c->rounds++] = (struct auto_round){window, per_s};
}

static double best_round(const struct auto_conc *c)
{
	double best = 0;

	for (int i = 0; i < c->rounds; i++)
		best = fmax(best, c->round[i].per_s);
	return best;
}

/* Two rounds bought nothing: the smallest window with nearly the best throughput. */
static void settle_on_plateau(struct lane *l, int64_t now_us)
{
	struct auto_conc *c = &l->adapt.conc;
	double best = best_round(c);
	double before = c->window;

	c->window = window_most(l);
	for (int i = 0; i < c->rounds; i++) {
		if (c->round[i].per_s >= AS_GOOD * best)
			c->window = fmin(c->window, c->round[i].window);
	}
	c->mode = CONC_PLATEAU;
	c->next_probe_us = now_us + PROBE_US;
	c->rounds = 0;
	c->plateau_per_s = 0;
	note_window(l, now_us, before, "more in flight bought no throughput");
}

static void judge_growth(struct lane *l, int64_t now_us, double per_s)
{
	struct auto_conc *c = &l->adapt.conc;
	double best = best_round(c);

	remember_round(c, c->round_window, per_s);
	if (per_s >= GROWTH * best)
		c->mode = CONC_GROW;
	else if (c->mode == CONC_GROW)
		c->mode = CONC_CONFIRM;
	else
		settle_on_plateau(l, now_us);
}

static void judge_probe(struct lane *l, int64_t now_us, double per_s)
{
	struct auto_conc *c = &l->adapt.conc;

	if (per_s > PROBE_GAIN * c->plateau_per_s) {
		c->mode = CONC_GROW;
		c->rounds = 0;
		remember_round(c, c->before_probe, c->plateau_per_s);
		remember_round(c, c->window, per_s);
		note_window(l, now_us, c->before_probe, "more in flight paid off");
	} else {
		c->window = c->before_probe;
		c->mode = CONC_PLATEAU;
		c->next_probe_us = now_us + PROBE_US;
	}
}

static void judge_round(struct lane *l, int64_t now_us)
{
	struct auto_conc *c = &l->adapt.conc;
	double s = fmax(1e-6, (double)(now_us - c->round_us) / US_PER_S);
	double per_s = c->answers / s;

	if (c->bound_answers <= 0.3 * c->answers) { /* the window did not bind: says nothing */
		if (c->mode == CONC_CONFIRM || c->mode == CONC_PROBE)
			c->mode = CONC_GROW;
		c->rounds = 0;
	} else if (c->mode == CONC_GROW || c->mode == CONC_CONFIRM) {
		judge_growth(l, now_us, per_s);
	} else if (c->mode == CONC_PLATEAU) {
		c->plateau_per_s = c->plateau_per_s > 0 ? 0.5 * (c->plateau_per_s + per_s) : per_s;
		if (now_us > c->next_probe_us) {
			c->before_probe = c->window;
			c->window = fmin(window_most(l), PROBE_FACTOR * c->window);
			c->mode = CONC_PROBE;
		}
	} else if (c->mode == CONC_PROBE && c->round_window >= c->window) {
		judge_probe(l, now_us, per_s);
	}
	c->round_us = now_us;
	c->answers = c->bound_answers = 0;
	c->round_window = c->window;
}

void auto_conc_success(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, double latency_s)
{
	struct auto_conc *c = &l->adapt.conc;
	double timeout_s = (double)l->config.timeout_us / US_PER_S;
	double others = t->in_flight - 1.0;
	bool bound = l->adapt.rate.brake == BRAKE_WINDOW;
	int64_t i = c->second % AUTO_PEAK_SECONDS;

	c->latency_s =
		c->latency_s > 0 ? c->latency_s + 0.05 * (latency_s - c->latency_s) : latency_s;
	c->second_count[i]++;
	c->second_peak[i] = (uint32_t)fmax(c->second_peak[i], others);
	c->peak = (uint32_t)fmax(c->peak, others);
	if (c->mode == CONC_CUBIC && others > 1.1 * c->ceiling + 2 && t->sent_us > c->cut_us) {
		c->ceiling = 0;
		c->mode = CONC_GROW;
	}
	if (c->mode == CONC_GROW && bound &&
		(timeout_s <= 0 || c->latency_s < LATENCY_GUARD * timeout_s))
		c->window = fmin(window_most(l), fmin(c->window + 1, 2 * c->round_window));
	c->answers++;
	c->bound_answers += bound;
	if (c->answers >= fmax(ROUND_LEAST, c->round_window))
		judge_round(l, now_us);
}

void auto_conc_timeout(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	struct auto_conc *c = &l->adapt.conc;
	double before = c->window;

	if (t->sent_us < c->cut_us)
		return;
	c->window = fmax(1, 0.7 * c->window);
	c->cut_us = now_us;
	c->mode = CONC_PLATEAU;
	c->next_probe_us = now_us + PROBE_US;
	note_window(l, now_us, before, "more than a tenth timed out");
}

void auto_conc_peak_tick(struct lane *l, int64_t now_us)
{
	struct auto_conc *c = &l->adapt.conc;
	int64_t second = now_us / US_PER_S;
	uint32_t count = 0, peak = 0;

	if (second == c->second)
		return;
	if (second - c->second > AUTO_PEAK_SECONDS)
		c->second = second - AUTO_PEAK_SECONDS;
	while (c->second < second) {
		c->second++;
		c->second_count[c->second % AUTO_PEAK_SECONDS] = 0;
		c->second_peak[c->second % AUTO_PEAK_SECONDS] = 0;
	}
	for (int i = 0; i < AUTO_PEAK_SECONDS; i++) {
		count += c->second_count[i];
		peak = c->second_peak[i] > peak ? c->second_peak[i] : peak;
	}
	if (count >= 20)
		c->peak = peak;
}

void auto_conc_tick(struct lane *l, int64_t now_us, int64_t dt_us)
{
	struct auto_conc *c = &l->adapt.conc;
	double trial_s, x;

	if (c->mode != CONC_CUBIC)
		return;
	trial_s = (double)(now_us - c->trial_us) / US_PER_S;
	if (trial_s > 60 + 2 * c->latency_s && c->trial_rate > TRIAL_RATE &&
		l->adapt.rate.per_s30 < 0.8 * c->trial_rate) {
		acquit(l, now_us); /* a true limit would not have cost throughput */
		return;
	}
	if (c->bound_answers == 0 && l->in_flight < auto_window_now(l) - 1) {
		c->cut_us += dt_us;
		return;
	}
	x = (double)(now_us - c->cut_us) / US_PER_S /
		    fmax(10, 80 / fmax(0.1, l->adapt.rate.per_s10)) -
	    1;
	if (x > 0) {
		x = c->ceiling + fmax(1, 0.1 * c->ceiling * x * x * x);
		c->window = fmin(window_most(l), fmax(c->window, x));
	}
}
