/* A run as a process of its own, which outlives the terminal that it was started at; the process
 * that was started stays there as its client.
 *
 * Until the run has begun, both are one job of the shell: the run has the terminal, for the prompt
 * of a key command and for questions, its errors are where the operator looks, and ^C ends both.
 * Then it leaves: it has a session of its own, no terminal, and says what it has to say to its
 * client, as long as that is there.
 *
 * To be used before the process has threads, sockets or a loop. */
#ifndef SLUICE_LAUNCH_LAUNCH_H
#define SLUICE_LAUNCH_LAUNCH_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "launch/begun.h"
#include "launch/inherited.h"

enum launch_side { LAUNCH_RUN, LAUNCH_CLIENT };

struct launch_config {
	bool detach;      /* the client only waits for the start */
	bool reads_stdin; /* the input is standard input */
};

struct launch {
	struct launch_config config;
	enum launch_side side; /* which of the two processes this is */
	pid_t run;
	int link;  /* of a nameless socket (http/nameless.h), for the dashboard: the run serves it,
		      the client connects. Whoever takes it sets -1; -1 with `detach` */
	int start; /* the run writes how its start went; the client reads it */
	int words; /* what the run says on stderr once it has left the terminal; -1 with `detach` */

	/* Of the run: */
	struct inherited inherited;
	ev_io client; /* notices that the client has gone */
	void (*left)(void *ctx);
	void *ctx;
};

/* Makes two processes of one. False and err, with one process, when the system does not allow it.
 */
bool launch_fork(struct launch *l, const struct launch_config *config, struct error *err);

/* ---- in the run ---- */

/* The run has begun: leaves the terminal and tells the client. What was said before is on the
 * terminal. */
void launch_begun(struct launch *l, const struct begun *begun);
/* Calls left(ctx) once when the client has gone, however it ended; at once if it has by now. Never
 * with `detach`. */
void launch_watch_client(struct launch *l, struct ev_loop *loop, void (*left)(void *), void *ctx);
/* Ends the watch and closes what is open. */
void launch_close(struct launch *l, struct ev_loop *loop);

#endif
