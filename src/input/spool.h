/* The text of an input that cannot be read again where it is (a pipe, a compressed file): a file
 * without a name that ends with the process. */
#ifndef SLUICE_INPUT_SPOOL_H
#define SLUICE_INPUT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct spool {
	int fd;           /* -1: none */
	const char *dir;  /* borrowed */
	const char *name; /* the input's, for messages; borrowed; NULL: it is a pipe */
	uint64_t checked; /* bytes written when the room on the disk was last looked at */
};

/* Opens an unlinked file in dir, mode 0600. least: bytes that it will have in any case; there must
 * be room for them. False and err on failure. */
bool spool_open(
	struct spool *s, const char *dir, const char *name, uint64_t least, struct error *err);
/* Writes len bytes at the offset; false and err on failure. The text of a file leaves some room on
 * the disk, which the run's results need: a small file may hold endless text. */
bool spool_write(struct spool *s, const char *data, size_t len, uint64_t offset, struct error *err);
void spool_close(struct spool *s);

#endif
