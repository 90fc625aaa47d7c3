/* INI files, read with libinih: pairs with their section in order, complaints with file and line.
 * Lines are `name = value` under `[section]`, indented or not; `;` and `#` start comment lines, `
 * ;` a comment behind a value. */
#ifndef SLUICE_BASE_INIFILE_H
#define SLUICE_BASE_INIFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct inifile_calls {
	/* Takes a pair; section is "" before the first one. False and err when it is wrong: err
	 * goes to warn() with file and line in front. */
	bool (*pair)(void *ctx, const char *section, const char *name, const char *value,
		struct error *err);
	/* Takes a warning, "FILE:LINE: what", one sanitised line; reading goes on. */
	void (*warn)(void *ctx, const char *text);
	/* A [section] begins, which may stay empty; false and err as for a pair. NULL: not needed.
	 */
	bool (*section)(void *ctx, const char *section, struct error *err);
};

/* Reads a file to its end. False and err when it cannot be read, is not text, or has a line that is
 * too long, which must not be lost. Warnings are no failure. */
bool inifile_read(
	const char *path, const struct inifile_calls *calls, void *ctx, struct error *err);
/* As inifile_read(); *line is the line of the pair, section or warning during each call. */
bool inifile_read_lines(const char *path, const struct inifile_calls *calls, void *ctx, int *line,
	struct error *err);

/* Is the path a pipe, which can be read only once? */
bool inifile_is_pipe(const char *path);

/* The longest line in bytes that is read. */
size_t inifile_line_most(void);

#endif
