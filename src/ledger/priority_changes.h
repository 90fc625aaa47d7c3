/* How the operator changed priorities, as the journal keeps it: ranges of input lines, by how much,
 * and a mark of the item on the first of them, so that a resumed run has them again without a byte
 * more for an item. A range does not hold where another item begins it: the input was changed.
 * Pure. */
#ifndef SLUICE_LEDGER_PRIORITY_CHANGES_H
#define SLUICE_LEDGER_PRIORITY_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

/* Changes that are not in the journal yet. Zeroed is empty. */
struct priority_log {
	struct buf text; /* "[LOW,HIGH,BY,MARK],…" of the ranges that are closed */
	uint32_t low, high, mark;
	int by; /* of the open range; 0: there is none */
};

/* Empty. */
void priority_log_init(struct priority_log *log);
void priority_log_free(struct priority_log *log);
/* One more line's item, known by a mark of its id, has another priority by so much, not 0.
 * Neighbours make one range. */
void priority_log_add(struct priority_log *log, uint32_t line, uint32_t mark, int by);
/* Is there enough for a record? */
bool priority_log_is_long(const struct priority_log *log);
/* Moves the changes to out, as the member "bumps" of a record; false: there were none. */
bool priority_log_take(struct priority_log *log, struct buf *out);

/* The changes of earlier sessions. Zeroed is empty. */
struct priority_changes {
	struct priority_edge {
		uint32_t line, range;
		int by;
	} * edge; /* from this line on all are changed by so much more */
	size_t n, cap, next;
	struct priority_range {
		uint32_t mark;
		bool begun, holds; /* its first line was passed; by the item of its mark */
	} * range;
	size_t n_ranges, ranges_cap;
	int sum; /* of the edges before next */
	bool sorted;
};

void priority_changes_free(struct priority_changes *c);
/* Adds a record's array; invalid ranges are skipped. */
void priority_changes_read(struct priority_changes *c, struct json_span array);
/* By how much the priority of the line's item was changed in all; either mark may be the one it
 * had. Lines may only grow from call to call. */
int priority_changes_of(
	struct priority_changes *c, uint32_t line, uint32_t mark, uint32_t old_mark);

#endif
