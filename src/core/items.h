/* The items of a run: 40 bytes each, addressed by index in order of input. Bodies stay in the input
 * file; a state is changed through one function only, so that the counts always add up. */
#ifndef SLUICE_CORE_ITEMS_H
#define SLUICE_CORE_ITEMS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "words.h"

#define ITEM_NONE UINT32_MAX

struct item {
	uint64_t offset;       /* of its line in the source */
	uint32_t id_mark;      /* of its id's key, the lower half */
	uint32_t line_mark;    /* item_line_mark() of its line as it was counted */
	uint32_t length;       /* of its line */
	uint32_t line;         /* line number from 1 */
	uint32_t link;         /* next in the ready queue, or its place in the due heap; ended: see
				  item_place() */
	uint16_t attempts;     /* requests made for it */
	uint8_t real_attempts; /* of them, those that count against --max-attempts */
	uint8_t rate_attempts; /* of them, those refused by a rate limit */
	uint16_t status;       /* HTTP status of its last answer; 0 */
	uint8_t state : 4;     /* enum item_state */
	uint8_t share : 4; /* 1 + log2 of how many may share a request with it; 0: as many as may */
	uint8_t outcome : 4; /* enum outcome of its last attempt */
	uint8_t missed : 4; /* answers that were not as expected, which have a limit of their own */
	int8_t priority;
	bool linked : 1;   /* stands in the ready list, perhaps after its state has changed */
	bool ending : 1;   /* its final record is not in the kernel yet; no attempt starts */
	bool placed : 1;   /* the place of its final record is known */
	bool by_hand : 1;  /* held by the operator, at once or when its attempt ends */
	bool waits_on : 1; /* queued, but waits for the answer of another item, the leader */
	bool leader : 1;   /* other items wait for its answer */
	bool doubted : 1;  /* an answer to it may be that of another request */
	bool redone : 1;   /* it was sent again for that reason */
	uint8_t group;     /* of its last failure, in the error groups; 0: none */
	uint8_t avoid : 5; /* 1 + a route where it failed: the next attempt takes the fallback of
			      that; 0: none */
	bool others_passed : 1; /* others of its lane were answered since it was refused last */
	bool put_back : 1;      /* it failed with many alike and was held again */
};

static_assert(sizeof(struct item) == 40, "the memory promised an item counts on this");
static_assert(OUTCOME_COUNT <= 16, "an outcome has four bits");

enum { ITEM_MISSED_MOST = 15 };

/* The state of a task that has no work and stands in no queue. Items never have it. */
#define TASK_IDLE ITEM_STATE_COUNT

enum {
	ITEMS_CHUNK = 16384,
	ITEMS_CHANGES = 1024,
};

struct items {
	struct item **chunk;
	uint32_t n;
	size_t chunks;
	struct item_counts counts;
	uint64_t idle; /* of tasks; items never are */
	/* The latest items whose state changed: an open query reads these only. */
	uint32_t changed[ITEMS_CHANGES];
	uint64_t changes;
};

/* Makes an empty table. */
void items_init(struct items *t);
void items_free(struct items *t);
/* Adds an item with the state queued and zeros; returns its index, ITEM_NONE: there are 2^32 - 1
 * already. */
uint32_t items_add(struct items *t);
/* The item of an index, which must exist. The pointer stays valid. */
static inline struct item *items_at(const struct items *t, uint32_t i)
{
	return &t->chunk[i / ITEMS_CHUNK][i % ITEMS_CHUNK];
}
/* Changes a state, and with it the counts. No other code changes a state. */
void items_set_state(struct items *t, uint32_t i, enum item_state state);
/* Every item is queued as if it was never sent; the place of its final record stays. */
void items_rewind(struct items *t);
/* Something else about the item has changed that lists may show. */
static inline void items_noted(struct items *t, uint32_t i)
{
	t->changed[t->changes++ % ITEMS_CHANGES] = i;
}
/* Stores the place of the final record, in members that an ended item does not need. Does nothing
 * for a place of 2^48 or more, and while the item stands in the ready list. */
void item_set_place(struct item *item, uint64_t offset);
/* Sets *offset to the place of the final record, in the results (ok) or the journal; false:
 * unknown. */
bool item_place(const struct item *item, uint64_t *offset);
/* A hash of a line: it shows later whether the line was edited. */
static inline uint32_t item_line_mark(const void *line, size_t len)
{
	return (uint32_t)hash_bytes(line, len);
}
/* The cost of reading an item's line again, in steps of about 10 ns. Long loops are bounded by it.
 */
static inline int64_t item_read_cost(const struct item *item)
{
	return 200 + item->length / 4;
}
/* Its failures so far count no more: it has all its attempts again. */
static inline void item_forgive(struct item *item)
{
	item->real_attempts = item->rate_attempts = item->missed = 0;
	item->others_passed = false;
}
/* Do the counts add up? */
bool items_balanced(const struct items *t);

#endif
