/* Fills a chart from the journal: the ticks of earlier sessions, and why limits changed. Records
 * are taken in their order, those of other kinds leave no trace. Pure. */
#ifndef SLUICE_CORE_CHART_RECORDS_H
#define SLUICE_CORE_CHART_RECORDS_H

#include "core/chart.h"
#include "core/tick_reader.h"
#include "ledger/lines.h"
#include "ledger/record.h"

/* Where the reading stands. All zero: at the start of a journal. */
struct chart_reader {
	int64_t ms;      /* of the last tick, since the start of its session */
	int64_t seconds; /* of the session that the chart has */
	struct tick_figures now;
	struct tick_lanes lanes;
	uint32_t marks; /* that the next second gets: a bit 1 << enum mark for each */
};

/* Takes a record. */
void chart_reader_take(struct chart_reader *r, struct chart *c, const struct journal_record *record,
	const struct ledger_line *line);

/* A change of a limit, as lanes report and the journal records it. */
struct limit_change {
	const char *what;   /* "concurrency", "server limit", "hold", "breaker", … */
	bool by_hand;       /* the operator made it */
	bool refused;       /* because of refusals */
	double before, now; /* negative: none */
};

/* Why it happened, for the marks of plots; MARK_NONE: it changed no limit. */
enum mark mark_of_change(const struct limit_change *c);
/* The same of a record of the journal about a change. */
enum mark mark_of_record(const struct ledger_line *line);
/* Which of two marks a place shows that has room for one; `seen` is the older. */
enum mark mark_shown(enum mark seen, enum mark next);

#endif
