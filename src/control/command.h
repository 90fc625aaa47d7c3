/* The one table of commands: keys, prompt, signals and the control socket all speak it. */
#ifndef SLUICE_CONTROL_COMMAND_H
#define SLUICE_CONTROL_COMMAND_H

#include <stdbool.h>

#include "port.h"

struct watcher;

/* Carries out one command line; the reply has the result or the error. Each change of the run is
 * written to the journal and the event log, with the asker unless it is the watcher at the run. */
void command_run(
	const struct watcher *asker, const struct command_request *r, struct command_reply *out);
/* The table, for help and completion. */
const struct command_info *command_table(size_t *n);

#endif
