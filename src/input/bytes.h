/* A stream of bytes behind one small vtable. The lowest one reads a file or a pipe; readers on top
 * of it turn what is below them into lines of UTF-8: they decompress, decode, or take JSON apart.
 */
#ifndef SLUICE_INPUT_BYTES_H
#define SLUICE_INPUT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

enum bytes_status {
	BYTES_SOME,
	BYTES_AGAIN, /* a pipe has no data now */
	BYTES_END,
	BYTES_ERROR, /* what, where, and what to do; the same again at each further call */
};

struct bytes {
	/* Writes 1 to room bytes to out and their number to *n; *n is 0 unless BYTES_SOME. */
	enum bytes_status (*read)(
		struct bytes *b, char *out, size_t room, size_t *n, struct error *err);
	/* Frees it and what is below it. */
	void (*free)(struct bytes *b);
};

/* The stream below a reader, and a piece of it. */
struct below {
	struct bytes *bytes; /* owned */
	char *data;          /* data[at..len) is not used yet */
	size_t at, len, cap;
	uint64_t used; /* bytes before data[0] */
	bool ended;
};

/* Reads more when all is used: BYTES_SOME when there are bytes, BYTES_END once all were used. */
enum bytes_status below_fill(struct below *b, struct error *err);
/* The bytes used so far: where an error is. */
uint64_t below_offset(const struct below *b);

/* What all readers have; each adds its own members behind it. */
struct reader {
	struct bytes bytes;
	struct below below;
	const char *name;    /* of the input, for messages; borrowed */
	struct error failed; /* its own error, with which it ended; "": none */
	/* As read() of struct bytes, with *n at 0. It is not called again once failed is set. */
	enum bytes_status (*next)(
		struct reader *r, char *out, size_t room, size_t *n, struct error *err);
	void (*close)(struct reader *r); /* frees what it has of its own; NULL: nothing */
};

/* Begins with the bytes that were read already to find the form: they are copied. Takes the stream
 * below. next and close are set already; the reader was allocated and is freed by its bytes. */
void reader_init(
	struct reader *r, struct bytes *below_take, const char *head, size_t len, const char *name);
/* Sets failed: packed data is damaged, after so many bytes of its text. tool: checks such files. */
enum bytes_status reader_damaged(
	struct reader *r, const char *what, uint64_t text, const char *tool);

/* Bytes for which there was no room. */
struct spare_bytes {
	char at[8];
	size_t n;
};
/* Gives as many as there is room for; returns how many. */
static inline size_t spare_bytes_give(struct spare_bytes *s, char *out, size_t room)
{
	size_t n = s->n < room ? s->n : room;

	memcpy(out, s->at, n);
	memmove(s->at, s->at + n, s->n - n);
	s->n -= n;
	return n;
}

/* A file from its current offset, or a pipe, which is read only when it has data. fd is the
 * caller's. name: for messages, borrowed. */
struct bytes *bytes_of_fd(int fd, bool is_pipe, const char *name);
/* Bytes that it has read, and the offset of a file at its start. */
uint64_t bytes_fd_read(const struct bytes *b);
uint64_t bytes_fd_start(const struct bytes *b);

/* The readers. Each takes what is below it and the head of it, which was read already. name: for
 * messages, borrowed. NULL and err when there is no memory for it. */
typedef struct bytes *bytes_reader(
	struct bytes *below_take, const char *head, size_t len, const char *name);

/* Members one after the other, zeros behind them (RFC 1952). */
bytes_reader bytes_gzip;
/* Frames one after the other (RFC 8878). */
bytes_reader bytes_zstd;
/* UTF-16 as UTF-8 (RFC 2781). A half of a surrogate pair becomes U+FFFD. */
bytes_reader bytes_utf16le, bytes_utf16be;
/* JSON values over several lines, or the elements of arrays, as one line each. */
bytes_reader bytes_values;
/* CR and CRLF as LF. */
bytes_reader bytes_cr;

#endif
