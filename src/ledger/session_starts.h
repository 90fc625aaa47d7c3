/* When the sessions of a run began, and where their results begin: result lines say when they ended
 * since the start of their session. Pure. */
#ifndef SLUICE_LEDGER_SESSION_STARTS_H
#define SLUICE_LEDGER_SESSION_STARTS_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/record.h"

struct session_start {
	uint64_t results_from; /* the session's first byte of results */
	int64_t wall_us;
};

struct session_starts {
	struct session_start *at; /* from session 1 on */
	size_t n;
};

/* Adds a session that began at wall_us. */
void session_starts_add(struct session_starts *t, uint64_t results_from, int64_t wall_us);
/* The same by its start record. */
void session_starts_read(struct session_starts *t, const char *record, size_t len, int64_t wall_us);
void session_starts_free(struct session_starts *t);
/* When a line of results ended that stands at this offset of its file. Lines end in the order of
 * the file, and sessions are in that order, too; a line names its session when results may have
 * been made with other settings, or moved by a sweep. */
int64_t session_starts_ended(
	const struct session_starts *t, const struct result_record *line, uint64_t offset);

#endif
