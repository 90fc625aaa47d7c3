/* Reading and writing whole files by their descriptors, and syncing to the disk. */
#ifndef SLUICE_BASE_IO_H
#define SLUICE_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/* Appends all that is left of a file to out; false, with errno, when that fails: EFBIG when out
 * takes no more. */
bool io_read_all(int fd, struct buf *out);
/* Writes all len bytes to a blocking descriptor, despite interruptions and short writes; false,
 * with errno, when that fails. */
bool io_write_all(int fd, const char *data, size_t len);
/* fsync() repeated after signals; false, with errno, when it fails. */
bool io_sync(int fd);
/* Syncs the folder of path, so that names made or changed there survive a crash. A folder that
 * cannot be synced at all is no failure. False and err otherwise. */
bool io_sync_folder(const char *path, struct error *err);

/* The folder for temporary files: TMPDIR, or /tmp. Borrowed. */
const char *io_temp_folder(void);

#endif
