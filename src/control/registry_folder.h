/* The folder of the runs of this user: $XDG_STATE_HOME/sluice/run, else ~/.local/state/sluice/run.
 * Not $XDG_RUNTIME_DIR, which goes with the last login, nor /tmp, which is swept after days. */
#ifndef SLUICE_CONTROL_REGISTRY_FOLDER_H
#define SLUICE_CONTROL_REGISTRY_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { REGISTRY_PATH_SIZE = 4096 };

/* Writes its path; false and err when no variable tells where it is. */
bool registry_folder_path(char out[REGISTRY_PATH_SIZE], struct error *err);
/* Makes it with mode 0700, parents too, and checks that it is this user's alone; what is ours and
 * open to others is tightened. Returns a descriptor of the folder, -1 and err with the path and
 * what to do. */
int registry_folder_make(const char *path, struct error *err);
/* The same without making anything. -1 with an empty err when it is not there. */
int registry_folder_open(const char *path, struct error *err);
/* Takes the lock of the folder, by which starts and sweeps take turns, waiting at most wait_ms.
 * Returns a descriptor to close; -1 and err when another has it still, or it cannot be had. */
int registry_folder_lock(int folder, int wait_ms, struct error *err);

#endif
