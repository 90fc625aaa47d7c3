/* The number grows like TCP's window while it binds and while that buys throughput, as a server
 * with slots and a queue (vLLM) needs. */
#include <math.h>

#include "pace/lane_impl.h"

/* No growth once answers take this share of their timeout. */
#define LATENCY_GUARD 0.3
#define GROWTH_ANSWER 1.5 /* added by an answer */
#define GROWTH_ROUND  2.5 /* most growth in a round, as a factor */
#define ROUND_LEAST   64
#define BOUND_SHARE   0.3 /* the window must bind for this share of a round's answers */
/* Comparison of rounds: a gain that counts, and throughput as good as the best. */
#define GAIN         1.2
#define AS_GOOD      0.93
#define LEANER       1.25 /* throughput per request in flight, over the best round's */
#define PROBE_FACTOR 1.3
#define PROBE_GAIN   1.15
#define PROBE_US     (120 * US_PER_S)

double auto_window_most(const struct lane *l)
{
	return l->limits->config.max_concurrency > 0 ? l->limits->config.max_concurrency : 1024;
}

void auto_window_init(struct lane *l, int64_t now_us)
{
	struct auto_window *w = &l->adapt.window;

	*w = (struct auto_window){.window = fmin(AUTO_WINDOW_START, auto_window_most(l)),
		.cut_us = now_us,
		.round_us = now_us};
	w->round_window = w->window;
}

static struct auto_round best_round(const struct auto_window *w)
{
	struct auto_round best = {0};

	for (int i = 0; i < w->rounds; i++)
		if (w->round[i].per_s > best.per_s)
			best = w->round[i];
	return best;
}

static void add_round(struct auto_window *w, double window, double per_s)
{
	if (w->rounds == AUTO_ROUNDS) {
		for (int i = 1; i < AUTO_ROUNDS; i++)
			w->round[i - 1] = w->round[i];
		w->rounds--;
	}
	w->round[w->rounds++] = (struct auto_round){window, per_s};
}

/* Nearly the best throughput, with clearly fewer in flight. */
static bool is_as_good(const struct auto_round *r, const struct auto_round *best)
{
	return r->per_s >= AS_GOOD * best->per_s &&
	       r->per_s / r->window >= LEANER * best->per_s / best->window;
}

/* Goes to the smallest window that was as good as the best. */
static void settle(struct lane *l, int64_t now_us)
{
	struct auto_window *w = &l->adapt.window;
	const struct auto_round best = best_round(w);
	double before = w->window;

	w->window = best.window;
	for (int i = 0; i < w->rounds; i++)
		if (is_as_good(&w->round[i], &best))
			w->window = fmin(w->window, w->round[i].window);
	w->mode = WINDOW_PLATEAU;
	w->next_probe_us = now_us + PROBE_US;
	w->rounds = 0;
	w->plateau_per_s = 0;
	lane_decide(l, now_us, WINDOW_SATURATED, before, w->window, 0, 0);
}

static void plateau(struct lane *l, int64_t now_us, double per_s)
{
	struct auto_window *w = &l->adapt.window;
	double mean = w->plateau_per_s;

	w->plateau_per_s = mean > 0 ? 0.5 * (mean + per_s) : per_s;
	if (now_us <= w->next_probe_us)
		return;
	w->before_probe = w->window;
	w->window = fmin(auto_window_most(l), PROBE_FACTOR * w->window);
	w->mode = WINDOW_PROBE;
	lane_decide(l, now_us, WINDOW_TRIES, w->before_probe, w->window, 0, 0);
}

static void probed(struct lane *l, int64_t now_us, double per_s)
{
	struct auto_window *w = &l->adapt.window;
	double tried = w->window;

	if (per_s > PROBE_GAIN * w->plateau_per_s) {
		w->mode = WINDOW_GROW;
		w->rounds = 0;
		add_round(w, w->before_probe, w->plateau_per_s);
		add_round(w, w->window, per_s);
		lane_decide(l, now_us, WINDOW_WORTH_IT, w->before_probe, tried, 0, 0);
		return;
	}
	w->window = w->before_probe;
	w->mode = WINDOW_PLATEAU;
	w->next_probe_us = now_us + PROBE_US;
	lane_decide(l, now_us, WINDOW_IN_VAIN, tried, w->window, 0, 0);
}

static void round_ended(struct lane *l, int64_t now_us)
{
	struct auto_window *w = &l->adapt.window;
	double per_s = w->answers / fmax(1e-6, s_from_us(now_us - w->round_us));

	if (w->bound_answers <= BOUND_SHARE * w->answers) {
		if (w->mode == WINDOW_CONFIRM || w->mode == WINDOW_PROBE)
			w->mode = WINDOW_GROW;
		w->rounds = 0;
	} else if (w->mode == WINDOW_GROW || w->mode == WINDOW_CONFIRM) {
		bool gained = per_s >= GAIN * best_round(w).per_s;

		add_round(w, w->round_window, per_s);
		if (gained)
			w->mode = WINDOW_GROW;
		else if (w->mode == WINDOW_GROW)
			w->mode = WINDOW_CONFIRM;
		else
			settle(l, now_us);
	} else if (w->mode == WINDOW_PLATEAU) {
		plateau(l, now_us, per_s);
	} else if (w->mode == WINDOW_PROBE && w->round_window >= w->window) {
		probed(l, now_us, per_s);
	}
	w->round_us = now_us;
	w->answers = w->bound_answers = 0;
	w->round_window = w->window;
}

void auto_window_success(struct lane *l, int64_t now_us, double latency_s)
{
	struct auto_window *w = &l->adapt.window;
	double timeout_s = l->limits->config.timeout_us > 0
				   ? s_from_us(l->limits->config.timeout_us)
				   : INFINITY;

	w->latency_s += w->latency_s > 0 ? 0.05 * (latency_s - w->latency_s) : latency_s;
	if (w->mode == WINDOW_LIMIT)
		return;
	if (w->mode == WINDOW_GROW && l->adapt.rate.brake == BRAKE_WINDOW &&
		w->latency_s < LATENCY_GUARD * timeout_s)
		w->window = fmin(auto_window_most(l),
			fmin(w->window + GROWTH_ANSWER, GROWTH_ROUND * w->round_window));
	if (++w->answers >= fmax(ROUND_LEAST, w->round_window))
		round_ended(l, now_us);
}

void auto_window_cut(struct lane *l, int64_t now_us, double to)
{
	struct auto_window *w = &l->adapt.window;

	w->window = to;
	w->cut_us = now_us;
	w->mode = WINDOW_PLATEAU;
	w->next_probe_us = now_us + PROBE_US / 4;
	w->plateau_per_s = 0;
}

void auto_window_restore(struct lane *l, int64_t now_us, double to)
{
	struct auto_window *w = &l->adapt.window;

	w->window = fmin(auto_window_most(l), to);
	w->cut_us = now_us;
	w->mode = WINDOW_GROW;
	w->rounds = 0;
	w->round_us = now_us;
	w->answers = w->bound_answers = 0;
	w->round_window = w->window;
}
