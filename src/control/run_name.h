/* Names of runs: what `sluice ps` shows and `sluice ctl NAME` takes. */
#ifndef SLUICE_CONTROL_RUN_NAME_H
#define SLUICE_CONTROL_RUN_NAME_H

#include <stdbool.h>

#include "base/error.h"

enum { RUN_NAME_SIZE = 65 };

/* Is the word the first one of a command of the run, or of what `sluice ctl` reads? No run has such
 * a name, so that the first word of `sluice ctl` has one meaning. */
bool run_name_is_command(const char *word);

/* Is it a good name? 1 to 64 bytes: letters, digits, '.', '_', '-' and printable characters outside
 * of ASCII. It starts with none of "-.", is no number (that is a pid), and no command. False and
 * err otherwise. */
bool run_name_check(const char *name, struct error *err);

/* The name for results at this path: their base name without .results.jsonl or .jsonl, with '-' for
 * characters that names cannot have. It may still be a number or a command: run_name_numbered() and
 * run_name_check() together find a free one. */
void run_name_of(const char *results, char out[RUN_NAME_SIZE]);
/* The n-th choice for that name: n = 1 is the name itself, then "-2" and so on; cut to fit. */
void run_name_numbered(const char *name, int n, char out[RUN_NAME_SIZE]);

#endif
