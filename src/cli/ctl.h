/* `sluice ctl [RUN] COMMAND...` and `sluice ps`. Both return the exit code of the process. */
#ifndef SLUICE_CLI_CTL_H
#define SLUICE_CLI_CTL_H

#include "cli/settings.h"

/* Reads a run or carries out a command of its table: 0 done, 1 the run refused or did not answer, 2
 * usage or a run that was not named, 3 no such run. */
int command_ctl(const struct ctl_settings *s);
/* Lists the runs of this user: 0, also when there are none; 2 when the folder of runs cannot be
 * read. */
int command_ps(const struct ctl_settings *s);

#endif
