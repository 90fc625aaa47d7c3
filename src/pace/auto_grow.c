/* The rate brake, upwards. */
#include <math.h>

#include "base/clock.h"
#include "pace/auto.h"
#include "pace/lane_impl.h"

#define RATE_MAX 1e6
/* While no limit was met the rate doubles in this time, or in two round trips of a refusal. */
#define DOUBLE_S 1.0
/* The rate may run ahead of what was really sent in 30 s by this; less soon after a door opened. */
#define AHEAD         2.0
#define AHEAD_DOOR    1.3
#define AFTER_DOOR_US (90 * US_PER_S)
/* Depth of the cubic: at the time of the cut it stands this much below the ceiling. */
#define DEPTH 0.10
/* Start: pace at so many times what the server was seen to deliver (the gain 2/ln 2 of BBR's start,
 * draft-cardwell-iccrg-bbr-congestion-control). */
#define START_GAIN   2.885
#define START_FLIGHT 256

/* Growth turns from doubling to linear at this rate, so that meeting the limit costs at most a few
 * hundred refusals. */
static double soft_most(const struct lane *l)
{
	double round_trip_s = fmax(l->adapt.conc.latency_s, 1e-3);

	return l->adapt.conc.latency_s > 0 ? START_FLIGHT / round_trip_s : START_FLIGHT;
}

void auto_grow_cold(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	struct auto_rate *r = &l->adapt.rate;
	double s = fmax(1e-3, (double)(now_us - t->sent_us) / US_PER_S);
	double delivered = (r->accepted_sum - t->accepted_sum) / s;

	if (r->refused_sum <= 0)
		r->rate = fmax(r->rate, fmin(START_GAIN * delivered, soft_most(l)));
}

/* The window or the input binds: the rate waits, and one that is not used is not kept. */
static void wait_unused(struct auto_rate *r, double dt_s)
{
	r->cut_us += (int64_t)(dt_s * US_PER_S);
	if (r->bound < 0.3 && r->per_s10 > 1 && r->rate > 1.5 * r->per_s10)
		r->rate += fmin(1, dt_s / 5) * (1.5 * r->per_s10 - r->rate);
}

void auto_grow(struct lane *l, int64_t now_us, double dt_s)
{
	struct auto_pace *a = &l->adapt;
	struct auto_rate *r = &a->rate;
	double ahead, cap, x;

	if (r->bound < 0.5) {
		wait_unused(r, dt_s);
	} else if (a->headers.rate > 0 && a->headers.headroom > 0.1 &&
		   now_us - a->episode.last_us > 2 * US_PER_S) {
		if (r->rate < a->headers.rate)
			r->rate = fmin(1.02 * a->headers.rate, r->rate * exp2(dt_s / DOUBLE_S));
	} else if (r->ceiling <= 0) {
		dt_s *= fmin(1, soft_most(l) / r->rate);
		r->rate *= exp2(dt_s / fmax(DOUBLE_S, 2 * r->refusal_s));
		r->rate = fmin(RATE_MAX, r->rate);
	} else {
		ahead = now_us - a->door.open_us > AFTER_DOOR_US ? AHEAD : AHEAD_DOOR;
		cap = fmin(RATE_MAX, fmax(r->ceiling, ahead * r->per_s30));
		x = (double)(now_us - r->cut_us) / US_PER_S / r->climb_s - 1;
		r->rate = fmax(r->rate, fmin(cap, r->ceiling * (1 + DEPTH * x * x * x)));
	}
}
