#include "sim/scenario.h"

#include <math.h>

struct scenario scenario_default(void)
{
	return (struct scenario)SCENARIO("default", .step = {{0}});
}

double scenario_capacity(const struct scenario *sc, double factor)
{
	double least = INFINITY;

	if (sc->rps > 0)
		least = fmin(least, sc->rps * factor);
	if (sc->gap_s > 0)
		least = fmin(least, factor / sc->gap_s);
	if (sc->tps > 0)
		least = fmin(least, sc->tps * factor / sc->tokens);
	if (sc->window_s > 0)
		least = fmin(least, sc->window_quota * factor / sc->window_s);
	if (sc->sliding_s > 0)
		least = fmin(least, sc->sliding_quota * factor / sc->sliding_s);
	if (sc->concurrency > 0)
		least = fmin(least, sc->concurrency * factor / sc->latency_s);
	return isinf(least) ? 0 : least;
}

double scenario_factor(const struct scenario *sc, double at_s)
{
	double factor = 1;

	for (int i = 0; i < SIM_STEPS && sc->step[i].at_s > 0 && sc->step[i].at_s <= at_s; i++)
		factor = sc->step[i].factor;
	return factor;
}

/* When the use at this time no longer counts. */
static double forgotten_s(const struct scenario *sc, double at_s)
{
	double number = floor((at_s + sc->window_phase_s) / sc->window_s);

	if (sc->sliding_s > 0)
		return at_s + sc->sliding_s;
	if (sc->window_s <= 0)
		return at_s;
	return sc->window_first ? at_s + sc->window_s
				: (number + 1) * sc->window_s - sc->window_phase_s;
}

static void add_free(struct scenario *sc, double at_s)
{
	if (sc->free_n < SIM_FREE && at_s < sc->seconds)
		sc->free_s[sc->free_n++] = at_s;
}

void scenario_find_free(struct scenario *sc)
{
	double before = 1;

	if (sc->free_n > 0)
		return;
	if (sc->learned_rate > 0)
		add_free(sc, 0);
	if (sc->used_up)
		add_free(sc, forgotten_s(sc, 0));
	for (int i = 0; i < SIM_SPANS && sc->hog[i].to_s > 0; i++)
		add_free(sc, forgotten_s(sc, sc->hog[i].to_s));
	for (int i = 0; i < SIM_SPANS && sc->outage[i].to_s > 0; i++)
		add_free(sc, sc->outage[i].to_s);
	for (int i = 0; i < SIM_STEPS && sc->step[i].at_s > 0; i++) {
		if (sc->step[i].factor > before)
			add_free(sc, sc->step[i].at_s);
		before = sc->step[i].factor;
	}
}
