/* The copy of a pipe, from which lines are read again: a file without a name that ends with the
 * process. */
#ifndef SLUICE_INPUT_SPOOL_H
#define SLUICE_INPUT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Opens an unlinked file in dir, mode 0600; the caller closes it. -1 and err on failure. */
int spool_open(const char *dir, struct error *err);
/* Writes len bytes at the offset; false and err on failure. dir: for the message. */
bool spool_write(
	int fd, const char *data, size_t len, uint64_t offset, const char *dir, struct error *err);

#endif
