/* Which item is next: ready items by priority, first in first out within one; waiting items in a
 * heap by due time. Pure. An item stands in at most one of the two.
 *
 * So that none starves, one pop of SCHEDULER_AGEING goes to another priority in use than the
 * highest, each in its turn: with L priorities in use the item that stands n-th within its own
 * leaves within SCHEDULER_AGEING * (L - 1) * n pops, however many more urgent ones keep coming. */
#ifndef SLUICE_CORE_SCHEDULER_H
#define SLUICE_CORE_SCHEDULER_H

#include "base/heap.h"
#include "core/items.h"

enum { SCHEDULER_LEVELS = 201, SCHEDULER_LOWEST = -100, SCHEDULER_AGEING = 16 };

struct due {
	int64_t due_us;
	uint32_t item;
};

struct scheduler {
	struct items *items;
	struct level {
		uint32_t head, tail;
	} level[SCHEDULER_LEVELS];
	uint64_t used[(SCHEDULER_LEVELS + 63) / 64]; /* levels that are not empty */
	uint32_t pops;       /* since the last that went to another than the highest */
	int aged;            /* the level it went to */
	struct heap waiting; /* of struct due */
};

/* The items must outlive it. */
void scheduler_init(struct scheduler *s, struct items *items);
void scheduler_free(struct scheduler *s);

/* Puts a queued item at the end of its priority's queue (front: at its start, for retries, which
 * are older than what waits there). One that still stands there keeps its place. */
void scheduler_ready(struct scheduler *s, uint32_t item, bool front);
/* Takes the next queued item out; ITEM_NONE when there is none. Items that changed state while they
 * stood there are dropped on the way. */
uint32_t scheduler_pop(struct scheduler *s);
/* Priorities of items that stand there have changed: each goes behind those of its new one. O(n).
 */
void scheduler_reorder(struct scheduler *s);
/* Is there nothing ready? (May say no when only dropped items are left.) */
bool scheduler_empty(const struct scheduler *s);

/* Puts an item into the due heap. The caller sets its state to waiting. */
void scheduler_wait(struct scheduler *s, uint32_t item, int64_t due_us);
/* Takes a waiting item out of the heap before its time. */
void scheduler_unwait(struct scheduler *s, uint32_t item);
/* Takes out the earliest item due by now; ITEM_NONE when none is. */
uint32_t scheduler_pop_due(struct scheduler *s, int64_t now_us);
/* The earliest due time, NEVER_US when none waits; of one waiting item. */
int64_t scheduler_next_due(const struct scheduler *s);
int64_t scheduler_due_of(const struct scheduler *s, uint32_t item);
/* The n earliest waiting items in order of due time; returns how many. O(n²), for screens. */
size_t scheduler_earliest(const struct scheduler *s, struct due *out, size_t n);
/* How many waiting items are due before that. O(n), for screens. */
size_t scheduler_due_before(const struct scheduler *s, int64_t due_us);
/* Was everything that is ready or waits refused by a limit once? Ends at the first that was not. */
bool scheduler_all_refused(const struct scheduler *s);

#endif
