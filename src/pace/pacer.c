#include "pace/pacer.h"

#include <math.h>

#include "base/clock.h"

#define TOLERANCE_S 0.02

/* Pays the debt off at the rate; what was not used is kept for the tolerance only. */
static void pay(struct pacer *p, int64_t now_us, double rate)
{
	if (now_us > p->at_us) {
		p->debt -= (double)(now_us - p->at_us) / US_PER_S * rate;
		p->at_us = now_us;
	}
	p->debt = fmax(p->debt, -TOLERANCE_S * rate);
}

int64_t pacer_ready_us(struct pacer *p, int64_t now_us, double rate)
{
	double wait_us;

	pay(p, now_us, rate);
	wait_us = ceil((p->debt / rate - TOLERANCE_S) * US_PER_S - 1e-3); /* forgives rounding */
	return wait_us > 0 ? now_us + (int64_t)wait_us : now_us;
}

void pacer_take(struct pacer *p, int64_t now_us, double rate, double weight)
{
	pay(p, now_us, rate);
	p->debt += weight;
}

void pacer_shift(struct pacer *p, int64_t us)
{
	p->at_us += us;
}
