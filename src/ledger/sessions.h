/* When the sessions of a run began, and where their results begin: result lines say when they ended
 * since the start of their session. Pure. */
#ifndef SLUICE_LEDGER_SESSIONS_H
#define SLUICE_LEDGER_SESSIONS_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/record.h"

struct ledger_session {
	uint64_t results_from; /* the session's first byte of results */
	int64_t wall_us;
};

struct ledger_sessions {
	struct ledger_session *at; /* from session 1 on */
	size_t n;
};

/* Adds a session that began at wall_us. */
void ledger_sessions_add(struct ledger_sessions *t, uint64_t results_from, int64_t wall_us);
/* The same by its start record. */
void ledger_sessions_read(
	struct ledger_sessions *t, const char *record, size_t len, int64_t wall_us);
void ledger_sessions_free(struct ledger_sessions *t);
/* When a line of results ended that stands at this offset of its file. Lines end in the order of
 * the file, and sessions are in that order, too; a line names its session when results may have
 * been made with other settings, or moved by a sweep. */
int64_t ledger_sessions_ended(
	const struct ledger_sessions *t, const struct result_record *line, uint64_t offset);

#endif
