/* The order of items: ready items by priority, first in first out within one; waiting items in a
 * heap by due time. An item stands in at most one of the two. Pure.
 *
 * So that no item starves, one pop of SCHEDULER_AGEING takes an item of another priority than the
 * highest, each priority in its turn: with L priorities in use, the n-th item of its priority is
 * taken within SCHEDULER_AGEING * (L - 1) * n pops, however many items of higher priorities arrive.
 */
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
	uint64_t n_ready;    /* those included that the next pop will drop */
	uint32_t pops;       /* since the last of another priority than the highest */
	int aged;            /* the level of that one */
	struct heap waiting; /* of struct due */
};

/* Makes an empty scheduler. The items are borrowed and must outlive it. */
void scheduler_init(struct scheduler *s, struct items *items);
void scheduler_free(struct scheduler *s);

/* Puts a queued item at the end of its priority's list (front: at the start, for retries, which are
 * older than the other items). An item that stands there already keeps its place. */
void scheduler_ready(struct scheduler *s, uint32_t item, bool front);
/* Moves all ready items to another scheduler of the same items, which has none. */
void scheduler_move_ready(struct scheduler *from, struct scheduler *to);
/* Takes out the next queued item; ITEM_NONE: there is none. Drops items that are not queued any
 * more. */
uint32_t scheduler_pop(struct scheduler *s);
/* Priorities of ready items have changed: moves each behind the items of its new priority. O(n). */
void scheduler_reorder(struct scheduler *s);
/* Is no item ready? May say no when only items are left that the next pop will drop. */
bool scheduler_empty(const struct scheduler *s);

/* Puts an item into the heap. The caller sets its state to waiting. */
void scheduler_wait(struct scheduler *s, uint32_t item, int64_t due_us);
/* Takes a waiting item out of the heap before its time. */
void scheduler_unwait(struct scheduler *s, uint32_t item);
/* Takes out the earliest item that is due by now; ITEM_NONE: none is. */
uint32_t scheduler_pop_due(struct scheduler *s, int64_t now_us);
/* The earliest due time; NEVER_US: no item waits. */
int64_t scheduler_next_due(const struct scheduler *s);
/* The due time of a waiting item. */
int64_t scheduler_due_of(const struct scheduler *s, uint32_t item);
/* Copies the n earliest waiting items in order of due time; returns how many. O(n²), for screens.
 */
size_t scheduler_earliest(const struct scheduler *s, struct due *out, size_t n);
/* How many waiting items are due before due_us. O(n), for screens. */
size_t scheduler_due_before(const struct scheduler *s, int64_t due_us);
/* Was every ready and waiting item refused by a limit at least once? Stops at the first that was
 * not. */
bool scheduler_all_refused(const struct scheduler *s);

#endif
