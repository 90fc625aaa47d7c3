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

/* A failed attempt. */
struct past_try {
	struct json_span id;         /* of its item, a string with its quotes */
	int64_t wait_us, latency_us; /* -1: unknown */
	uint8_t group;               /* in the engine's error groups */
	bool first;                  /* it is the first of its group */
};

/* Takes the next record of the journal: notes its place, and counts a failed attempt in the
 * engine's error groups. wall_us: its time. True: it is a failed attempt, and *out is filled. */
bool past_log_take(struct past_log *log, struct engine *e, const struct journal_record *record,
	int64_t wall_us, const struct ledger_line *line, struct past_try *out);
/* Does the log show records of this kind? */
bool past_log_shows(enum journal_kind kind);
/* Adds the events to the engine's; once the journal was read. */
void past_log_events(const struct past_log *log, struct engine *e);
/* Puts the records at these places in place of all events; `before` others were before them. */
void past_log_events_at(struct engine *e, const uint64_t *places, size_t n, uint64_t before);
/* Adds the attempts to the engine's history; after the last item. */
void past_log_attempts(const struct past_log *log, struct engine *e);
/* Puts the attempts at these places, of one item, in place of the history. */
void past_log_attempts_of(struct engine *e, uint32_t item, const uint64_t *places, size_t n);

#endif
