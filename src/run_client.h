/* The process at the terminal: the dashboard of a run that is a process of its own. */
#ifndef SLUICE_RUN_CLIENT_H
#define SLUICE_RUN_CLIENT_H

#include "base/buf.h"
#include "cli/settings.h"
#include "launch/begun.h"
#include "launch/launch.h"
#include "remote/attach.h"

struct run_client {
	const struct settings *settings;
	struct attach_screen screen;
	const bool *hung_up; /* set by the screen when its terminal is gone */
};

/* Shows the run that was launched, and returns the exit code of `sluice run`: that of the run, or 3
 * with a line that says how to come back when it goes on. */
int run_client(struct launch *launch, const struct run_client *c);
/* The same command was given again, while its run goes on. Says so, and which options have no
 * effect; adds the same to out, for the dashboard. */
void run_client_say_again(const struct begun *first, char *const *words, struct buf *out);
/* Shows that run; returns its exit code, or 3 when it is left. */
int run_client_again(const struct begun *first, const struct run_client *c);
/* Refuses a second run with the way to the first; returns the exit code. */
int run_refuse_second(const char *results, const struct begun *first);
/* Prints the line of --detach on stdout once the run has begun; returns the exit code. */
int run_detached(struct launch *launch);

#endif
