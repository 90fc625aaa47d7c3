/* A vLLM-like service: it works on so many requests at once, more slowly the more there are; the
 * others queue. */
#ifndef SLUICE_TESTS_SIM_SLOTS_H
#define SLUICE_TESTS_SIM_SLOTS_H

#include "base/rng.h"
#include "sim/events.h"

struct slots {
	int most;
	double alone_s;  /* mean time of an answer alone */
	double progress; /* of all running requests, in steps */
	int64_t progress_us;
	struct events running; /* at_us: final progress in millionths of a step */
	uint32_t *queue;
	double *queue_work;
	size_t queue_first, queue_n, queue_size;
};

void slots_free(struct slots *s);
void slots_take(struct slots *s, int64_t now_us, uint32_t request, struct rng *rng);
/* When the next request is done; NEVER_US: none is running. */
int64_t slots_next_us(const struct slots *s, int64_t now_us);
/* The next request that is done by now; false: none. */
bool slots_finished(struct slots *s, int64_t now_us, uint32_t *request);

#endif
