/* The words that may stand at the cursor of a command line, for the completions of shells.
 * `sluice complete WORD...` prints them; the scripts in src/cli/completions ask it. */
#ifndef SLUICE_CLI_COMPLETION_H
#define SLUICE_CLI_COMPLETION_H

#include <stddef.h>
#include <stdio.h>

#include "cli/dashboard_lists.h"

/* Prints to out, for the last of the n words behind "sluice" (it may be empty or half typed), one
 * candidate a line: the whole word, a tab, what it is. A last line ":files" or ":folders" says that
 * names of files belong there, too. Names of runs are those that go on; endpoints are those of the
 * configuration file (of --config, if it is among the words). Never fails: what cannot be read has
 * no candidates. */
void completion_print(
	const char *const *words, size_t n, const struct dashboard_lists *lists, FILE *out);

#endif
