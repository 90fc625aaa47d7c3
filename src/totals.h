/* What a session has counted by endpoint and model, for monitoring; beside the snapshot, which is
 * for people. Everything is copied out, names are sanitised. Counts only grow. */
#ifndef SLUICE_TOTALS_H
#define SLUICE_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/durations.h"
#include "figures.h"

/* Rows of lanes: for each of the first models that were asked, at any endpoint, and one for each
 * endpoint's further ones. A row stays what it is: monitoring knows it by endpoint and model. */
enum {
	TOTALS_MODEL_SIZE = 48,
	TOTALS_MODELS = 64,
	TOTALS_LANES = TOTALS_MODELS + ENDPOINTS_MAX,
};

/* One model at one endpoint. */
struct lane_totals {
	int endpoint;                  /* an index of totals.endpoint */
	char model[TOTALS_MODEL_SIZE]; /* "": requests that name none; "other models": of several */
	uint64_t outcomes[OUTCOME_COUNT]; /* of attempts */
	uint64_t tokens_in, tokens_out;   /* as answers report them */
	struct durations latency;         /* of ok answers */
	struct durations first_token;     /* of streams that ended: until the first token */

	/* Now, not counted. Of several models only in_flight. */
	uint32_t in_flight; /* requests */
	bool single;        /* not of several models: what follows is known */
	int concurrency;    /* attempts allowed in flight */
	bool concurrency_manual;
	struct limit_view rpm, tpm, rate; /* rpm and tpm: of the endpoint */
	double model_rpm;                 /* of the model alone; negative: none */
	bool breaker_open;                /* or half-open */
	int64_t hold_until_wall_us;       /* 0: no hold */
};

/* One endpoint, or stage of a pipeline. */
struct endpoint_totals {
	char name[ENDPOINT_NAME_SIZE];
	bool paused; /* by the operator */
	/* how long each bound was in force, without the time in which nothing was left to do;
	 * BOUND_INPUT: no task was ready for it, either */
	int64_t bound_us[BOUND_COUNT];
};

struct totals {
	int64_t bound_us[BOUND_COUNT]; /* of the whole run */
	int n_endpoints;
	struct endpoint_totals endpoint[ENDPOINTS_MAX];
	int n_lanes;
	struct lane_totals lane[TOTALS_LANES];
};

#endif
