/* What the mock counted, for /stats. */
#ifndef SLUICE_MOCK_STATS_H
#define SLUICE_MOCK_STATS_H

#include <stdint.h>

#include "base/buf.h"
#include "mock/model.h"

enum { STATS_STATUSES = 600 };

/* requests = answered + in_flight + dropped. */
struct stats {
	uint64_t requests, answered, dropped;
	uint64_t by_status[STATS_STATUSES];     /* of answered */
	uint64_t refused_by[MODEL_LIMIT_COUNT]; /* of the model's refusals */
	uint64_t in_flight, peak_in_flight;
	uint64_t connections, open_connections;
	uint64_t tokens_in, tokens_out; /* of answers with status 200 */
	uint64_t bytes_in;
	int64_t start_us, first_us, last_us; /* monotonic; of requests; 0: none */
};

void stats_reset(struct stats *s, int64_t now_us); /* what is open or in flight stays counted */
void stats_request(struct stats *s, int64_t now_us, uint64_t bytes);
void stats_answer(struct stats *s, int status);
void stats_drop(struct stats *s);
/* Appends a JSON object on one line. */
void stats_write(const struct stats *s, int64_t now_us, struct buf *out);

#endif
