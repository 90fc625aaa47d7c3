/* The input as lines with an offset. A file of lines is read in place. A pipe, and the text of a
 * file in another form (gzip, UTF-16, a JSON array, …: form.h), is copied while it is read to an
 * unlinked spool file beside the results, so that any line can be read again. Line numbers and
 * offsets are then those of the text. */
#ifndef SLUICE_INPUT_SOURCE_H
#define SLUICE_INPUT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* The longest line, 256 MB; longer ones are reported, not kept. */
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
	SOURCE_AGAIN,    /* a pipe has no data now: call again when source_fd() is readable; or
			    max_bytes were read, see source_has_more() */
	SOURCE_END,
	SOURCE_ERROR, /* see source_error() */
};

/* Opens path, or standard input for "-". spool_dir: the folder for a pipe's copy, which must be
 * writable. NULL and err when the path does not exist, is a folder or cannot be read. Free with
 * source_close(). */
struct source *source_open(const char *path, const char *spool_dir, struct error *err);

/* As source_open() with other sizes, so that tests can make each line cross a border. */
struct source_limits {
	size_t window;     /* bytes of one read */
	size_t read_ahead; /* bytes of one read of source_fetch() */
	size_t max_line;
};
struct source *source_open_sized(const char *path, const char *spool_dir,
	const struct source_limits *limits, struct error *err);

/* What is known before the first line. */
struct source_head {
	const char *text; /* the first bytes: the first line, unless it is long; borrowed */
	size_t len;
	bool whole; /* the input has no more */
};
/* Called once before the first line, with the head of the text; the function may call
 * source_set_quoted(). False with err: the input is refused, source_next() returns SOURCE_ERROR. */
typedef bool source_settle(
	void *ctx, struct source *s, const struct source_head *head, struct error *err);
void source_on_head(struct source *s, source_settle *settle, void *ctx);
/* Line ends within double quotes do not end a line, as in CSV (RFC 4180); a quote opens at the
 * start of a field, fields end with the delimiter. Before the first line. */
void source_set_quoted(struct source *s, char delimiter);
/* The input's name, for messages; borrowed. */
const char *source_name(const struct source *s);
/* What the text was made of: "gzip, UTF-16 (little endian)"; "": the input itself. Known once
 * source_next() returned something else than SOURCE_AGAIN. */
const char *source_form(const struct source *s);
/* Closes the files and frees. NULL is fine. */
void source_close(struct source *s);

/* Returns the next line that is not blank. Reads about max_bytes at most before it returns
 * SOURCE_AGAIN, so that the turns of an event loop stay short. */
enum source_status source_next(struct source *s, size_t max_bytes, struct source_line *out);
/* Replaces the content of *out with a line's bytes, read again. Lines in order share a read. False
 * and err when the file no longer has them (truncated, I/O error). */
bool source_fetch(
	struct source *s, uint64_t offset, size_t len, struct buf *out, struct error *err);
/* The change of a file since it was opened: its size, its time, or another file at its path. Static
 * text, once for each; NULL: nothing new, or a pipe. */
const char *source_changed(struct source *s);
/* The descriptor to wait on for reading a pipe; -1 for a file, which is always ready. */
int source_fd(const struct source *s);
/* Did the last SOURCE_AGAIN mean that max_bytes were read? Then there may be more without a wait:
 * text of a compressed pipe. */
bool source_has_more(const struct source *s);
/* Waits after SOURCE_AGAIN until there may be more; not for use beside an event loop. */
void source_wait(const struct source *s);
/* Bytes of the input read so far, and in all; -1: not known, for a pipe before its end. */
uint64_t source_bytes_read(const struct source *s);
int64_t source_bytes_total(const struct source *s);
/* Bytes of the text so far. */
uint64_t source_text_read(const struct source *s);
/* The text of the last SOURCE_ERROR; borrowed. */
const char *source_error(const struct source *s);
/* Was there no line before the error: is the input as a whole of no use? */
bool source_is_refused(const struct source *s);

#endif
