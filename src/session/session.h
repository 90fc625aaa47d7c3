/* A run on an event loop: the engine with its input, ledger and transport wired to libev. */
#ifndef SLUICE_SESSION_SESSION_H
#define SLUICE_SESSION_SESSION_H

#include "base/error.h"
#include "port.h"
#include "plan/settings.h"

struct allowance_ops;
struct fair_share;
struct process;
struct session;

/* A run of the process, which must outlive it: opens input and ledger, reads the key, restores an
 * earlier run; nothing is sent. NULL and err when the run cannot begin (exit 2). */
struct session *session_new(
	struct process *process, const struct run_settings *settings, struct error *err);
/* The engine's port for dashboards; valid as long as the session. */
struct port session_port(struct session *s);
/* The same for clients elsewhere; see control.h. */
struct port session_far_port(struct session *s);
/* What the owner of the run allows it; see core/allowance.h. To be called before session_start().
 */
void session_set_allowance(struct session *s, const struct allowance_ops *ops, void *ctx);
/* The run has this share of the starts at endpoints that others ask, too, from now on. */
void session_set_share(struct session *s, const struct fair_share *share);
/* The run has a turn soon: it may start now what it could not. */
void session_wake(struct session *s);
/* Starts sending. When the run has ended and its files are written, it leaves the process, and the
 * last one breaks the loop. interactive: an operator watches and can answer, so a reason to
 * stop a headless run only pauses this one. stays: the run waits for the command `quit` when all
 * items have ended; their records are complete and on the disk by then, and --on-end is called. */
void session_start(struct session *s, bool interactive, bool stays);
/* Calls ended(ctx) when the run has ended and left the process, still within the run's turn: the
 * session is freed in a later one. To be called before session_start(). */
void session_on_end(struct session *s, void (*ended)(void *ctx), void *ctx);
/* The operator interrupts: the first call drains the run, the second aborts requests in flight, the
 * third leaves at once. Once the run has ended, each call ends the hooks, the second with SIGKILL.
 */
void session_interrupt(struct session *s);
/* A batch system announces the end of the run, possibly several times: drains. */
void session_warned(struct session *s);
/* The terminal is gone: a run that waits for its operator ends; others continue or drain, by
 * --on-hangup. */
void session_hung_up(struct session *s);
/* The run has no terminal of its own: operators come and go by other ways, see session_left(). To
 * be called before session_start(). */
void session_set_alone(struct session *s);
/* Its operator has left a run that goes on; others can reach it. It waits for nobody when all items
 * have ended. See engine_left(). */
void session_left(struct session *s);
/* Whether it waits for `quit` from now on, see session_start(). */
void session_set_stays(struct session *s, bool stays);
/* An operator is there again. */
void session_joined(struct session *s);
/* After the loop has ended, and no watcher uses the port any more: calls --on-end, unless it was
 * called for this end when the run began to wait for `quit`, and waits on the loop for the hooks
 * that run, at most 37 s. session_interrupt() ends them. */
void session_end_hooks(struct session *s);
/* The exit code of DESIGN §3 (0, 1, 3 or 4), once the loop has ended. */
int session_exit_code(const struct session *s);
/* The error for exit code 4, or the reason for exit code 3; "" otherwise. */
const char *session_note(const struct session *s);
void session_free(struct session *s);

#endif
