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

/* Takes up what an earlier session ended (ledger_replay()'s visitor). Before any line. */
void engine_replay(void *engine, const struct ledger_entry *entry);
/* The journal's start record; fields are JSON members. */
void engine_write_start(struct engine *e, const struct buf *fields);
/* Something the operator should know, into events and journal. */
void engine_warn(struct engine *e, const char *what, const char *detail);
/* Somebody can answer: what would stop a headless run pauses this one, and an end with failures
 * waits for `quit`. Nobody any more: a paused run is drained, since it would stay so for ever. */
void engine_set_interactive(struct engine *e, bool interactive);
/* Where a route's requests go; from then on attempts start there. Borrowed. */
void engine_set_endpoint(struct engine *e, int route, const struct endpoint *endpoint);
/* One more input line (SOURCE_LINE or SOURCE_TOO_LONG with text NULL). */
void engine_feed(struct engine *e, const char *text, size_t len, uint64_t offset, uint64_t number);
/* Input bytes read and in all (-1: unknown), for progress. */
void engine_input_progress(struct engine *e, uint64_t read, int64_t total);
void engine_input_end(struct engine *e);
/* Does it want lines now, because it has next to nothing ready? */
bool engine_hungry(const struct engine *e);

/* Moves what is due and starts what may start, a bounded number. Returns when it wants to be called
 * again without any other event: now_us or less means at once, NEVER_US only after an event. */
int64_t engine_turn(struct engine *e, int64_t now_us, int64_t wall_us);
/* It is so late: for whoever asks or tells it something between its turns. */
void engine_set_time(struct engine *e, int64_t now_us, int64_t wall_us);
/* An attempt ended. */
void engine_answered(struct engine *e, struct attempt *a, const struct answer *answer,
	int64_t now_us, int64_t wall_us);
/* What an attempt's answer is known by to engine_doubted(): up to max names, one for each item.
 * Returns how many. */
size_t engine_attempt_names(const struct attempt *a, struct answer_name *out, size_t max);
/* How often its request may leave again by itself, at the cost of one of its item's attempts each.
 */
unsigned engine_attempt_resends(const struct engine *e, const struct attempt *a);
/* Is it, or one that shares the request, asked again because of a doubt? Over a new connection
 * there is none. */
bool engine_attempt_is_redo(const struct engine *e, const struct attempt *a);
/* These answers may be those to other requests: all but the first, and that, too, when it is not
 * known to be the first (cut). Behind the answers themselves. */
void engine_doubted(struct engine *e, const struct answer_name *names, size_t n, bool cut,
	int64_t now_us, int64_t wall_us);
/* The ledger was flushed: what is in the kernel now counts. Status FULL stops new starts until OK;
 * after ERROR what is not there will never be. */
void engine_flushed(struct engine *e, enum ledger_status status, int64_t wall_us);
/* Stops for good (an I/O error): cancels what is in flight. */
void engine_abort(struct engine *e, const char *why, int64_t wall_us);
/* Tells the operator that the process was suspended; the clock of the run stood meanwhile. */
void engine_suspended(struct engine *e, int64_t suspended_us, int64_t wall_us);

/* An item that has ended stands in the input with another line than it ended with: the run stops,
 * engine_note() says why. */
bool engine_refused(const struct engine *e);
/* The input has ended and had no items. */
bool engine_is_empty(const struct engine *e);

/* Every item has a final state that is in the kernel. */
bool engine_complete(const struct engine *e);
/* Nothing is in flight or to be written, and the run is complete (and nobody stays to look at its
 * failures), drained or stopped: the loop may end. */
bool engine_over(const struct engine *e);
/* Exit code of DESIGN §3: 0, 1, 3 or 4. */
int engine_exit_code(const struct engine *e);
const char *engine_note(const struct engine *e);
/* Writes the stop record and the errors file. */
bool engine_write_end(struct engine *e, int64_t now_us, int64_t wall_us, struct error *err);

#endif
