/* What was sent and answered over a route or one of its lanes. Pure. */
#ifndef SLUICE_CORE_TRAFFIC_H
#define SLUICE_CORE_TRAFFIC_H

#include <stdint.h>

#include "words.h"

enum { TRAFFIC_RATE_S = 5, TRAFFIC_MINUTE_S = 60 };

/* The answers of each of the last seconds, counted as those of the whole run. */
struct traffic_seconds {
	int64_t second_us; /* the start of the newest second; 0: no answer yet */
	int newest;
	struct {
		uint32_t answered, rate_limited;
	} at[TRAFFIC_MINUTE_S + 1];
};

struct traffic {
	uint32_t in_flight;
	uint64_t started, answered, ok, rate_limited;
	int64_t passed_us; /* of the last ok answer; before one, of the first answer */
	struct traffic_seconds seconds;
};

/* Counts a request that was sent. */
void traffic_started(struct traffic *t);
/* Counts an answer. */
void traffic_answered(struct traffic *t, int64_t now_us, enum outcome outcome);
/* Answers in the last minute. */
uint32_t traffic_in_minute(const struct traffic *t, int64_t now_us);
/* Answers a second over the last few seconds, and refusals by rate limits in the last minute, of a
 * run that is elapsed_us old. */
void traffic_rates(const struct traffic *t, int64_t now_us, int64_t elapsed_us,
	double *answers_per_s, double *refused_in_minute);

#endif
