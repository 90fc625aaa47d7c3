/* Options from the configuration file: [run], [demo], … hold `option = value` lines, by the same
 * table as the command line, which wins. */
#ifndef SLUICE_CLI_OPTIONS_FILE_H
#define SLUICE_CLI_OPTIONS_FILE_H

#include "cli/options_table.h"

/* Where the value of an option is from. */
enum option_origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_COMMAND_LINE };

enum { MAX_OPTIONS = 256 };

struct option_origins {
	enum option_origin from[MAX_OPTIONS]; /* by place in the table */
	char *text[MAX_OPTIONS];              /* the value as given; NULL for flags and defaults */
};

/* Notes that a row was given this value (NULL: a flag), which is copied. */
void option_origin_set(struct option_origins *g, const struct option_row *o,
	enum option_origin from, const char *value);
void option_origins_free(struct option_origins *g);

/* Sets what the file says for the command and the command line does not. path NULL: the user's own
 * file, which need not be there. Unknown names are warned of on stderr; false and err with file
 * and line: the file cannot be read or a value will not do. */
bool options_file_read(struct settings *s, enum command_id command, const char *path,
	struct option_origins *g, struct error *err);

/* The settings in the form of the file, with the origin of each, to standard output. Values that
 * can hold a secret are only named. */
void options_file_print(
	const struct settings *s, enum command_id command, const struct option_origins *g);

#endif
