/* Writing to a file descriptor. */
#ifndef SLUICE_BASE_IO_H
#define SLUICE_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>

/* Writes all of it to a blocking descriptor, over interruptions and short writes; false, with
 * errno, when that fails. */
bool io_write_all(int fd, const char *data, size_t len);

#endif
