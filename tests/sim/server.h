/* The model of a server with limits. Admission is decided at the instant a request arrives; what
 * the client learns of it comes later. */
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
	uint64_t reported; /* answers with headers so far: what is used of the day's budget */
};

/* What becomes of a request. */
struct server_verdict {
	bool refused;
	bool queued;          /* taken by the slots: server_finished() tells when it is done */
	int status;           /* 0: the connection is reset */
	double delay_s;       /* until the answer */
	double retry_after_s; /* of a refusal; negative: none told */
};

void server_init(struct server *s, const struct scenario *sc);
void server_free(struct server *s);
/* A change of the limits. */
void server_scale(struct server *s, int64_t now_us, double factor, double neighbour);
/* Brings what is used up to now: the last moment of a hog, whom nobody else may have made move. */
void server_refill(struct server *s, int64_t now_us);
struct server_verdict server_arrive(
	struct server *s, int64_t now_us, uint32_t request, double cost);
/* An admitted request that was not queued is answered. */
void server_done(struct server *s, int64_t now_us);
/* The next queued request that is done by now; false: none. */
bool server_finished(struct server *s, int64_t now_us, uint32_t *request);
/* Rate-limit headers as text, by what is used at the last event; returns their length, 0 when the
 * server sends none. */
size_t server_headers(struct server *s, int64_t now_us, char *out, size_t size);

#endif
