/* What a run is judged by. */
#include <math.h>

#include "sim/sim.h"

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

struct sim_figures sim_measure(const struct scenario *sc)
{
	struct sim_result lane = sim_run(sc, SIM_LANE, 0);
	struct sim_result oracle = sim_run(sc, SIM_ORACLE, 0);
	double total = lane.ok + lane.refused + lane.failed;
	int first = (int)sc->step[0].at_s, second = (int)sc->step[1].at_s;
	double target = ok_per_s(&oracle, lane.seconds < 300 ? 20 : 120,
		first ? first : (lane.seconds < 300 ? lane.seconds : 300));
	struct sim_figures f = {.goodput = (sc->tps > 0 ? lane.ok_cost : lane.ok) / sc->seconds,
		.oracle = (sc->tps > 0 ? oracle.ok_cost : oracle.ok) / sc->seconds,
		.share_429 = total > 0 ? lane.refused / total : 0,
		.converge_s = reach_s(&lane, 0, first ? first : lane.seconds, target),
		.settle_down_s = -1,
		.settle_up_s = -1,
		.timeouts = lane.timeouts,
		.given_up = lane.given_up,
		.p50_s = lane.p50_s,
		.p99_s = lane.p99_s};

	f.ratio = f.oracle > 0 ? f.goodput / f.oracle : 0;
	if (second > first) {
		f.settle_down_s = settle_s(&lane, first, second);
		f.settle_up_s = reach_s(&lane, second, lane.seconds,
			0.99 * ok_per_s(&oracle, second + 10, lane.seconds));
	}
	sim_result_free(&lane);
	sim_result_free(&oracle);
	return f;
}
