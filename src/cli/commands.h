/* The commands that need no event loop. Each returns the exit code of the process. */
#ifndef SLUICE_CLI_COMMANDS_H
#define SLUICE_CLI_COMMANDS_H

#include "plan/settings.h"

/* `sluice check INPUT`: counts, duplicate ids, bad lines (the first 20 with their messages),
 * estimated tokens and cost; JSON with --json. 0 when every line is good, 1 when some are bad, 2
 * unreadable. */
int command_check(const struct settings *s);
/* `sluice report RESULTS`: summary of a finished or interrupted run from its files; JSON with
 * --json. */
int command_report(const struct settings *s);
/* `sluice mock`: serves until SIGINT or SIGTERM; prints the URL on stdout. */
int command_mock(const struct settings *s);

#endif
