/* The model of a server with limits. It decides on admission when a request arrives; the client
 * gets the answer later. */
#ifndef SLUICE_TESTS_SIM_SERVER_H
#define SLUICE_TESTS_SIM_SERVER_H

#include "sim/admission.h"
#include "sim/slots.h"

/* The wall clock when a simulation starts: 2026-01-01 00:00:00 UTC. */
#define SIM_WALL_US (INT64_C(1767225600) * US_PER_S)

struct server {
	const struct scenario *sc;
	struct rng rng;
	struct admission admission;
	struct slots slots;
	uint64_t reported; /* answers with headers so far: the use of the day's budget */
};

/* The fate of a request. */
struct server_verdict {
	bool refused;
	bool queued;          /* taken by the slots until server_finished() returns it */
	int status;           /* 0: the connection is reset */
	double delay_s;       /* until the answer */
	double retry_after_s; /* of a refusal; negative: none */
};

void server_init(struct server *s, const struct scenario *sc);
void server_free(struct server *s);
/* Multiplies the limits by factor, less the neighbour's share. */
void server_scale(struct server *s, int64_t now_us, double factor, double neighbour);
/* Updates the use of the limits to now: call it at the end of a hog, which nothing else may have
 * moved. */
void server_refill(struct server *s, int64_t now_us);
struct server_verdict server_arrive(
	struct server *s, int64_t now_us, uint32_t request, double cost);
/* An admitted request that was not queued got its answer. */
void server_done(struct server *s, int64_t now_us);
/* Returns the next queued request that is done by now; false: none. */
bool server_finished(struct server *s, int64_t now_us, uint32_t *request);
/* Writes rate-limit headers as text, by the use at the last event; returns their length, 0 when the
 * server sends none. */
size_t server_headers(struct server *s, int64_t now_us, char *out, size_t size);

#endif
