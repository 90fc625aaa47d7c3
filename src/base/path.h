/* Paths as texts, and what is there. */
#ifndef SLUICE_BASE_PATH_H
#define SLUICE_BASE_PATH_H

#include <stdbool.h>

/* The name behind the last slash; borrowed from the path. */
const char *path_base(const char *path);
/* The folder that the path names a file in: "." without a slash. Owned by the caller. */
char *path_folder(const char *path);
/* The path of this name in the folder of the path. Owned by the caller. */
char *path_beside(const char *path, const char *name);
/* Is it a regular file, or a link to one? */
bool path_is_file(const char *path);

#endif
