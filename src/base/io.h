/* Writing to a file descriptor, and down to the disk. */
#ifndef SLUICE_BASE_IO_H
#define SLUICE_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Writes all of it to a blocking descriptor, over interruptions and short writes; false, with
 * errno, when that fails. */
bool io_write_all(int fd, const char *data, size_t len);
/* fsync() that a signal does not end; false, with errno, when it fails. */
bool io_sync(int fd);
/* The same of the folder that path is in, so that names made or changed there survive a crash.
 * Folders that cannot be synced at all are no failure. */
bool io_sync_folder(const char *path, struct error *err);

#endif
