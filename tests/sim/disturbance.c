#include "sim/disturbance.h"

#include <math.h>
#include <stddef.h>

#include "base/clock.h"

#define HOG_PER_S 1000.0

bool span_at(const struct sim_span *spans, int64_t now_us, int64_t *end_us)
{
	double now_s = (double)now_us / US_PER_S;

	for (int i = 0; i < SIM_SPANS && spans[i].to_s > 0; i++) {
		if (now_s < spans[i].from_s || now_s >= spans[i].to_s)
			continue;
		if (end_us)
			*end_us = (int64_t)ceil(spans[i].to_s * US_PER_S);
		return true;
	}
	return false;
}

double hog_took(const struct sim_span *hogs, int64_t now_us, double start_s)
{
	double now_s = (double)now_us / US_PER_S, most = 0;

	for (int i = 0; i < SIM_SPANS && hogs[i].to_s > 0; i++) {
		if (hogs[i].from_s <= now_s && hogs[i].to_s > start_s)
			most = fmax(most, HOG_PER_S * (fmin(now_s, hogs[i].to_s) -
							      fmax(start_s, hogs[i].from_s)));
	}
	return most;
}
