/* The process of a run: its session, the ways to reach it, its signals and, when it was started as
 * a process of its own, the client that launched it. It knows no screen. */
#ifndef SLUICE_RUN_HOST_H
#define SLUICE_RUN_HOST_H

#include <ev.h>
#include <stdbool.h>

#include "base/error.h"
#include "cli/settings.h"
#include "launch/launch.h"
#include "past/look_back.h"
#include "run_signals.h"
#include "session/attendance.h"
#include "session/process.h"
#include "session/reach.h"
#include "session/session.h"

struct run_host {
	struct ev_loop *loop;
	const struct settings *settings; /* borrowed */
	struct launch *launch;           /* borrowed; NULL: no process of its own */
	struct process *process;
	struct session *session;
	struct reach *reach;
	struct look_back *past; /* of the results, for a dashboard */
	struct run_signals signals;
	struct attendance attendance;
};

/* Opens the run and tells the launching client that it has begun. False: err says why, and nothing
 * is left open. */
bool run_host_open(struct run_host *h, const struct settings *settings, struct launch *launch,
	struct error *err);
/* Runs until the end. operated: somebody may answer its questions; interactive: a dashboard in this
 * process watches for the loss of its terminal. */
void run_host_run(struct run_host *h, bool operated, bool interactive);
/* Ends hooks, signals and sockets and frees the session, after the screen is gone; returns the exit
 * code. */
int run_host_close(struct run_host *h);

#endif
