/* The records of a run's journal as events of its log, and as the errors and attempts that screens
 * list. */
#ifndef SLUICE_PAST_PAST_LOG_H
#define SLUICE_PAST_PAST_LOG_H

#include "core/engine.h"
#include "core/events.h"
#include "core/history.h"
#include "ledger/lines.h"
#include "ledger/record.h"

/* The latest records that are shown, by their places in the journal: only they are read again, and
 * items are not known before the input is read. */
struct past_log {
	uint64_t event[EVENTS_KEPT], attempt[PAST_FAILED];
	uint64_t events, attempts; /* ever added */
};

/* Takes the next record of the journal: notes its place, and counts a failed attempt in the
 * engine's error groups. wall_us: its time. */
void past_log_take(struct past_log *log, struct engine *e, const struct journal_record *record,
	int64_t wall_us, const struct ledger_line *line);
/* Adds the events to the engine's; once the journal was read. */
void past_log_events(const struct past_log *log, struct engine *e);
/* Adds the attempts to the engine's history; after the last item. */
void past_log_attempts(const struct past_log *log, struct engine *e);

#endif
