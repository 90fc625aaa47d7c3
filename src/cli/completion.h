/* The words that may stand at the cursor of a command line, for the completions of shells.
 * `sluice complete WORD...` prints them; the scripts in src/cli/completions ask it. */
#ifndef SLUICE_CLI_COMPLETION_H
#define SLUICE_CLI_COMPLETION_H

#include <stddef.h>
#include <stdio.h>

/* What only other parts of the program can list. A function calls visit for each name; NULL: there
 * are none. */
struct completion_lists {
	void (*themes)(void (*visit)(void *ctx, const char *name), void *ctx);
};

/* Prints to out, for the last of the n words behind "sluice" (it may be empty or half typed), one
 * candidate a line: the whole word, a tab, what it is. A last line ":files" or ":folders" says that
 * names of files belong there, too. Names of runs are those that go on; endpoints are those of the
 * configuration file (of --config, if it is among the words). Never fails: what cannot be read has
 * no candidates. */
void completion_print(
	const char *const *words, size_t n, const struct completion_lists *lists, FILE *out);

#endif
