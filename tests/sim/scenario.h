/* A scenario: the limits of a simulated server, its disturbances, its answers, and the setup of the
 * clients. The models and their constants are those of the reference simulation that gave the
 * acceptance figures. */
#ifndef SLUICE_TESTS_SIM_SCENARIO_H
#define SLUICE_TESTS_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

enum sim_retry_after {
	SIM_RETRY_AFTER_NONE,
	SIM_RETRY_AFTER_SECONDS, /* the true wait in whole seconds */
	SIM_RETRY_AFTER_MS,      /* the true wait, exact */
	SIM_RETRY_AFTER_CONSTANT /* always retry_after_s */
};

/* The headers that report the limits. */
enum sim_headers {
	SIM_HEADERS_NONE,
	SIM_HEADERS_OPENAI,
	SIM_HEADERS_ANTHROPIC,
	SIM_HEADERS_DRAFT6, /* RateLimit-Limit, -Remaining, -Reset */
	SIM_HEADERS_DRAFT7, /* RateLimit: limit=, remaining=, reset= */
	SIM_HEADERS_DRAFT8, /* RateLimit: "name";r=;t= */
	SIM_HEADERS_X,      /* X-RateLimit-Reset as seconds since 1970 */
	SIM_HEADERS_EPOCH_MS,
	SIM_HEADERS_DAY,  /* only a day's budget, not the limit that binds */
	SIM_HEADERS_ZERO, /* always: none left */
	SIM_HEADERS_FULL  /* always: an absurd small limit, nearly full */
};

/* In place of a status: the connection is reset. */
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
	double gap_s;                  /* no burst: at least so long between two requests */
	double tps, token_burst;       /* token bucket */
	double window_quota, window_s; /* fixed window */
	double window_phase_s;
	bool window_first; /* the window begins with the first request after the last one ended */
	double sliding_quota, sliding_s; /* at most so many accepted in any sliding_s */
	bool used_up;                    /* the window's quota is used up at the start */
	int concurrency;
	int slots; /* vLLM-like: serves so many, more slowly the more there are; others queue */
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
	bool headers_at_admission; /* headers show the limits at admission, not at the answer */
	double reset_precision_s;  /* resets in the headers are rounded up to a multiple of it */
	/* disturbances; spans end with to_s 0, steps with at_s 0 */
	struct sim_span outage[SIM_SPANS]; /* 503 for all */
	struct sim_span hog[SIM_SPANS];    /* another client takes all of the limit */
	double noise, noise_retry_after_s; /* share refused at any rate; Retry-After, 0: none */
	struct sim_step step[SIM_STEPS];
	double neighbour_share, neighbour_s; /* another client takes this share, on and off, for so
						long on average */
	double jitter_s; /* mean delay of the network to the server; timers: 1 ms */
	/* items */
	double tokens, tokens_sigma;
	double tokens_drift_s; /* the mean grows from half to double in this time, repeatedly */
	/* clients */
	double seconds, timeout_s;
	int max_concurrency;
	enum pace_mode pace;
	uint64_t seed;
	int instances;                       /* 0: one */
	double stagger_s;                    /* between their starts */
	double learned_rate, learned_window; /* of an earlier session; 0: nothing */
	bool explain;                        /* print each decision of the pace on stderr */
	bool series;                         /* sample the lane each second */
	double free_s[SIM_FREE]; /* when the limit is free again; if free_n is 0 taken from the
				    disturbances */
	int free_n;
};

/* For tables: a server without limits, 1 s of latency, 1 % of 500s, 900 s, pace auto, seed 1.
 * Members after the name override these, so -Woverride-init must be off. */
#define SCENARIO(title, ...)                                                                       \
	{                                                                                          \
		.name = title, .latency_s = 1, .sigma = 0.5, .refusal_least_s = 0.04,              \
		.refusal_most_s = 0.12, .errors = 0.01, .tokens = 1000, .seconds = 900,            \
		.timeout_s = 120, .max_concurrency = 1024, .pace = PACE_AUTO, .seed = 1,           \
		__VA_ARGS__                                                                        \
	}

/* SCENARIO() without overrides. */
struct scenario scenario_default(void);
/* Requests per second that the limits, times factor, sustain; 0: no limit. */
double scenario_capacity(const struct scenario *sc, double factor);
/* The factor on the limits that the steps set at this time. */
double scenario_factor(const struct scenario *sc, double at_s);
/* Fills free_s from the disturbances unless it is filled: the end of a hog's effect or an outage, a
 * step that raises the limits, the start after something was learned. */
void scenario_find_free(struct scenario *sc);

#endif
