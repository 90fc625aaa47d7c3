/* A queue of events by time; events of the same time keep their order. */
#ifndef SLUICE_TESTS_SIM_EVENTS_H
#define SLUICE_TESTS_SIM_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"

struct sim_event {
	int64_t at_us;
	uint64_t order;
	int kind;
	uint32_t index;
	uint64_t version;
};

struct events {
	struct heap heap; /* of struct sim_event */
	uint64_t order;
};

void events_free(struct events *q);
void events_add(struct events *q, int64_t at_us, int kind, uint32_t index, uint64_t version);
/* Takes the earliest event; false when there is none. */
bool events_pop(struct events *q, struct sim_event *out);
/* When the earliest event is due; NEVER_US: there is none. */
int64_t events_next_us(const struct events *q);

#endif
