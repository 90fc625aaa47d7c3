/* The server model behind the mock API: which request is admitted, refused or broken, and how long
 * its answer takes. Pure: it takes `now` (monotonic us, never going back), owns no clock and does
 * no I/O; the same seed and the same calls give the same answers. So the mock serves with it in
 * real time and the pacing tests run it through hours of virtual time.
 *
 * In use: model_new(), then for each request model_arrive(). When its answer is due (now +
 * delay_us, or, with `slots`, when model_finish() hands its tag back at model_next_us()),
 * model_depart().
 */
#ifndef SLUICE_MOCK_MODEL_H
#define SLUICE_MOCK_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "mock/settings.h"

enum { MODEL_MAX_STEPS = 32 };

/* Which limit refused a request. */
enum model_limit {
	MODEL_LIMIT_NONE,
	MODEL_LIMIT_REQUESTS,
	MODEL_LIMIT_TOKENS,
	MODEL_LIMIT_WINDOW,
	MODEL_LIMIT_CONCURRENCY,
	MODEL_LIMIT_OUTAGE,
	MODEL_LIMIT_COUNT
};

struct model_step {
	int64_t at_us; /* since the start */
	double factor;
};

/* Zero means off everywhere but where said otherwise. */
struct model_config {
	int64_t latency_us; /* median; with slots: of a request that has the server for itself */
	double sigma;       /* of the lognormal latency; 0: constant */
	int64_t refusal_low_us, refusal_high_us; /* 429, 500 and 503 take a uniform time between */
	double rate, burst;                      /* requests per second, requests at once */
	double token_rate, token_burst;
	double window_count;     /* requests per window; 0: no window */
	int64_t window_us;       /* windows follow each other without gaps ... */
	int64_t window_phase_us; /* ... and the first one starts that much before the start */
	int64_t concurrency;     /* refused above it */
	int64_t slots;           /* served at once, others wait in order of arrival */
	double slowdown; /* with slots all full, a request takes 1 + slowdown times as long as alone
			  */
	double errors;   /* share of the admitted requests that is answered 500 */
	struct model_step steps[MODEL_MAX_STEPS]; /* limits times factor from then on; ascending */
	size_t n_steps;
	int64_t outage_from_us, outage_until_us; /* since the start; all is answered 503 */
	double neighbour_share;                  /* of the limits, taken by another client ... */
	int64_t neighbour_us; /* ... on and off for exponential times of this mean, from 30 s on */
	bool refusals_cost;   /* a refusal takes from the request bucket too */
	bool stale_limits;    /* headers tell the limits at the arrival instead of the answer */
	uint64_t seed;
};

/* A limit as a server's headers tell it. */
struct model_quota {
	bool on;
	int64_t limit, remaining;
	int64_t reset_us;  /* until it is full again */
	int64_t window_us; /* in which all of it comes */
};

struct model_decision {
	int status; /* 200, 429, 500 or 503 */
	enum model_limit limit;
	bool admitted;    /* occupies the server until model_depart() */
	int64_t delay_us; /* from arrival to answer; -1: model_finish() tells */
	int64_t wait_us;  /* refused: when it could be admitted, from now; -1: unknown */
	struct model_quota requests, tokens;
};

struct model;

/* Turns the operator's knobs into a configuration; err names the knob that makes no sense. */
bool model_config_from(const struct mock_settings *s, struct model_config *out, struct error *err);

/* A server at its start: buckets full, nobody there. The caller owns it. */
struct model *model_new(const struct model_config *config, int64_t now_us);
void model_free(struct model *m);

/* A request of this cost in tokens arrives. tag comes back from model_finish(); borrowed. */
void model_arrive(
	struct model *m, int64_t now_us, double tokens, void *tag, struct model_decision *out);
/* Would such a request be admitted now? 0: yes, else the time until it could be. For oracles. */
int64_t model_wait_us(struct model *m, int64_t now_us, double tokens);
/* The answer of d leaves: frees its place and brings d's quotas up to date. */
void model_depart(struct model *m, int64_t now_us, struct model_decision *d);

/* When the next request in a slot is done; NEVER_US: none is, or there are no slots. */
int64_t model_next_us(const struct model *m);
/* The tag of a request in a slot that is done by now; NULL: none (or its tag was). To be called
 * until then before the next arrival, for the speed depends on how many are served. */
void *model_finish(struct model *m, int64_t now_us);

/* Admitted and not departed. */
int64_t model_in_flight(const struct model *m);

#endif
