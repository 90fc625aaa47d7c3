/* Even spacing of sends at a rate: the generic cell rate algorithm (ITU-T I.371), kept as a debt of
 * weight so that a new rate takes effect at once. A send is paid for in advance, so a large one
 * waits until the server's bucket holds it. Pure. */
#ifndef SLUICE_PACE_PACER_H
#define SLUICE_PACE_PACER_H

#include <stdint.h>

struct pacer {
	double debt; /* weight sent ahead of the rate; negative: allowance */
	int64_t at_us;
};

/* When a send of this weight may go at this rate (weight per second, above 0); <= now means now. */
int64_t pacer_ready_us(struct pacer *p, int64_t now_us, double rate, double weight);
/* A send of this weight went out. */
void pacer_take(struct pacer *p, int64_t now_us, double rate, double weight);
/* Forgives the debt: the next send may go now. */
void pacer_forgive(struct pacer *p);
/* Drops the allowance that was not used until now. */
void pacer_skip(struct pacer *p, int64_t now_us, double rate);

#endif
