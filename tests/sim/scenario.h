/* One scenario: what a simulated server allows, what disturbs it, how it answers, and how the
 * clients are set up. The models and their constants are those of the reference simulation the
 * acceptance figures come from. */
#ifndef SLUICE_TESTS_SIM_SCENARIO_H
#define SLUICE_TESTS_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

enum sim_retry_after {
	SIM_RETRY_AFTER_NONE,
	SIM_RETRY_AFTER_SECONDS, /* true, in whole seconds */
	SIM_RETRY_AFTER_MS,      /* true, exact */
	SIM_RETRY_AFTER_CONSTANT /* retry_after_s, whatever is true */
};

/* What an answer's headers tell of the limits, and in whose words. */
enum sim_headers {
	SIM_HEADERS_NONE,
	SIM_HEADERS_OPENAI,
	SIM_HEADERS_ANTHROPIC,
	SIM_HEADERS_DRAFT6, /* RateLimit-Limit, -Remaining, -Reset */
	SIM_HEADERS_DRAFT7, /* RateLimit: limit=, remaining=, reset= */
	SIM_HEADERS_DRAFT8, /* RateLimit: "name";r=;t= */
	SIM_HEADERS_X,      /* X-RateLimit-Reset as seconds since 1970 */
	SIM_HEADERS_EPOCH_MS,
	SIM_HEADERS_DAY,  /* a day's budget, nothing of the limit that binds */
	SIM_HEADERS_ZERO, /* always: none left */
	SIM_HEADERS_FULL  /* always: an absurd small limit, nearly full */
};

/* The status of a refusal by the concurrency limit that is none: the connection is reset. */
enum { SIM_RESET = -1 };
enum { SIM_STEPS = 8, SIM_SPANS = 8, SIM_FREE = 16 };

struct sim_step {
	double at_s, factor; /* the limits times factor from then on */
};

struct sim_span {
	double from_s, to_s;
};

struct scenario {
	const char *name;
	/* limits; 0: none */
	double rps, burst;             /* request bucket */
	double gap_s;                  /* no burst: so long between any two */
	double tps, token_burst;       /* token bucket */
	double window_quota, window_s; /* fixed window */
	double window_phase_s;
	bool window_first; /* it begins with the first request after the last one ended */
	double sliding_quota, sliding_s; /* at most so many accepted in any sliding_s */
	bool used_up;                    /* the window's quota is, at the start */
	int concurrency;
	int slots; /* vLLM-like: so many are served, each the slower the more there are; others
		      queue */
	/* answers */
	double latency_s, sigma;
	double refusal_least_s, refusal_most_s;
	double errors;          /* share of 500s */
	int refusal_status;     /* 0: 429 */
	int concurrency_status; /* 0: as of other refusals; SIM_RESET */
	bool refusals_count;    /* a refused request consumes quota */
	enum sim_retry_after retry_after;
	double retry_after_s;
	enum sim_headers headers;
	bool headers_at_admission; /* else of the moment of the answer */
	double reset_precision_s;  /* resets in the headers are rounded up to a multiple of it */
	/* disturbances; spans end with to_s 0, steps with at_s 0 */
	struct sim_span outage[SIM_SPANS]; /* 503 for all */
	struct sim_span hog[SIM_SPANS];    /* another client of the limit takes all */
	double noise, noise_retry_after_s; /* share refused whatever the rate; 0: no Retry-After */
	struct sim_step step[SIM_STEPS];
	double neighbour_share, neighbour_s; /* takes so much, on and off, for so long on average */
	double jitter_s;                     /* of the network on the way there; timers: 1 ms */
	/* items */
	double tokens, tokens_sigma;
	double tokens_drift_s; /* the mean grows from a half to twice as much, again and again */
	/* clients */
	double seconds, timeout_s;
	int max_concurrency;
	enum pace_mode pace;
	uint64_t seed;
	int instances;                       /* 0: one */
	double stagger_s;                    /* between their starts */
	double learned_rate, learned_window; /* of an earlier session; 0: nothing */
	bool explain;                        /* tell each decision of the pace on stderr */
	bool series;                         /* sample the lane each second */
	double free_s[SIM_FREE]; /* when the limit is free again; from the disturbances if free_n 0
				  */
	int free_n;
};

/* For tables: a server without limits, 1 s of latency, 1 % of 500s, 900 s, pace auto, seed 1; what
 * follows the name overrides that, which -Woverride-init must let pass. */
#define SCENARIO(title, ...)                                                                       \
	{                                                                                          \
		.name = title, .latency_s = 1, .sigma = 0.5, .refusal_least_s = 0.04,              \
		.refusal_most_s = 0.12, .errors = 0.01, .tokens = 1000, .seconds = 900,            \
		.timeout_s = 120, .max_concurrency = 1024, .pace = PACE_AUTO, .seed = 1,           \
		__VA_ARGS__                                                                        \
	}

/* The same without anything that overrides. */
struct scenario scenario_default(void);
/* Requests a second that the limits sustain, with this factor on them; 0: without limit. */
double scenario_capacity(const struct scenario *sc, double factor);
/* The factor on the limits that the steps set at this time. */
double scenario_factor(const struct scenario *sc, double at_s);
/* Fills free_s from the disturbances, unless it is filled: when a hog's traces or an outage are
 * over, when a step raises the limits, the start when something was learned. */
void scenario_find_free(struct scenario *sc);

#endif
