/* Help, made from the tables of options and commands; man.h has the man pages. */
#ifndef SLUICE_CLI_HELP_H
#define SLUICE_CLI_HELP_H

#include "cli/options.h"

/* To standard output. */
void help_overview(void);
void help_command(enum command_id command);

#endif
