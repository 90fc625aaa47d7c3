#include "pace/pacer.h"

#include <math.h>

#include "base/clock.h"

/* The allowance that a late timer may catch up on. Limits without bursts refuse early sends, so it
 * is nearly nothing at the rates of such limits; at thousands a second several sends share one turn
 * of the loop. */
#define TOLERANCE_MOST_S 0.02
#define TOLERANCE_RATE   1e-5 /* s for each send per second: 0.5 ms at 50/s */

static double tolerance_s(double rate)
{
	return fmin(TOLERANCE_MOST_S, TOLERANCE_RATE * rate);
}

static void pay(struct pacer *p, int64_t now_us, double rate)
{
	if (now_us > p->at_us) {
		p->debt -= s_from_us(now_us - p->at_us) * rate;
		p->at_us = now_us;
	}
}

int64_t pacer_ready_us(struct pacer *p, int64_t now_us, double rate, double weight)
{
	double wait_us;

	pay(p, now_us, rate);
	wait_us = ceil(((p->debt + weight) / rate - tolerance_s(rate)) * US_PER_S -
		       1e-3); /* forgives rounding */
	return wait_us > 0 ? now_us + (int64_t)fmin(wait_us, 1e15) : now_us;
}

void pacer_take(struct pacer *p, int64_t now_us, double rate, double weight)
{
	pay(p, now_us, rate);
	p->debt = fmax(p->debt + weight, -tolerance_s(rate) * rate);
}

void pacer_skip(struct pacer *p, int64_t now_us, double rate)
{
	pay(p, now_us, rate);
	p->debt = fmax(p->debt, 0);
}

void pacer_forgive(struct pacer *p)
{
	p->debt = fmin(p->debt, 0);
}
