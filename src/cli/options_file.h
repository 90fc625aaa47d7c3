/* Options from the configuration file: [run], [demo], … hold `option = value` lines, by the same
 * table as the command line, which wins; [endpoint NAME] holds the members of an endpoint. */
#ifndef SLUICE_CLI_OPTIONS_FILE_H
#define SLUICE_CLI_OPTIONS_FILE_H

#include <stdio.h>

#include "cli/option_origins.h"

/* The option of a command that a file can set; NULL: there is none of that name. */
const struct option_row *options_file_row(enum command_id command, const char *name);

/* Sets the options of the file for the command, except those that the command line set, noted in g
 * before. path NULL: the user's own file, which may be missing. The dashboard's sections, [ui] and
 * [keys], are only noted. Warns on stderr of unknown sections and names; false and err with file
 * and line: the file is unreadable or a value invalid. */
bool options_file_read(struct settings *s, enum command_id command, const char *path,
	struct option_origins *g, struct error *err);

/* The settings in the form of the file, with the origin of each. Values that can hold a secret are
 * only named. */
void options_file_print(enum command_id command, const struct option_origins *g, FILE *out);

#endif
