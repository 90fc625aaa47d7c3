/* The files of the registry, one for each run: STEM.json, which the run holds locked while it goes
 * on, its socket STEM.sock, and ended-SECONDS-STEM.json afterwards. STEM is the pid, or PID-2 when
 * a process of another container that shares the folder has the same. Names are relative to the
 * folder whose descriptor is given. */
#ifndef SLUICE_CONTROL_REGISTRY_FILE_H
#define SLUICE_CONTROL_REGISTRY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "control/registry_entry.h"

enum { REGISTRY_STEM_SIZE = 32, REGISTRY_NAME_SIZE = 96 };

enum registry_life {
	REGISTRY_LIVE,
	REGISTRY_STALE, /* its run was killed, or its file was never written to the end */
	REGISTRY_BAD,   /* nothing that a run wrote; err says why */
	REGISTRY_GONE,  /* it is not there any more */
};

/* Reads one file into *e, which is the caller's to free when LIVE, or STALE. `of_ended`: nobody
 * holds such a file; it is LIVE if it is good. */
enum registry_life registry_file_read(
	int folder, const char *name, bool of_ended, struct registry_entry *e, struct error *err);
/* Writes one file (0600) by a rename; the caller has the folder's lock. Returns its descriptor,
 * which holds the lock of a run that goes on until it is closed; -1 and err. */
int registry_file_write(
	int folder, const char *name, const struct registry_entry *e, struct error *err);
/* Writes what remains of a run that ended at ended_s, in unix seconds. */
bool registry_file_write_ended(int folder, const char *stem, int64_t ended_s,
	const struct registry_entry *e, struct error *err);

/* Is the text a stem with this ending? Then out gets the stem. */
bool registry_file_stem(const char *name, const char *ending, char out[REGISTRY_STEM_SIZE]);
/* Is it the name of an ended run's file? Then *ended_s gets the time in it. */
bool registry_file_is_ended(const char *name, int64_t *ended_s);

#endif
