/* The process at the terminal: the dashboard of a run that is a process of its own. */
#ifndef SLUICE_RUN_CLIENT_H
#define SLUICE_RUN_CLIENT_H

#include "cli/settings.h"
#include "launch/begun.h"
#include "launch/launch.h"
#include "remote/attach.h"

struct run_client {
	const struct settings *settings;
	struct attach_screen screen;
	const bool *hung_up; /* set by the screen when its terminal is gone */
	char *const *words;  /* the command line */
};

/* Shows the run that was launched, and returns the exit code of `sluice run`: that of the run, or 3
 * with a line that tells how to come back when it goes on. */
int run_client(struct launch *launch, const struct run_client *c);
/* The same command was given again: shows the run that goes on already. */
int run_client_again(const struct begun *first, const struct run_client *c);

#endif
