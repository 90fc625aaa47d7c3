/* The one table of commands: keys, prompt, signals and later the control socket all speak it. */
#ifndef SLUICE_CONTROL_COMMAND_H
#define SLUICE_CONTROL_COMMAND_H

#include <stdbool.h>

#include "port.h"

struct control;

/* Carries out one command line; the reply has the result or the error. Each change of the run is
 * written to the journal and the event log. */
void command_run(struct control *c, const char *text, struct command_reply *out);
/* The table, for help and completion. */
const struct command_info *command_table(size_t *n);

#endif
