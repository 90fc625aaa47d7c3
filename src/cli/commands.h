/* The commands that need no event loop. Each returns the exit code of the process. */
#ifndef SLUICE_CLI_COMMANDS_H
#define SLUICE_CLI_COMMANDS_H

#include <stdbool.h>

#include "plan/settings.h"

/* `sluice check INPUT`: counts, duplicate ids, bad lines (the first 20 with their messages),
 * estimated tokens and cost; as text or JSON. 0 when every line is good, 1 when some are bad, 2
 * unreadable. */
int command_check(const struct run_settings *s, bool json);
/* `sluice report RESULTS`: summary of a finished or interrupted run from its files, as text or
 * JSON. */
int command_report(const char *results, bool json);

#endif
