/* The records of a run's journal as events of its log, and as the errors and attempts that screens
 * list. */
#ifndef SLUICE_PAST_PAST_LOG_H
#define SLUICE_PAST_PAST_LOG_H

#include "core/engine.h"
#include "core/history.h"
#include "ledger/lines.h"
#include "ledger/record.h"

/* The latest failed attempts, by the place of their records: items are not known before the input
 * is read. */
struct past_tries {
	uint64_t offset[PAST_FAILED];
	uint64_t n; /* ever added */
};

/* Adds the record to the engine's events and error groups, and to the tries. */
void past_log_take(struct engine *e, struct past_tries *tries, const struct journal_record *record,
	const struct ledger_line *line);
/* Adds the tries to the engine's history of attempts; after the last item. */
void past_log_attempts(struct engine *e, const struct past_tries *tries);

#endif
