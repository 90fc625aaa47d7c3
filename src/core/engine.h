/* The engine: items in, attempts out, answers in, records out. It decides and does no I/O of its
 * own: time comes as an argument, lines are fetched, requests started and records written through
 * what it is given, so that tests run it in virtual time. It knows no screen. */
#ifndef SLUICE_CORE_ENGINE_H
#define SLUICE_CORE_ENGINE_H

#include "api/expect.h"
#include "api/request.h"
#include "api/response.h"
#include "api/rows.h"
#include "base/error.h"
#include "words.h"
#include "core/budget.h"
#include "ledger/replay.h"
#include "core/route.h"

struct engine;
struct attempt; /* one request under way; owned by the engine */
struct transfer;
struct work;

/* How far a request under way is, for screens. Texts are sanitised and hold no secret. */
struct attempt_progress {
	const char *phase; /* static: "connect", "sent", … */
	uint64_t bytes_in;
	int64_t idle_us;     /* since a byte moved */
	char host[48];       /* of its URL */
	char request_id[48]; /* the server's name for it; "" until its headers came */
};

struct engine_ops {
	/* Starts a request over a route, by the index of engine_add_route(); attempt comes back
	 * with engine_answered(), never from within this call. NULL when it cannot be started at
	 * all (err): the run stops. */
	struct transfer *(*start)(void *ctx, int route, const struct request *r,
		struct attempt *attempt, struct error *err);
	/* Its answer comes later as NET_CANCELLED. */
	void (*cancel)(void *ctx, int route, struct transfer *x);
	/* Reads an input line again into out. */
	bool (*fetch)(void *ctx, uint64_t offset, size_t len, struct buf *out, struct error *err);
	/* out is as of a transfer of which nothing is known. */
	void (*progress)(void *ctx, struct transfer *x, struct attempt_progress *out);
	/* Appends what has been received of a transfer: its header lines, up to max bytes of its
	 * body. Returns the status, 0 when no header came yet. */
	int (*received)(
		void *ctx, struct transfer *x, size_t max, struct buf *headers, struct buf *body);
	/* Appends the route's common header lines as they go to the URL, secrets redacted; url
	 * NULL: those that are no secrets, of whatever origin. */
	void (*headers)(void *ctx, int route, const char *url, struct buf *out);
	/* Replaces what out holds by text without the run's secrets; false, and out as it was, when
	 * text holds none of them. */
	bool (*redact)(void *ctx, const char *text, size_t len, struct buf *out);
};

struct engine_config {
	const char *run_name;
	enum input_format format;
	const struct rows *rows; /* how the input is read; borrowed; NULL: its lines are requests */
	int max_attempts;
	int per_request; /* how many items may share one: as many more should be ready */
	const struct expects *expects; /* of a good answer; borrowed; NULL: nothing */
	int expect_attempts;           /* for answers that fail them */
	size_t max_response;           /* bytes of an assembled stream; 0: no bound */
	bool retry_failed;    /* items that failed in an earlier session are queued again */
	bool retry_doubtful;  /* so are those that got an answer which may be another's */
	bool accept_changed;  /* lines of ended items may have changed: what they ended as stays */
	struct budget budget; /* limits and prices */
	bool explain_pace;    /* each step of the pace is an event */
	uint64_t seed;
};

/* now_us and wall_us: the two clocks. ops and ledger are borrowed and must outlive it; work is the
 * chain of sources, owned from here on. It needs at least one route before anything else is
 * called. */
struct engine *engine_new(const struct engine_config *config, const struct engine_ops *ops,
	void *ctx, struct ledger *ledger, struct work *work, int64_t now_us, int64_t wall_us);
void engine_free(struct engine *e);

/* One more way for requests to go: their indices count from 0. At most ROUTES_MAX. */
void engine_add_route(struct engine *e, const struct route_config *route);
/* What one refuses goes to another, by name; once all were added. */
void engine_link_route(struct engine *e, int route, const char *fallback);

/* The journal's start record; fields are JSON members. */
void engine_write_start(struct engine *e, const struct buf *fields);
/* Where a route's requests go; from then on attempts start there. Borrowed. */
void engine_set_endpoint(struct engine *e, int route, const struct endpoint *endpoint);

/* Moves what is due and starts what may start, a bounded number. Returns when it wants to be called
 * again without any other event: now_us or less means at once, NEVER_US only after an event. */
int64_t engine_turn(struct engine *e, int64_t now_us, int64_t wall_us);
/* It is so late: for whoever asks or tells it something between its turns. */
void engine_set_time(struct engine *e, int64_t now_us, int64_t wall_us);
/* An attempt ended. */
void engine_answered(struct engine *e, struct attempt *a, const struct answer *answer,
	int64_t now_us, int64_t wall_us);
/* The ledger was flushed: what is in the kernel now counts. Status FULL stops new starts until OK;
 * after ERROR what is not there will never be. */
void engine_flushed(struct engine *e, enum ledger_status status, int64_t wall_us);
/* Writes the stop record and the errors file; false: they cannot be written. */
bool engine_write_end(struct engine *e, int64_t now_us, int64_t wall_us, struct error *err);

/* The lane that the operator's commands about limits go to. */
struct lane *engine_lane(const struct engine *e);

#endif
