/* The moments of a run that an operator looks for. Pure. */
#ifndef SLUICE_PAST_MARKS_H
#define SLUICE_PAST_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/lines.h"
#include "ledger/record.h"
#include "replay_view.h"

enum {
	/* Refusals, and changes by the controller, that follow each other within this time are one
	 * mark. */
	MARKS_APART_MS = 5000,
	MARKS_MOST = 1 << 18,
};

struct marks {
	struct {
		uint32_t at_ms;
		uint8_t kind; /* enum replay_mark */
	} * at;
	size_t n, cap;
	int64_t last_ms[REPLAY_MARKS]; /* of the last one of a kind, also if it is no mark of its
					  own */
	bool any[REPLAY_MARKS];
	size_t settled; /* those before it stand where they stand */
};

void marks_free(struct marks *m);
/* Takes the next record, which stands at a point of the axis. first_error: it is an attempt that
 * failed as none did before. */
void marks_take(struct marks *m, const struct journal_record *record,
	const struct ledger_line *line, int64_t at_ms, bool first_error);
/* Those since the last call stand no later than this. */
void marks_settle(struct marks *m, int64_t at_ms);
/* The next mark behind a point, or the previous one before it; false: there is none. */
bool marks_next(const struct marks *m, int64_t at_ms, bool forward, int64_t *out_ms);
/* A bit 1 << enum replay_mark for each kind of mark that stands exactly there. */
unsigned marks_at(const struct marks *m, int64_t at_ms);
/* The same for each of n equal parts of the axis. */
void marks_spread(const struct marks *m, int64_t length_ms, uint8_t *out, size_t n);

#endif
