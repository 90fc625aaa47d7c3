/* The input as lines with an address. A file is read in place; a pipe is copied to an unlinked
 * spool file beside the results as it is read, so that any line can be read again when its turn
 * comes. */
#ifndef SLUICE_INPUT_SOURCE_H
#define SLUICE_INPUT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Longer lines are reported, not held (256 MB, the longest request line sluice takes). */
#define SOURCE_MAX_LINE ((size_t)256 << 20)

struct source;

struct source_line {
	const char
		*text; /* without line end (LF, CRLF), BOM of the first line and not NUL-terminated;
			  borrowed until the next call; NULL for a line that is too long */
	size_t len;    /* bytes of text; of a too long line what it has in all */
	uint64_t offset; /* where text starts, for source_fetch() */
	uint64_t number; /* line number from 1, empty lines counted */
};

enum source_status {
	SOURCE_LINE,     /* *out is a line that is not blank */
	SOURCE_TOO_LONG, /* a line over SOURCE_MAX_LINE was skipped; *out has number, offset and len
			  */
	SOURCE_AGAIN, /* a pipe has nothing now: ask when source_fd() is readable; or max_bytes is
			 used up */
	SOURCE_END,
	SOURCE_ERROR, /* see source_error() */
};

/* Opens path, or standard input for "-". spool_dir: where a pipe's copy goes (must be writable).
 * NULL and err on failure: not there, a directory, not readable. */
struct source *source_open(const char *path, const char *spool_dir, struct error *err);

/* The same with other sizes, so that tests can have every line cross a border. */
struct source_limits {
	size_t window;     /* bytes of one read */
	size_t read_ahead; /* bytes of one read of source_fetch() */
	size_t max_line;
};
struct source *source_open_sized(const char *path, const char *spool_dir,
	const struct source_limits *limits, struct error *err);
/* Line ends within double quotes do not end a line, as in CSV (RFC 4180): a quote opens at the
 * start of a field. Before the first line. */
void source_set_quoted(struct source *s);
void source_close(struct source *s);

/* The next line that is not blank. Reads from the file at most about max_bytes in one call before
 * answering SOURCE_AGAIN, so that a caller on an event loop keeps its turns short. */
enum source_status source_next(struct source *s, size_t max_bytes, struct source_line *out);
/* Replaces *out with the line's bytes again. Neighbouring lines are served from one read. False and
 * err when the file no longer has them (truncated under us, I/O error). */
bool source_fetch(
	struct source *s, uint64_t offset, size_t len, struct buf *out, struct error *err);
/* What of a file is not as it was when it was opened or last asked: its size, its time, or which
 * file is at its path. Static text, once for each; NULL: nothing new, or it is a pipe. */
const char *source_changed(struct source *s);
/* To wait on for reading when it is a pipe; -1 for a file, which is always ready. */
int source_fd(const struct source *s);
/* Bytes read so far, and in all (-1 while unknown: a pipe before its end). */
uint64_t source_bytes_read(const struct source *s);
int64_t source_bytes_total(const struct source *s);
const char *source_error(const struct source *s);

#endif
