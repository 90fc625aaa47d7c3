/* The folders of the user's own files, by the XDG base directory specification. */
#ifndef SLUICE_BASE_CONFIG_PATHS_H
#define SLUICE_BASE_CONFIG_PATHS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of a file or folder in $XDG_CONFIG_HOME/sluice, else ~/.config/sluice; false when
 * neither variable is set or out is too small. */
bool config_path(const char *name, char *out, size_t size);
/* The same in $XDG_STATE_HOME/sluice, else ~/.local/state/sluice, as an absolute path: false also
 * when HOME is relative. */
bool state_path(const char *name, char *out, size_t size);

#endif
