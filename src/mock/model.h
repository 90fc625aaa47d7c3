/* The server model behind the mock API: it admits, refuses or breaks each request and decides how
 * long its answer takes. Pure: it takes `now` (monotonic us, never going back), owns no clock and
 * does no I/O; the same seed and the same calls give the same answers. The mock uses it in real
 * time, the pacing tests through hours of virtual time.
 *
 * Usage: model_new(), then model_arrive() for each request, and model_depart() when its answer is
 * due: after delay_us or, with slots, when model_finish() returns its tag at model_next_us(). */
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

/* Zero means off except where noted. */
struct model_config {
	int64_t latency_us; /* median; with slots: of a request alone on the server */
	double sigma;       /* of the lognormal latency; 0: constant */
	int64_t refusal_low_us,
		refusal_high_us; /* bounds of the uniform time that a 429, 500 or 503 takes */
	double rate, burst;      /* requests per second, and at once */
	double token_rate, token_burst;
	double window_count;     /* requests per window; 0: no window */
	int64_t window_us;       /* windows follow each other without gaps ... */
	int64_t window_phase_us; /* ... and the first one starts this much before the start */
	int64_t concurrency;     /* more in flight are refused */
	int64_t slots;           /* requests served at once; others wait in order of arrival */
	double slowdown; /* with all slots full, a request takes 1 + slowdown times as long as alone
			  */
	double errors;   /* share of the admitted requests answered 500 */
	struct model_step steps[MODEL_MAX_STEPS]; /* from each time on the limits are multiplied by
						     its factor; ascending */
	size_t n_steps;
	int64_t outage_from_us,
		outage_until_us; /* since the start; meanwhile all requests are answered 503 */
	double neighbour_share;  /* of the limits, taken by another client ... */
	int64_t neighbour_us; /* ... on and off for exponential times with this mean, from 30 s on
			       */
	bool refusals_cost;   /* refusals count against the request bucket too */
	bool stale_limits;    /* headers report the limits at the arrival instead of the answer */
	uint64_t seed;
};

/* A limit in force: how much is accepted at once, and how fast it comes back. */
struct model_quota {
	bool on;
	int64_t limit, remaining;
	int64_t reset_us;  /* until it is full again */
	int64_t window_us; /* the span in which all of it refills */
	double per_min;    /* how much of it refills in a minute; 0: all of it at its reset */
};

struct model_decision {
	int status; /* 200, 429, 500 or 503 */
	enum model_limit limit;
	bool admitted;    /* occupies the server until model_depart() */
	int64_t delay_us; /* from arrival to answer; -1: until model_finish() returns it */
	int64_t wait_us;  /* of a refusal: until it could be admitted; -1: not known */
	struct model_quota requests, tokens;
};

struct model;

/* Turns the mock's settings into a configuration. False and err, which names the setting, when one
 * is invalid. */
bool model_config_from(const struct mock_settings *s, struct model_config *out, struct error *err);

/* A server at its start: buckets full, no requests. config is copied. The caller frees it with
 * model_free(). */
struct model *model_new(const struct model_config *config, int64_t now_us);
void model_free(struct model *m);

/* A request of this cost in tokens arrives. tag comes back from model_finish(); borrowed. */
void model_arrive(
	struct model *m, int64_t now_us, double tokens, void *tag, struct model_decision *out);
/* The time until such a request would be admitted; 0: now. For oracles. */
int64_t model_wait_us(struct model *m, int64_t now_us, double tokens);
/* The quota as servers report it that name a limit a minute and enforce it over shorter times: what
 * a full minute allows, less what is used and has not come back. The burst, which they do not name,
 * only bounds how much can be used. */
struct model_quota model_quota_by_minute(const struct model_quota *q);
/* The answer of d leaves: frees its place and updates d's quotas. */
void model_depart(struct model *m, int64_t now_us, struct model_decision *d);

/* When the next request in a slot is done; NEVER_US: none is running, or there are no slots. */
int64_t model_next_us(const struct model *m);
/* The tag of a request in a slot that is done by now; NULL: none (or its tag was NULL). Call it
 * until it returns NULL before the next arrival, since the speed depends on how many are served. */
void *model_finish(struct model *m, int64_t now_us);

/* The number of requests admitted and not departed. */
int64_t model_in_flight(const struct model *m);

#endif
