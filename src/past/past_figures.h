/* The figures of a run as its journal records them: ticks, starts and stops, taken one after the
 * other. What has been taken is what was known at that moment, so the figures of any moment are
 * those of the records before it; a whole tick needs none before it. Pure. */
#ifndef SLUICE_PAST_PAST_FIGURES_H
#define SLUICE_PAST_PAST_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/tick_reader.h"
#include "figures.h"
#include "ledger/lines.h"
#include "ledger/record.h"
#include "past/past_cost.h"

/* What the stop record of a session has beside; negative: not reported. */
struct past_stop {
	int64_t exit_code;
	char reason[200]; /* sanitised */
	int64_t requests, retries, cached, shared;
	double why[BOUND_COUNT]; /* shares of the time */
};

/* The times of records, most of which lie in the second of the one before. */
struct past_clock {
	char second[20]; /* the text of the last one up to its seconds */
	int64_t wall_us; /* of that second */
};

struct past_figures {
	struct past_clock clock;
	int sessions;
	int64_t start_wall_us; /* of the last session */
	int64_t last_wall_us;  /* of the last record that has a time */
	bool stopped;          /* the last session wrote its end; its stop record: */
	struct past_stop stop;
	struct past_cost cost;  /* of the run so far */
	struct input_part part; /* of the last session, if it had not all of the input */
	int64_t elapsed_us;     /* of the last session */
	bool ticked;            /* it has ticks: what follows is known */
	struct tick_figures now;
	struct tick_lanes lanes;
	struct history_second second[HISTORY_SECONDS]; /* newest at (seconds - 1) */
	uint8_t bound[HISTORY_SECONDS];                /* enum bound, of the same seconds */
	int64_t seconds;
	uint8_t mark; /* enum mark, of changes since the last tick */
};

/* Takes a record; those of other kinds leave only their time. */
void past_figures_take(struct past_figures *f, const struct journal_record *record,
	const struct ledger_line *line);
/* Copies the seconds that have passed, newest last; returns how many. */
int past_figures_history(const struct past_figures *f, struct history_second out[HISTORY_SECONDS]);
/* What bound the rate in the last minute, as shares. */
void past_figures_bounds(const struct past_figures *f, double share[BOUND_COUNT]);
/* The wall time of a record; 0: it has none. */
int64_t past_record_time(const struct journal_record *record);

#endif
