/* The command line as the journal keeps it: the words as they were typed, without secrets. */
#ifndef SLUICE_CLI_COMMAND_LINE_H
#define SLUICE_CLI_COMMAND_LINE_H

#include "cli/options_table.h"

/* May the value of an option of this name be shown? Those that may hold a secret only in a form
 * that is known to hold none. secret: so may all other values of the name. */
bool option_may_show(const char *name, const char *value, bool secret);

/* Adds a word that holds the value of the option, to its end; of a value that may not be shown,
 * only what is no secret. value NULL: it holds none. */
void command_line_add(
	char ***line, const char *word, const struct option_row *o, const char *value);

#endif
