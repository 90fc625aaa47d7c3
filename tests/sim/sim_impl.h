/* Shared by the files of a simulation; nobody else includes this. */
#ifndef SLUICE_TESTS_SIM_SIM_IMPL_H
#define SLUICE_TESTS_SIM_SIM_IMPL_H

#include "base/clock.h"
#include "base/histogram.h"
#include "base/rng.h"
#include "sim/events.h"
#include "sim/server.h"
#include "sim/sim.h"

enum sim_event_kind {
	EVENT_ARRIVE, /* index: request */
	EVENT_ANSWER, /* index: request */
	EVENT_SLOTS,
	EVENT_WAKE, /* index: client */
	EVENT_TICK, /* index: client */
	EVENT_STEP,
	EVENT_NEIGHBOUR,
	EVENT_HOG_ENDS
};

struct item {
	double cost, estimate;
	int failures;
};

struct request {
	struct item item;
	struct lane_ticket ticket;
	uint32_t client;
	int64_t sent_us;
	struct server_verdict verdict;
	char headers[640];
	size_t headers_len;
	uint32_t next_free;
};

enum { NO_REQUEST = UINT32_MAX };

/* One instance: endless work behind a lane, or behind the oracle. */
struct client {
	struct lane *lane;     /* NULL: the oracle paces */
	uint64_t changes_seen; /* of the lane */
	struct rng rng;
	int64_t start_us;
	int in_flight;
	bool have_next;
	struct item next;
	uint64_t items_left;
	/* Items that come back: by time, index into waiting. */
	struct events retries;
	struct item *waiting;
	uint32_t waiting_n, waiting_size, *waiting_free, waiting_free_n;
	int64_t wake_us;
	uint64_t wake_version;
	int64_t oracle_next_us; /* for a scenario whose only limit is a gap */
	double ok_late;         /* answers from a minute after the last start on */
};

struct sim {
	const struct scenario *sc;
	enum sim_pacing pacing;
	struct server server;
	struct client client[SIM_INSTANCES];
	uint32_t clients;
	struct rng neighbour_rng; /* separate, so that lane and oracle get the same neighbour */
	int64_t now_us, end_us, late_us;
	struct events events;
	struct request *request;
	uint32_t requests, free_request;
	uint64_t slots_version;
	bool neighbour_on;
	struct histogram latency;
	struct sim_result result;
};

/* sim.c: the requests under way. */
uint32_t sim_take_request(struct sim *s);
/* Sends it: it reaches the server after the network's jitter. */
void sim_send(struct sim *s, uint32_t request);

/* client.c */
void client_init(struct sim *s, uint32_t client, uint64_t items);
void client_free(struct client *c);
/* Has it nothing left to send, in flight or to retry? */
bool client_is_done(const struct client *c);
/* Sends the items that may go now, and schedules the next call. */
void client_pump(struct sim *s, struct client *c);
void client_wake(struct sim *s, struct client *c, uint64_t version);
void client_tick(struct sim *s, struct client *c);
/* The answer to a request has come. */
void client_answered(struct sim *s, uint32_t request);

/* series.c: samples the first client's lane from now on. */
void series_start(struct sim *s);
/* Takes a sample when a second ends; does nothing at other times. */
void series_sample(struct sim *s);

/* oracle.c: when may the client's next item go? */
struct lane_verdict oracle_ask(struct sim *s, struct client *c);
void oracle_sent(struct sim *s, struct client *c);

#endif
