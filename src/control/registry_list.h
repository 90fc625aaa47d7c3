/* The runs that the registry knows: those that go on, and those that ended lately. */
#ifndef SLUICE_CONTROL_REGISTRY_LIST_H
#define SLUICE_CONTROL_REGISTRY_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "control/registry_entry.h"

struct registry_list {
	struct registry_entry *entries; /* owned; in the order of their starts */
	size_t n;
	struct error *notes; /* owned; about files that were skipped */
	size_t n_notes;
};

/* Lists the runs that go on and, with `ended`, those that ended within 7 days (at most 50); no
 * folder is no runs. Whether a run goes on is told by the kernel's lock on its file, so that
 * neither a pid that another process has got nor a run that hangs misleads. Removes what killed
 * runs have left behind. False and err, with an empty list, when the folder cannot be trusted or
 * read. Release the list with registry_list_free() in any case. */
bool registry_list_read(struct registry_list *l, bool ended, struct error *err);
void registry_list_free(struct registry_list *l);

/* For registry.c: the same of an open folder; `locked`: this process has its lock, so that stale
 * files may be removed. */
void registry_list_scan(struct registry_list *l, int folder, bool locked, bool ended);

#endif
