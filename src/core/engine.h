/* The engine decides what a run does: items come in, attempts go out, answers come in, records go
 * out. It does no I/O of its own: time is an argument, and it fetches lines, starts requests and
 * writes records through the functions and the ledger that it is given. So tests run it in virtual
 * time. It knows no screen. */
#ifndef SLUICE_CORE_ENGINE_H
#define SLUICE_CORE_ENGINE_H

#include "api/expect.h"
#include "api/request.h"
#include "api/response.h"
#include "api/rows.h"
#include "base/error.h"
#include "figures.h"
#include "core/budget.h"
#include "ledger/replay.h"
#include "core/route.h"

struct engine;
struct attempt; /* a request in flight for a task; owned by the engine */
struct transfer;
struct work;

/* The progress of a request in flight, for screens. Texts are sanitised and have no secret. */
struct attempt_progress {
	const char *phase; /* static: "connect", "sent", … */
	uint64_t bytes_in;
	int64_t idle_us;     /* since a byte moved */
	char host[48];       /* of its URL */
	char request_id[48]; /* the server's name for it; "" until its headers came */
};

struct engine_ops {
	/* Starts a request over a route (an index of engine_add_route()). The attempt comes back in
	 * engine_answered(), never during this call. NULL with err: it cannot be started, and the
	 * run stops. */
	struct transfer *(*start)(void *ctx, int route, const struct request *r,
		struct attempt *attempt, struct error *err);
	/* Cancels a transfer: its answer comes later as NET_CANCELLED. */
	void (*cancel)(void *ctx, int route, struct transfer *x);
	/* Reads an input line again into out. False with err: it cannot be read. */
	bool (*fetch)(void *ctx, uint64_t offset, size_t len, struct buf *out, struct error *err);
	/* Fills what is known of a transfer; out is that of a transfer of which nothing is known.
	 */
	void (*progress)(void *ctx, struct transfer *x, struct attempt_progress *out);
	/* Appends what has been received of a transfer: its header lines, and up to max bytes of
	 * its body. Returns the status; 0: no header has come yet. */
	int (*received)(
		void *ctx, struct transfer *x, size_t max, struct buf *headers, struct buf *body);
	/* Appends the route's common header lines as they are sent to the URL, secrets redacted.
	 * url NULL: only those that are not secret, for any origin. */
	void (*headers)(void *ctx, int route, const char *url, struct buf *out);
	/* Replaces out by the text without the run's secrets. False: the text has none, and out is
	 * unchanged. */
	bool (*redact)(void *ctx, const char *text, size_t len, struct buf *out);
	/* Reads the keys again that are in files or given by commands; says in words, for the
	 * operator, what came of it. False: nothing. NULL: no key can be read again. */
	bool (*reload_keys)(void *ctx, char *words, size_t size);
};

struct engine_config {
	const char *run_name;
	enum input_format format;
	const struct rows *rows; /* how lines become requests; borrowed; NULL: lines are requests */
	enum result_form result_form; /* of the lines that are written */
	int max_attempts;
	int per_request; /* how many items may share a request: so many more should be ready */
	const struct expects *expects; /* of an answer; borrowed; NULL: nothing is expected */
	int expect_attempts;           /* for answers that are not as expected */
	size_t max_response;           /* bytes of an assembled stream; 0: no bound */
	bool retry_failed;   /* items that failed in an earlier session are queued again */
	bool retry_doubtful; /* and so are items whose answers are in doubt */
	int stop_errors;     /* failed items at which the run drains; 0: off */
	double stop_share;   /* the same as a share of the items that ended; 0: off */
	/* Ended items may have other lines or settings now: */
	bool accept_changed;         /* they stay as they ended */
	bool redo_changed;           /* they are asked again */
	struct budget budget;        /* the limits */
	struct input_part part;      /* of the input, if not all of it is fed */
	const struct prices *prices; /* borrowed; NULL: none */
	bool explain_pace;           /* each decision of the pace is an event */
	uint64_t seed;
};

/* Makes an engine. now_us and wall_us: the two clocks. ops and ledger are borrowed and must outlive
 * the engine; it owns work, the chain of sources. It needs a route before any other call. */
struct engine *engine_new(const struct engine_config *config, const struct engine_ops *ops,
	void *ctx, struct ledger *ledger, struct work *work, int64_t now_us, int64_t wall_us);
void engine_free(struct engine *e);

/* Adds a route; indices count from 0, at most ROUTES_MAX. */
void engine_add_route(struct engine *e, const struct route_config *route);
/* Sets the fallback of a route, by name; after all routes were added. */
void engine_link_route(struct engine *e, int route, const char *fallback);

/* Adds the journal's start record; fields are its JSON members, separated by commas, to which it
 * adds those of the engine. */
void engine_write_start(struct engine *e, struct buf *fields);
/* Sets the endpoint of a route; from then on attempts start there. lanes: those of the route from
 * now on, its own or those of another run at this endpoint. Both are borrowed. */
void engine_set_endpoint(
	struct engine *e, int route, const struct endpoint *endpoint, struct lanes *lanes);

/* Queues tasks that are due, and starts a bounded number of requests. Returns when it must be
 * called again if nothing else happens: now_us or less means at once, NEVER_US only after an event.
 */
int64_t engine_turn(struct engine *e, int64_t now_us, int64_t wall_us);
/* Sets the time, before calls between two turns. */
void engine_set_time(struct engine *e, int64_t now_us, int64_t wall_us);
/* An attempt was answered. Reads the answer only during the call. */
void engine_answered(struct engine *e, struct attempt *a, const struct answer *answer,
	int64_t now_us, int64_t wall_us);
/* The ledger was flushed: items get the states whose records are in the kernel now. LEDGER_FULL
 * stops new requests until LEDGER_OK; after LEDGER_ERROR the missing records will never be written.
 */
void engine_flushed(struct engine *e, enum ledger_status status, int64_t wall_us);
/* Writes the stop record and the errors file. False with err: they cannot be written. */
bool engine_write_end(struct engine *e, int64_t now_us, int64_t wall_us, struct error *err);

/* The lanes that the operator's commands about limits change. */
struct lanes *engine_lanes(const struct engine *e);

#endif
