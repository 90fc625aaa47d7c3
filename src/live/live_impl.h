/* Inside of the live calls; for src/live only. */
#ifndef SLUICE_LIVE_LIVE_IMPL_H
#define SLUICE_LIVE_LIVE_IMPL_H

#include <ev.h>
#include <sys/queue.h>

#include "api/assembly.h"
#include "api/request.h"
#include "base/rng.h"
#include "core/route.h"
#include "live/decide.h"
#include "live/live.h"
#include "net/transport.h"
#include "pace/estimate.h"
#include "plan/credentials.h"
#include "plan/endpoint_spec.h"
#include "session/process.h"

enum { LIVE_OWNER_SIZE = 64 };

struct live_keys;
struct live_side;

/* One endpoint of an API. */
struct live_route {
	struct live_side *side;
	struct endpoint_spec spec;
	struct session_endpoint endpoint;
	struct lanes *lanes;
	struct lanes *unused; /* its own, when the process had some; NULL */
	struct transport *transport;
};

/* Calls that wait for the same lanes, oldest first. It is there while a call is of it. */
struct live_queue {
	LIST_ENTRY(live_queue) next;
	struct destination to;
	TAILQ_HEAD(live_calls, live_call) calls;
	int users;
};

/* The endpoints that speak one API. */
struct live_side {
	struct live *live;
	const struct run_settings *run; /* NULL: none speaks it */
	struct routes routes;
	struct live_route route[ROUTES_MAX];
	struct origin_headers origin_headers;
	LIST_HEAD(, live_queue) queues;
	struct process_run in_process;
	ev_timer wake;
	int calls; /* that have not ended */
};

enum live_state { LIVE_WAITS, LIVE_BACKS_OFF, LIVE_IN_FLIGHT };

/* The answer of an attempt, when it is a stream. */
struct live_stream {
	struct body_sink sink;
	struct assembly *assembly; /* NULL until an answer was a stream */
	struct buf held;           /* what the client has not had yet */
	bool has_event;            /* an event is among it */
	bool in_sink;              /* within libcurl, which must not be called again */
};

struct live_call {
	TAILQ_ENTRY(live_call) next; /* in its queue */
	LIST_ENTRY(live_call) in_all;
	TAILQ_ENTRY(live_call) goes_on; /* among those to be resumed */
	struct live_side *side;
	struct live_queue *queue;
	const struct live_handlers *handlers; /* NULL: the client has left */
	void *ctx;
	enum live_state state;
	ev_timer due; /* ends its backing off */

	/* The request. */
	struct buf body, headers;
	char *url; /* a JSON string */
	char owner[LIVE_OWNER_SIZE];
	struct request_line line; /* spans point into body and url */
	double tokens, tokens_in; /* estimated; tokens: in all */

	/* The present attempt, or the last one. */
	int route; /* ROUTE_NONE: there was none */
	struct route_lane *lane;
	struct lane_ticket ticket;
	struct transfer *transfer;
	const struct provider *provider;
	enum asked asked;
	struct live_stream stream;
	bool paused, resumes;

	struct live_tries tries;
	int attempts;
	int64_t start_us, first_us;  /* by the run's clock; first_us 0: nothing came yet */
	bool headed;                 /* the client has a part of the answer */
	struct live_problem problem; /* of the last attempt */
	enum outcome outcome;
};

struct live {
	struct live_config config;
	struct ev_loop *loop;
	struct run_clock *clock;
	struct live_side side[LIVE_APIS];
	struct live_keys *keys; /* those in files or given by commands; NULL: none */
	struct secrets secrets; /* of all endpoints: a text may come from anywhere */
	struct rng rng;
	struct estimate estimate;
	struct request request; /* the one that is being built */
	LIST_HEAD(, live_call) calls;
	TAILQ_HEAD(, live_call) going_on;
	ev_prepare turn;
	ev_timer tick;
	struct live_figures figures;
	int drains; /* calls of live_drain() */
};

static inline int64_t live_now_us(const struct live *l)
{
	return run_clock_now_us(l->clock);
}

/* live_routes.c */
/* Opens the endpoints of a side. */
bool live_side_open(struct live_side *side, transport_done *done, struct error *err);
void live_side_close(struct live_side *side);

/* live_keys.c */
/* An endpoint has its key from there. */
void live_keys_add(struct live *l, struct key_source *source);
/* The route's key was refused with 401; latency_us: how long the answer took. True: another one is
 * in use, or is being fetched. */
bool live_key_refused(struct live_route *route, int64_t latency_us);
/* Has another key just come, or is one being fetched? Fetches those that are due. */
bool live_keys_renewed(struct live *l);
void live_keys_free(struct live *l);

/* live_queue.c */
/* Puts a new call into the queue for its model; false and problem: no endpoint takes it. */
bool live_queue_add(struct live_call *c, struct live_problem *problem);
/* A call is to be tried again: before those that came later. */
void live_queue_again(struct live_call *c);
/* It waits there no more. */
void live_queue_take(struct live_call *c);
/* The call is gone, and with the last one its queue. */
void live_queue_leave(struct live_call *c);
/* Starts what may start. */
void live_side_turn(struct live_side *side, int64_t now_us);
/* Refuses calls that have waited for too long. */
void live_side_tick(struct live_side *side, int64_t now_us);

/* live_send.c */
/* Sends the call over a route. */
void live_send(struct live_call *c, int route, int64_t now_us);
/* An attempt of the call was answered. */
void live_answered(void *route, void *call, const struct answer *answer);

/* live_stream.c */
/* Makes the request deliver a stream to the call as it comes. */
void live_stream_prepare(struct live_call *c, struct request *r, int64_t now_us);
/* Is the answer a stream that came whole enough to be judged? Replaces the answer's body by the
 * assembled one. */
bool live_stream_answer(struct live_call *c, struct answer *answer);
/* Gives the client what it has not had. */
void live_stream_flush(struct live_call *c);
/* Give the client the head of the answer, and bytes of it, which have no secrets. */
void live_give_head(struct live_call *c, const struct live_head *head);
void live_give_body(struct live_call *c, const char *data, size_t len);

/* live.c */
/* The call has ended: tells its client, and frees it. */
void live_end_call(struct live_call *c, bool whole, const struct verdict *v);
/* The call is tried again at this time. */
void live_back_off(struct live_call *c, int64_t due_us);
/* Ends a call that has no answer; problem says why. */
void live_refuse_call(struct live_call *c);

#endif
