/* Values of options: text in, a checked value in the settings out. */
#ifndef SLUICE_CLI_OPTIONS_VALUE_H
#define SLUICE_CLI_OPTIONS_VALUE_H

#include "base/error.h"
#include "cli/options_table.h"

/* Sets the option to this value; false and err (with the option's name and accepted values) when it
 * is invalid. Flags take true, false, yes and no; NULL is true. */
bool option_set(
	struct settings *s, const struct option_row *o, const char *value, struct error *err);
/* The value that was just set as it is noted and printed: of flags true or false. */
const char *option_note(const struct settings *s, const struct option_row *o, const char *value);
/* Adds a copy of the value to a NULL-terminated list; false: it is too long. */
bool option_list_add(char ***list, const char *value);
/* Frees the memory of option_set(). */
void option_clear(struct settings *s, const struct option_row *o);

#endif
