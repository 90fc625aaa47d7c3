/* A program of the operator that has the terminal for a while: the pager, the editor. It works on a
 * private copy of a text; the run goes on beside it. */
#ifndef SLUICE_UI_OUTSIDE_H
#define SLUICE_UI_OUTSIDE_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "terminal.h"

struct outside {
	struct terminal *terminal;
	struct ev_loop *loop;
	/* The terminal is ours again. kept: the path of the copy, which was changed; NULL: it is
	 * gone. status: as waitpid() has it. */
	void (*done)(void *ctx, const char *kept, int status);
	void *ctx;
	pid_t pid; /* and its process group; 0: none runs */
	ev_child child;
	char path[300];
	int64_t written_us; /* when the copy was last changed, by us */
};

/* The loop must be the default one, which alone learns of children. */
void outside_init(struct outside *o, struct ev_loop *loop, struct terminal *terminal,
	void (*done)(void *ctx, const char *kept, int status), void *ctx);
/* Gives the terminal to `command FILE`, a line of the shell, with a copy of the text in a private
 * file that is named for `name`. False and err: it cannot be started; nothing has changed. */
bool outside_start(struct outside *o, const char *command, const char *name, const char *text,
	size_t len, struct error *err);
/* Ends a program that still runs and takes the terminal back. */
void outside_free(struct outside *o);

#endif
