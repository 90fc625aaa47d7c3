/* The commands that need no event loop. Each returns the exit code of the process. */
#ifndef SLUICE_CLI_COMMANDS_H
#define SLUICE_CLI_COMMANDS_H

#include <stdbool.h>

#include "export/settings.h"
#include "plan/settings.h"

/* `sluice check INPUT`: counts, duplicate ids, bad lines (the first 20 with their messages),
 * estimated tokens and cost; as text or JSON. 0 when every line is good, 1 when some are bad, 2
 * unreadable. */
int command_check(const struct run_settings *s, bool json);
/* `sluice report RESULTS`: summary of a finished or interrupted run from its files, as text or
 * JSON. */
int command_report(const char *results, bool json);
/* `sluice export RESULTS`: the answers of a run as a table, lines, texts or files. 0; 2 when
 * nothing could be read or written, 3 when there are no such results, 4 when the output broke off.
 */
int command_export(const struct export_settings *s);

#endif
