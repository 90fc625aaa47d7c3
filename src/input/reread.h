/* Lines read again by their offset. Lines in order share a read. */
#ifndef SLUICE_INPUT_REREAD_H
#define SLUICE_INPUT_REREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct reread {
	int file;         /* where the lines are */
	const char *name; /* of the input, for messages; borrowed */
	size_t size;      /* bytes of one read */
	char *ahead;      /* the last one; owned; NULL: none */
	size_t ahead_len;
	uint64_t ahead_offset, last_end; /* last_end: of the last read outside of it */
};

/* Replaces the content of *out with len bytes at the offset of the file. False and err when the
 * file no longer has them (truncated, I/O error). */
bool reread_line(struct reread *r, uint64_t offset, size_t len, struct buf *out, struct error *err);
void reread_free(struct reread *r);

#endif
