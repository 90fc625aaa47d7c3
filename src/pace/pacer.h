/* Even spacing of sends at a rate: the generic cell rate algorithm (ITU-T I.371) with 20 ms of
 * tolerance, kept as a debt of weight so that a new rate takes effect at once. Pure. */
#ifndef SLUICE_PACE_PACER_H
#define SLUICE_PACE_PACER_H

#include <stdint.h>

struct pacer {
	double debt; /* weight sent ahead of the rate; negative: allowance */
	int64_t at_us;
};

/* When the next send may go at this rate (weight per second, above 0): <= now means now. */
int64_t pacer_ready_us(struct pacer *p, int64_t now_us, double rate);
/* Something of this weight was sent. */
void pacer_take(struct pacer *p, int64_t now_us, double rate, double weight);
void pacer_shift(struct pacer *p, int64_t us);

#endif
