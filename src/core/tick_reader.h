/* Reads ticks, the journal's records of each second (core/ticks.h), one after the other. Numbers of
 * a file may be anything: those that no run has are limited. Pure. */
#ifndef SLUICE_CORE_TICK_READER_H
#define SLUICE_CORE_TICK_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "core/ticks.h"
#include "ledger/lines.h"
#include "words.h"

enum { TICK_LANES = 64 };

/* A lane by its ticks; 0: no limit. */
struct tick_lane {
	char name[ENDPOINT_NAME_SIZE + 64]; /* sanitised */
	double concurrency, rpm, tpm, rate;
	bool held;
};

struct tick_lanes {
	int n;
	struct tick_lane at[TICK_LANES];
};

/* What a tick has beside the figures. */
struct tick_record {
	int64_t ms; /* since the start of its session */
	bool whole;
	bool has_p50;         /* it names the median latency of its second */
	struct json_span usd; /* of the run; at NULL: not there. Borrowed from the line */
};

/* Takes a tick: brings figures and lanes, which are those of the tick before, up to it. False, and
 * nothing changes: it is none, or lies before since_ms. */
bool tick_read(const struct ledger_line *line, int64_t since_ms, struct tick_figures *now,
	struct tick_lanes *lanes, struct tick_record *out);
/* The attempts in flight that all lanes allow together; at most INT32_MAX. */
uint32_t tick_concurrency(const struct tick_lanes *lanes);
/* The attempts of the figures that were answered: the operator's cancelled ones were not. */
int64_t tick_answered(const struct tick_figures *t);
/* A count within what a screen may show: 0 to INT32_MAX. */
uint32_t tick_u32(int64_t n);

/* A whole number, limited; false: it is none. */
bool tick_count(struct json_span v, int64_t *out);
/* The bound of a name, a string with its quotes; false: there is none. */
bool tick_bound(struct json_span name, enum bound *out);

#endif
