/* A stream of bytes behind one small vtable. The lowest one reads a file or a pipe; readers on top
 * of it turn what is below them into lines of UTF-8: they decompress, decode, or take JSON apart.
 */
#ifndef SLUICE_INPUT_BYTES_H
#define SLUICE_INPUT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* What a reader reads: the stream below it and a piece of it. */
struct below {
	struct bytes *bytes; /* owned */
	char *data;          /* data[at..len) is not used yet */
	size_t at, len, cap;
	uint64_t used; /* bytes before data[0] */
	bool ended;
};

/* Begins with the bytes that were read already to find the form: they are copied. Takes the stream.
 */
void below_init(struct below *b, struct bytes *bytes_take, const char *head, size_t len);
/* Reads more when all is used: BYTES_SOME when there are bytes, BYTES_END once all were used. */
enum bytes_status below_fill(struct below *b, struct error *err);
/* The bytes used so far: where an error is. */
uint64_t below_offset(const struct below *b);
void below_free(struct below *b);

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
