/* Ticks: the figures of a run once a second, as records of the journal. Views of a run's past and
 * plots of a whole run are made of them. Every tenth tick is whole: it has totals and all limits.
 * Those between have only what changed since the tick before. */
#ifndef SLUICE_CORE_TICKS_H
#define SLUICE_CORE_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#include "figures.h"
#include "ledger/lines.h"
#include "ledger/record.h"

struct engine;

enum { TICKS_TO_A_WHOLE = 10, TICK_ITEMS = 7 };

/* What a tick says of the whole run. */
struct tick_figures {
	int64_t items[TICK_ITEMS]; /* ok, in flight, waiting, failed, held, cancelled, all */
	int64_t ok;                /* attempts */
	int64_t not_ok[OUTCOME_COUNT - 1]; /* attempts by the other outcomes */
	int64_t tokens[2];                 /* in, out */
	int64_t latency[LATENCY_BINS];     /* ok attempts by latency */
	int64_t requests;                  /* in flight */
	int p50_ms;                        /* the latest that is known; negative: none */
	enum bound bound;
};

/* What it says of a lane; 0: no limit. */
struct tick_limits {
	double concurrency, rpm, tpm, rate;
	bool held;
};

struct ticks {
	int64_t seconds;          /* of the session, when a tick was last due */
	uint64_t written;         /* how many */
	struct tick_figures last; /* of the tick that was written last */
};

/* Makes ticks of a session that begins. */
void ticks_init(struct ticks *t);
/* Writes the tick of the second that has passed, unless nothing changed in it. To be called several
 * times a second: calls within the same second do nothing. */
void engine_tick(struct engine *e, int64_t now_us, int64_t wall_us);
/* Writes what happened since the last tick: the session ends within a second. */
void engine_last_tick(struct engine *e, int64_t now_us, int64_t wall_us);

/* Takes a record of the run so far: the visitor of ledger_visit_records(), with the engine as its
 * ctx. The chart of the run begins with those of earlier sessions. */
void engine_replay_record(
	void *engine, const struct journal_record *record, const struct ledger_line *line);

#endif
