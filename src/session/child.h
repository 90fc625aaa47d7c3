/* A shell command that runs beside the loop: it gets a text on its standard input, has bounded
 * time, and never sees the terminal. Nothing here waits. */
#ifndef SLUICE_SESSION_CHILD_H
#define SLUICE_SESSION_CHILD_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

enum { CHILD_TAIL = 512 };

struct child;

/* How it ended. */
struct child_end {
	bool late;        /* its time was over, so it was killed */
	int status;       /* as waitpid() has it */
	const char *tail; /* the end of what it wrote, raw */
	size_t tail_len;
};

struct child {
	struct ev_loop *loop;
	void (*ended)(struct child *c, const struct child_end *end);
	void *ctx; /* of ended() */
	double term_s, kill_s;

	pid_t pid; /* and its process group; 0: none runs */
	enum child_phase { CHILD_RUNS, CHILD_TERMINATED, CHILD_KILLED } phase;
	ev_child exit;
	ev_io input, output;
	ev_timer limit, rest;
	struct buf text; /* for its input, from `sent` on */
	size_t sent;
	char tail[CHILD_TAIL];
	size_t tail_len;
};

/* A child that does not run. The loop must be the default one, which alone learns of children.
 * term_s: seconds until SIGTERM; kill_s: from then until SIGKILL. */
void child_init(struct child *c, struct ev_loop *loop, double term_s, double kill_s,
	void (*ended)(struct child *c, const struct child_end *end), void *ctx);
/* Starts `/bin/sh -c command` in a session and process group of its own, with this environment and
 * the text, which is taken, as input. No child may run. False and err: it cannot be started; then
 * ended() is not called. */
bool child_start(struct child *c, const char *command, char *const environment[], struct buf *text,
	struct error *err);
/* Does it run? */
bool child_runs(const struct child *c);
/* Its time is over now: SIGTERM, or SIGKILL if it had that already. */
void child_hurry(struct child *c);
/* Kills it if it runs, without ended(), and frees all. */
void child_free(struct child *c);

#endif
