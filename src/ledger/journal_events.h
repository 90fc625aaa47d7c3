/* The events of the journal: one table for the writers of records, their readers and the man page.
 * A record is {"time":…,"event":NAME, members}. */
#ifndef SLUICE_LEDGER_JOURNAL_EVENTS_H
#define SLUICE_LEDGER_JOURNAL_EVENTS_H

#include <stddef.h>

#include "base/json.h"

enum journal_kind {
	JOURNAL_OTHER, /* an event that this release does not know */
	JOURNAL_FINAL,
	JOURNAL_ATTEMPT,
	JOURNAL_STAGE,
	JOURNAL_REQUEUED,
	JOURNAL_EDITED,
	JOURNAL_RESENT,
	JOURNAL_DOUBT,
	JOURNAL_VOID,
	JOURNAL_SPLIT,
	JOURNAL_PRIORITY,
	JOURNAL_COMMAND,
	JOURNAL_CHANGE,
	JOURNAL_LEARNED,
	JOURNAL_WARNING,
	JOURNAL_TICK,
	JOURNAL_USAGE,
	JOURNAL_START,
	JOURNAL_STOP,
	JOURNAL_KINDS
};

struct journal_member {
	const char *name; /* NULL ends the list */
	const char *about;
};

struct journal_row {
	const char *name;
	const char *about; /* when it is written */
	const struct journal_member
		*members; /* in their order; some may be missing from a record */
};

/* The row of an event, not of JOURNAL_OTHER. */
const struct journal_row *journal_row_of(enum journal_kind kind);
/* By a record's "event", a string with its quotes. */
enum journal_kind journal_kind_of(struct json_span event);

#endif
