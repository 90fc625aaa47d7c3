/* INI files, read with libinih: pairs with their section in order, complaints with file and line.
 * Lines are `name = value` under `[section]`, indented or not; `;` and `#` start comment lines, `
 * ;` a comment behind a value. */
#ifndef SLUICE_BASE_INIFILE_H
#define SLUICE_BASE_INIFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct inifile_calls {
	/* Each pair; false and err: what is wrong with it, the warning gets file and line in front.
	 * section is "" before the first one. */
	bool (*pair)(void *ctx, const char *section, const char *name, const char *value,
		struct error *err);
	/* "FILE:LINE: what", one line, sanitised; reading goes on. */
	void (*warn)(void *ctx, const char *text);
	/* A [section] begins, which may stay empty; false and err as of a pair. NULL: not told. */
	bool (*section)(void *ctx, const char *section, struct error *err);
};

/* Reads a file to its end. false and err when it cannot be read, is no text or has a line that is
 * too long: what such a line says must not be lost. No warning is a failure. */
bool inifile_read(
	const char *path, const struct inifile_calls *calls, void *ctx, struct error *err);
/* The same; *line is the one of the pair, the section or the warning whenever calls are made. */
bool inifile_read_lines(const char *path, const struct inifile_calls *calls, void *ctx, int *line,
	struct error *err);

/* Is it a pipe, which can be read but once? */
bool inifile_is_pipe(const char *path);

/* The longest line that is read. */
size_t inifile_line_most(void);

#endif
