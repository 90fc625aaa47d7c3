/* Inside of the session; for session*.c only. */
#ifndef SLUICE_SESSION_SESSION_IMPL_H
#define SLUICE_SESSION_SESSION_IMPL_H

#include "input/sample.h"
#include "input/source.h"
#include "net/transport.h"
#include "plan/endpoint_spec.h"
#include "control/control.h"
#include "core/doubt.h"
#include "core/engine.h"
#include "core/intake.h"
#include "core/lifecycle.h"
#include "core/recorder.h"
#include "ledger/ledger.h"
#include "session/process.h"
#include "session/session.h"
#include "plan/credentials.h"
#include "plan/input_form.h"
#include "plan/pipeline_load.h"
#include "work/chain.h"

/* One endpoint of the run: its address, key, pace and connections. A separate transport keeps its
 * credentials from all other endpoints. */
struct session_route {
	struct session *session;
	struct endpoint_spec spec; /* as configured; without a url the run's options apply */
	struct session_endpoint endpoint;
	struct lanes *lanes;
	struct lanes *unused; /* its own, when another run had some for this endpoint; NULL */
	struct session_route *lender; /* an earlier stage whose lanes it has; NULL */
	struct transport *transport;  /* NULL until the first line determines the provider */
};

/* What is done with the next line. */
enum reading {
	READ_ALL,    /* it is fed */
	READ_FIRST,  /* the same, up to the last of the part */
	READ_REST,   /* the part is fed: it is counted */
	READ_SAMPLE, /* it is offered to the sample */
	READ_CHOSEN  /* all were read: the sample is fed */
};

/* How the input is read. */
struct session_input {
	struct input_form form;
	bool form_told;
	enum reading reading;
	struct sample sample; /* of --sample */
	uint64_t lines;       /* that are items, read so far */
	size_t fed;           /* of the sample */
	bool read_to_end;     /* all lines of the source were read */
	int lines_looked_at;  /* for mistakes that are no errors */
	int warned;
	uint64_t warned_of[5]; /* hashes of the texts */
};

struct session {
	struct process *process; /* borrowed */
	struct process_run run;  /* of it */
	struct ev_loop *loop;
	const struct run_settings *settings;
	struct source *source;
	struct ledger *ledger;
	struct chain_config chain;
	struct work *work; /* the engine's */
	struct engine *engine;
	struct control *control;
	struct session_route route[ROUTES_MAX];
	int n_routes;
	struct session_keys *keys; /* those that are in files or given by commands */
	struct origin_headers origin_headers;
	struct secrets secrets; /* of all routes: a text may come from anywhere */
	bool opened;            /* the routes have their transports */

	ev_prepare turn;
	ev_timer wake, tick, sync;
	ev_idle read_idle, background_idle;
	ev_io read_pipe;
	struct run_clock *clock;       /* of the process */
	int64_t reported_suspended_us; /* share of suspended_us that was reported */
	bool accepted;                 /* it may begin: its start is on record */
	bool input_done, started, over, was_warned, warned_withheld;
	bool alone;   /* it has no terminal */
	bool due;     /* for a turn: something has happened */
	bool resting; /* all items have ended, and the run waits for `quit` */
	bool hurried; /* by session_interrupt() */
	int exit_code;
	char note[512];
	void (*ended)(void *ctx); /* NULL: nobody waits for it */
	void *ended_ctx;
	struct engine_config config;
	struct expects expects;
	struct rows *rows;                 /* owned; NULL: lines are requests */
	struct cache *cache;               /* NULL: none */
	struct session_pipeline *pipeline; /* NULL: none */
	struct session_hooks *hooks;       /* NULL: none */
	struct session_input input;
};

/* session_routes.c */
/* Reads --endpoint and adds a route for each, or the one of --url, to the engine. */
bool session_routes_add(struct session *s, struct error *err);
/* Opens their transports; the first line may determine the provider. The context of done is the
 * session_route. */
bool session_routes_open(
	struct session *s, const char *line, size_t len, transport_done *done, struct error *err);
/* A hash of the names, addresses and models of several endpoints; 0: there is one, or stages have
 * theirs.
 */
uint64_t session_routes_hash(const struct session *s);
/* A hash of the places where their keys are from, once they are open. */
uint64_t session_routes_keys(const struct session *s);
/* Nothing is in flight: until when may the connections still show surplus answers? 0: they were
 * checked for the last time. */
int64_t session_routes_settle(struct session *s);
/* Ends the transports; the caller then frees the engine, then everything else. */
void session_routes_stop(struct session *s);
void session_routes_free(struct session *s);

/* session_cache.c */
/* Opens --cache; false when it cannot be used. */
bool session_cache_open(struct session *s, struct error *err);
/* NULL: there is none. */
const struct answer_store *session_cache_store(const struct session *s);
/* Reports failures of the cache. */
void session_cache_tick(struct session *s);
/* Waits until all is written. */
void session_cache_flush(struct session *s);
void session_cache_close(struct session *s);

/* session_lost.c */
/* May the run continue with fewer results than before? Asks on a terminal; false and err: no. */
bool session_accept_lost(struct session *s, struct error *err);

/* session_input.c */
/* The watchers, not yet started. */
void session_input_init(struct session *s);
/* Reads the first lines of a file, so that their errors are reported before anything is sent; all
 * of them when each may be wrong for the endpoints. */
bool session_input_first(struct session *s, struct error *err);
/* Why the input is of no use as a whole, after it was read to its end; false: it has a good line.
 */
bool session_input_useless(const struct session *s, struct error *err);
/* Reads further lines in idle moments, or as a pipe provides them. */
void session_input_start(struct session *s);
/* Reads a good deal at once. */
void session_input_read_now(struct session *s);
/* Warns of an input that is not as it was: by itself that is no harm. */
void session_input_watch(struct session *s);
/* Nothing more is read. */
void session_input_stop(struct session *s);

/* session_ops.c: the calls of the engine; the context is the session. */
extern const struct engine_ops session_engine_ops;

#endif
