/* A port of a service without one: batches in every state, live calls, and a batch that opens as a
 * run. */
#ifndef SLUICE_TESTS_FAKE_SERVICE_H
#define SLUICE_TESTS_FAKE_SERVICE_H

#include "base/error.h"
#include "fake_port.h"

enum { FAKE_BATCHES = 40, FAKE_CALLS = 12 };

struct fake_service {
	struct fake_port own; /* figures, events, commands; first: it is the port's ctx */
	struct fake_port run; /* of the batch that is open */
	struct batch_row batch[FAKE_BATCHES];
	size_t batches;
	uint64_t more;
	struct call_row call[FAKE_CALLS];
	struct calls_info calls;
	char opened[BATCH_ID_SIZE]; /* the last one that was asked for */
	enum batch_open answer;     /* of opened() */
	int closed;
};

/* empty: no batches, no calls. */
void fake_service_set(struct fake_service *f, bool empty);
struct port fake_service_port(struct fake_service *f);

#endif
