/* One scenario: what a simulated server allows and how it answers, and how the client is set up.
 * The models and their constants are those of the reference simulation the acceptance figures come
 * from. */
#ifndef SLUICE_TESTS_SIM_SCENARIO_H
#define SLUICE_TESTS_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

enum sim_retry_after { SIM_RETRY_AFTER_NONE, SIM_RETRY_AFTER_SECONDS, SIM_RETRY_AFTER_MS };
enum sim_headers { SIM_HEADERS_NONE, SIM_HEADERS_OPENAI, SIM_HEADERS_ANTHROPIC, SIM_HEADERS_STALE };

enum { SIM_STEPS = 8 };

struct sim_step {
	double at_s, factor; /* the limits times factor from then on */
};

struct scenario {
	const char *name;
	/* limits; 0: none */
	double rps, burst;             /* request bucket */
	double tps, token_burst;       /* token bucket */
	double window_quota, window_s; /* fixed window */
	double window_phase_s;
	int concurrency;
	int slots; /* vLLM-like: so many are served, each the slower the more there are; others
		      queue */
	/* answers */
	double latency_s, sigma;
	double refusal_least_s, refusal_most_s;
	double errors;       /* share of 500s */
	bool refusals_count; /* a refused request consumes quota */
	enum sim_retry_after retry_after;
	enum sim_headers headers;
	double outage_from_s, outage_to_s;
	struct sim_step step[SIM_STEPS];     /* ends with at_s 0 */
	double neighbour_share, neighbour_s; /* takes so much, on and off, for so long on average */
	/* items */
	double tokens, tokens_sigma;
	/* client */
	double seconds, timeout_s;
	int max_concurrency;
	enum pace_mode pace;
	uint64_t seed;
};

/* A server without limits, 1 s of latency, 1 % of 500s, 900 s, pace auto, seed 1. */
struct scenario scenario_default(void);

#endif
