/* The signals of the process, passed on to the run. They belong to main: a session gets requests
 * and does not know their source. */
#ifndef SLUICE_RUN_SIGNALS_H
#define SLUICE_RUN_SIGNALS_H

#include <ev.h>
#include <stdbool.h>

#include "session/session.h"

enum { INTERRUPTS = 2, WARNINGS = 3 };

struct run_signals {
	struct ev_loop *loop;
	ev_signal interrupt[INTERRUPTS];
	ev_signal warning[WARNINGS]; /* that the batch system is about to end the run */
	ev_signal hangup;
};

/* From here on signals go to the session. watch_hangup: nobody else watches for the loss of the
 * terminal. */
void run_signals_start(
	struct run_signals *g, struct ev_loop *loop, struct session *session, bool watch_hangup);
/* The run has ended: signals are blocked from here on, since with the watchers they get their
 * defaults back, and one more ^C must not take the exit code from a run that has only its memory to
 * give back. */
void run_signals_stop(struct run_signals *g);

#endif
