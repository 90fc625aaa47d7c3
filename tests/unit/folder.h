/* Folders for the files of tests. */
#ifndef SLUICE_TESTS_FOLDER_H
#define SLUICE_TESTS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* A new one under $TMPDIR, where unit_run() removes it if nobody else does; path gets its name. */
bool folder_make(char *path, size_t size);
/* Removes it with all that is in it. */
bool folder_remove(const char *path);

#endif
