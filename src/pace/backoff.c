#include "pace/backoff.h"

static int64_t doubled(int64_t us, int times)
{
	while (times-- > 0 && us < BACKOFF_CAP_US)
		us *= 2;
	return us < BACKOFF_CAP_US ? us : BACKOFF_CAP_US;
}

int64_t backoff_us(struct rng *rng, int failures)
{
	return (int64_t)(rng_uniform(rng) * (double)doubled(BACKOFF_BASE_US, failures - 1));
}

int64_t backoff_refused_us(struct rng *rng)
{
	return (int64_t)((0.5 + rng_uniform(rng)) * US_PER_S);
}
