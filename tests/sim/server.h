/* The model of a server with limits. Admission is decided at the instant of sending; what the
 * client learns of it comes later. */
#ifndef SLUICE_TESTS_SIM_SERVER_H
#define SLUICE_TESTS_SIM_SERVER_H

#include "base/rng.h"
#include "sim/events.h"
#include "sim/scenario.h"

struct server {
	const struct scenario *sc;
	struct rng rng;
	double factor, neighbour; /* of the limits, now */
	double requests, tokens;  /* in the buckets */
	int64_t at_us;
	int64_t window; /* number of the current one */
	double window_used;
	int in_flight;
	/* slots: progress of all running, in steps; who runs by its final progress, who queues */
	double progress;
	int64_t progress_us;
	struct events running; /* at_us: final progress in millionths of a step */
	uint32_t *queue;
	double *queue_work;
	size_t queue_first, queue_n, queue_size;
};

/* What becomes of a request. */
struct server_verdict {
	bool queued; /* taken by the slots: server_finished() tells when it is done */
	int status;
	double delay_s;       /* until the answer */
	double retry_after_s; /* of a refusal; negative: none told */
};

void server_init(struct server *s, const struct scenario *sc);
void server_free(struct server *s);
/* A change of the limits. */
void server_scale(struct server *s, int64_t now_us, double factor, double neighbour);
/* Seconds until a request of this cost could be admitted; 0: now. */
double server_wait_s(struct server *s, int64_t now_us, double cost);
bool server_is_out(const struct server *s, int64_t now_us);
struct server_verdict server_send(struct server *s, int64_t now_us, uint32_t request, double cost);
/* An admitted request that was not queued is answered. */
void server_done(struct server *s);
/* When the next of the slots is done; NEVER_US: none is running. */
int64_t server_next_us(const struct server *s, int64_t now_us);
/* The next request that is done by now; false: none. */
bool server_finished(struct server *s, int64_t now_us, uint32_t *request);
/* Rate-limit headers as text; returns their length, 0 when the server sends none. */
size_t server_headers(struct server *s, int64_t now_us, char *out, size_t size);

#endif
