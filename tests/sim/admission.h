/* The limits of a simulated server and their use. All limits of a scenario hold at once; a request
 * is admitted when none refuses it. */
#ifndef SLUICE_TESTS_SIM_ADMISSION_H
#define SLUICE_TESTS_SIM_ADMISSION_H

#include <stddef.h>

#include "base/clock.h"
#include "base/rng.h"
#include "sim/scenario.h"

/* Times of the accepted requests, oldest first. */
struct times {
	int64_t *at_us; /* ring */
	size_t first, n, size;
};

struct fixed_window {
	int64_t number; /* of the current window */
	double start_s, used, hogged;
};

struct admission {
	const struct scenario *sc;
	double factor, neighbour; /* factor on the limits now */
	int64_t at_us;            /* the buckets are filled up to then */
	double requests, tokens;
	int64_t last_us; /* when the last request was admitted */
	struct fixed_window window;
	struct times sliding;
	int in_flight;
};

/* The decision on a request. */
struct admission_verdict {
	double wait_s;    /* time until it could be admitted; 0: now */
	bool concurrency; /* only the number in flight refuses it */
};

void admission_init(struct admission *a, const struct scenario *sc);
void admission_free(struct admission *a);
/* Updates the use of the limits to now; rng: for a hog's luck. */
void admission_refill(struct admission *a, int64_t now_us, struct rng *rng);
void admission_scale(
	struct admission *a, int64_t now_us, struct rng *rng, double factor, double neighbour);
struct admission_verdict admission_ask(
	struct admission *a, int64_t now_us, struct rng *rng, double cost);
/* Admits a request of this cost: it uses quota and is in flight. */
void admission_take(struct admission *a, int64_t now_us, double cost);
/* A refused request uses quota too. */
void admission_count_refusal(struct admission *a, int64_t now_us);

/* The limits as they are now. */
double admission_gap_s(const struct admission *a);
double admission_rps(const struct admission *a);
double admission_burst(const struct admission *a);
double admission_tps(const struct admission *a);
double admission_window_quota(const struct admission *a);
double admission_window_end_s(const struct admission *a, int64_t now_us); /* time from now */
int admission_sliding_quota(const struct admission *a);
/* The time until the oldest request leaves the sliding window; 0: there is none. */
double admission_sliding_end_s(const struct admission *a, int64_t now_us);

#endif
