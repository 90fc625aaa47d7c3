/* The folder of the user's own files: $XDG_CONFIG_HOME/sluice, else ~/.config/sluice. */
#ifndef SLUICE_BASE_CONFIG_PATHS_H
#define SLUICE_BASE_CONFIG_PATHS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of a file or folder there; false when neither variable is set or out is too
 * small. */
bool config_path(const char *name, char *out, size_t size);

#endif
