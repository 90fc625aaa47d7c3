/* The figures that judge a run. */
#include <math.h>

#include "sim/sim.h"

/* 90 % of a capacity that loses 1.5 % to errors. */
#define NEAR (0.9 * 0.985)

static double ok_per_s(const struct sim_result *r, int from, int to)
{
	double sum = 0;

	for (int i = from; i < to && i < r->seconds; i++)
		sum += r->second[i].ok;
	return to > from ? sum / (to - from) : 0;
}

/* Seconds after `from` until the goodput of a span and of the next one are near the target. */
static double reach_s(const struct sim_result *r, int from, int to, double target)
{
	int span = target >= 5 ? 5 : (int)ceil(40 / fmax(0.1, target));

	for (int t = from; t < to - 2 * span; t++) {
		if (ok_per_s(r, t, t + span) >= 0.9 * target &&
			ok_per_s(r, t + span, t + 2 * span) >= 0.83 * target)
			return t - from;
	}
	return -1;
}

/* Seconds after `from` until less than 5 % are refused over 5 s. */
static double settle_s(const struct sim_result *r, int from, int to)
{
	for (int t = from; t < to - 5; t++) {
		double sent = 0, refused = 0;

		for (int i = t; i < t + 5; i++) {
			sent += r->second[i].sent;
			refused += r->second[i].refused;
		}
		if (sent > 0 && refused / sent < 0.05)
			return t - from;
	}
	return -1;
}

/* Seconds from each instant at which the limit is free again until the goodput of a span is near
 * the capacity. */
static void measure_recovery(
	const struct scenario *sc, const struct sim_result *r, struct sim_figures *f)
{
	struct scenario free = *sc;
	double length = fmax(sc->window_s, sc->sliding_s);

	scenario_find_free(&free);
	f->recover_s = -1;
	for (int i = 0; i < free.free_n; i++) {
		double at_s = free.free_s[i],
		       full = scenario_capacity(sc, scenario_factor(sc, at_s));
		int span = (int)fmax(fmax(5, length), 20 / fmax(0.01, full)), t = (int)at_s;
		double *out = &f->recovery_s[f->recoveries];

		if (full <= 0)
			continue;
		for (*out = -1; t < r->seconds - span && *out < 0; t++) {
			if (ok_per_s(r, t, t + span) >= NEAR * full)
				*out = fmax(0, t - at_s);
		}
		f->recover_s = f->recoveries && (f->recover_s < 0 || *out < 0)
				       ? -1
				       : fmax(f->recover_s, *out);
		f->recoveries++;
	}
}

static void measure_instances(
	const struct scenario *sc, const struct sim_result *r, struct sim_figures *f)
{
	int n = sc->instances > 1 ? sc->instances : 1;

	f->instance_least = f->instance_most = r->instance_ok[0];
	for (int i = 0; i < n; i++) {
		f->instance_least = fmin(f->instance_least, r->instance_ok[i]);
		f->instance_most = fmax(f->instance_most, r->instance_ok[i]);
		f->instance_mean += r->instance_ok[i] / n;
	}
}

/* The oracle has no jitter, except where jitter separates the requests. */
struct sim_result sim_run_oracle(const struct scenario *sc)
{
	struct scenario calm = *sc;

	if (sc->gap_s <= 0)
		calm.jitter_s = 0;
	return sim_run(&calm, SIM_ORACLE, 0);
}

struct sim_figures sim_compare(
	const struct scenario *sc, const struct sim_result *lane, const struct sim_result *oracle)
{
	double total = lane->ok + lane->refused + lane->failed;
	int first = (int)sc->step[0].at_s, second = (int)sc->step[1].at_s;
	double target = ok_per_s(oracle, lane->seconds < 300 ? 20 : 120,
		first ? first : (lane->seconds < 300 ? lane->seconds : 300));
	struct sim_figures f = {.goodput = (sc->tps > 0 ? lane->ok_cost : lane->ok) / sc->seconds,
		.oracle = (sc->tps > 0 ? oracle->ok_cost : oracle->ok) / sc->seconds,
		.share_429 = total > 0 ? lane->refused / total : 0,
		.converge_s = reach_s(lane, 0, first ? first : lane->seconds, target),
		.settle_down_s = -1,
		.settle_up_s = -1,
		.timeouts = lane->timeouts,
		.given_up = lane->given_up,
		.p50_s = lane->p50_s,
		.p99_s = lane->p99_s};

	f.ratio = f.oracle > 0 ? f.goodput / f.oracle : 0;
	if (second > first) {
		f.settle_down_s = settle_s(lane, first, second);
		f.settle_up_s = reach_s(lane, second, lane->seconds,
			0.99 * ok_per_s(oracle, second + 10, lane->seconds));
	}
	measure_recovery(sc, lane, &f);
	measure_instances(sc, lane, &f);
	return f;
}

struct sim_figures sim_measure(const struct scenario *sc)
{
	struct sim_result lane = sim_run(sc, SIM_LANE, 0);
	struct sim_result oracle = sim_run_oracle(sc);
	struct sim_figures f = sim_compare(sc, &lane, &oracle);

	sim_result_free(&lane);
	sim_result_free(&oracle);
	return f;
}
