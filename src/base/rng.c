#include "base/rng.h"

#include <math.h>

void rng_seed(struct rng *r, uint64_t seed)
{
	/* splitmix64 spreads neighbouring seeds apart; the state must not be 0 */
	seed += UINT64_C(0x9e3779b97f4a7c15);
	seed = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	seed = (seed ^ (seed >> 27)) * UINT64_C(0x94d049bb133111eb);
	r->state = (seed ^ (seed >> 31)) | 1;
}

uint64_t rng_next(struct rng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * UINT64_C(0x2545f4914f6cdd1d);
}

double rng_uniform(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

double rng_normal(struct rng *r)
{
	double u = 1.0 - rng_uniform(r); /* (0, 1]: log stays finite */

	return sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * rng_uniform(r));
}
