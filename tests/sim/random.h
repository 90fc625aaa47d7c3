/* Random numbers of the shapes that the simulation needs. */
#ifndef SLUICE_TESTS_SIM_RANDOM_H
#define SLUICE_TESTS_SIM_RANDOM_H

#include <math.h>

#include "base/rng.h"

static inline double random_between(struct rng *r, double least, double most)
{
	return least + rng_uniform(r) * (most - least);
}

/* Lognormal with this mean. */
static inline double random_lognormal(struct rng *r, double mean, double sigma)
{
	return exp(log(mean) - sigma * sigma / 2 + sigma * rng_normal(r));
}

static inline double random_exponential(struct rng *r, double mean)
{
	return -log(1 - rng_uniform(r)) * mean;
}

#endif
