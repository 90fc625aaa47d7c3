/* Folders for the files of tests, and what is in these. */
#ifndef SLUICE_TESTS_FOLDER_H
#define SLUICE_TESTS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* A new one under $TMPDIR, where unit_run() removes it if nobody else does; path gets its name. */
bool folder_make(char *path, size_t size);
/* Removes it with all that is in it. */
bool folder_remove(const char *path);

/* Writes a file anew, for its owner alone. */
void file_put(const char *path, const char *data, size_t len);
/* The whole file, empty when it is not there. */
void file_get(const char *path, struct buf *out);
/* Asserts that the file holds this. */
void file_is(const char *path, const char *data, size_t len);

#endif
