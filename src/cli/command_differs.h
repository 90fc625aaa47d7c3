/* Two command lines of `sluice run` beside each other. */
#ifndef SLUICE_CLI_COMMAND_DIFFERS_H
#define SLUICE_CLI_COMMAND_DIFFERS_H

#include <stdbool.h>

#include "base/buf.h"

/* Adds the names of the options that one of them has and the other has not, or that have another
 * value: "--rpm, -c, INPUT"; nothing when they want the same run. How it is shown, and where its
 * results are, does not count; nor does a value that is the default. Each is NULL-terminated and
 * begins with the program and the command; same_file(ctx, ours, theirs) tells whether two different
 * operands name one file. */
void command_differs(char *const *ours, char *const *theirs,
	bool (*same_file)(void *ctx, const char *ours, const char *theirs), void *ctx,
	struct buf *out);

#endif
