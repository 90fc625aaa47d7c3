/* The registry of runs, part of this run: its file in the folder of runs, by which `sluice ps` and
 * whoever wants to reach the run find its socket. */
#ifndef SLUICE_CONTROL_REGISTRY_H
#define SLUICE_CONTROL_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "control/registry_entry.h"

struct registry;

/* Texts are borrowed. */
struct registry_run {
	const char *name;            /* NULL: by the results */
	const char *socket;          /* NULL: PID.sock in the folder of runs */
	const char *input, *results; /* as given; "-" a pipe, NULL none */
	bool is_service;             /* its folder is `results` */
};

/* Enters the run of this process: makes the folder, chooses a name that no run that goes on has
 * ("-2" and so on behind a taken one), and writes PID.json. Nothing listens at the socket yet; the
 * caller binds it. Waits at most 2 s for other starts. NULL and err when the folder is not ours
 * alone, cannot be written, or has a path too long for a socket. */
struct registry *registry_open(const struct registry_run *run, struct error *err);
/* What it wrote; borrowed until registry_close(). */
const struct registry_entry *registry_own(const struct registry *r);
/* Writes the file, and the folder, again if somebody has removed or replaced it; two stat() if not.
 * For once a second. False and err when that fails; it waits for nobody. */
bool registry_rewrite(struct registry *r, struct error *err);

struct registry_end {
	const char *state; /* as the snapshot says it: "DONE", "STOPPED" */
	uint64_t done, total;
	int exit_code;
};

/* Replaces the file by a record of the run that ended, for `sluice ps --all`, removes PID.sock, and
 * frees. end NULL: nobody was to know of the run, and there is no record. r may be NULL. */
void registry_close(struct registry *r, const struct registry_end *end);

#endif
