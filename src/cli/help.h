/* Help and man page, made from the tables of options and commands. */
#ifndef SLUICE_CLI_HELP_H
#define SLUICE_CLI_HELP_H

#include <stdio.h>

#include "cli/options.h"

/* To standard output. */
void help_overview(void);
void help_command(enum command_id command);
/* The man page sluice(1) as roff. */
void help_man_page(FILE *out);

#endif
