/* Inside of the session; for session*.c only. */
#ifndef SLUICE_RUN_SESSION_IMPL_H
#define SLUICE_RUN_SESSION_IMPL_H

#include "input/source.h"
#include "net/transport.h"
#include "run/engine.h"
#include "run/ledger.h"
#include "run/session.h"
#include "run/session_endpoint.h"

struct session {
	struct ev_loop *loop;
	const struct settings *settings;
	struct source *source;
	struct ledger *ledger;
	struct lane *lane;
	struct engine *engine;
	struct session_endpoint endpoint;
	struct transport *transport;

	ev_prepare turn;
	ev_timer wake, tick, sync;
	ev_idle read_idle, look_idle;
	ev_io read_pipe;
	ev_signal sigint, sigterm, sighup;
	int64_t last_tick_us;
	bool input_done, over;
	int exit_code;
	char note[512];
	struct engine_config config;
};

/* session.c: the run cannot go on. */
void session_fail(struct session *s, const char *why);

/* session_input.c */
void session_input_init(struct session *s);
/* Reads the first lines of a file, so that what is wrong with them is said before anything is sent.
 */
bool session_input_first(struct session *s, struct error *err);
/* From then on the rest comes in idle moments, or as a pipe has it. */
void session_input_start(struct session *s);
/* Reads a good deal at once. */
void session_input_read_now(struct session *s);
void session_input_stop(struct session *s);

/* session_ops.c: what the engine asks for; the context is the session. */
extern const struct engine_ops session_engine_ops;

#endif
