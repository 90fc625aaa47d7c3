/* The mock's counts, for /stats. */
#ifndef SLUICE_MOCK_STATS_H
#define SLUICE_MOCK_STATS_H

#include <stdint.h>

#include "base/buf.h"
#include "mock/model.h"

enum { STATS_STATUSES = 600 };

/* requests = answered + in_flight + dropped. Those about the models themselves cost nobody
 * anything, and are counted apart. */
struct stats {
	uint64_t requests, answered, dropped;
	uint64_t models_asked;
	uint64_t by_status[STATS_STATUSES];     /* of the answered ones */
	uint64_t refused_by[MODEL_LIMIT_COUNT]; /* of the model's refusals, by limit */
	uint64_t in_flight, peak_in_flight;
	uint64_t connections, open_connections; /* accepted, and open now */
	uint64_t tokens_in, tokens_out;         /* of answers with status 200 */
	uint64_t bytes_in;                      /* of request bodies */
	int64_t start_us;                       /* monotonic: the last reset */
	int64_t first_us, last_us;              /* monotonic: first and last request; 0: none */
};

/* Begins at now_us; open connections and requests in flight stay counted. */
void stats_reset(struct stats *s, int64_t now_us);
/* A request with a body of so many bytes came at now_us. */
void stats_request(struct stats *s, int64_t now_us, uint64_t bytes);
/* A request was answered with this status. */
void stats_answer(struct stats *s, int status);
/* A request ended without an answer. */
void stats_drop(struct stats *s);
/* Appends the counts as a JSON object on one line. */
void stats_write(const struct stats *s, int64_t now_us, struct buf *out);

#endif
