#include "sim/scenario.h"

struct scenario scenario_default(void)
{
	return (struct scenario){.name = "default",
		.latency_s = 1,
		.sigma = 0.5,
		.refusal_least_s = 0.04,
		.refusal_most_s = 0.12,
		.errors = 0.01,
		.tokens = 1000,
		.seconds = 900,
		.timeout_s = 120,
		.max_concurrency = 1024,
		.pace = PACE_AUTO,
		.seed = 1};
}
