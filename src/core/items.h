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
	uint8_t missed : 4;  /* answers that were not as expected: a budget of their own */
	int8_t priority;
	bool linked : 1;  /* stands in the ready queue (perhaps with a state that says otherwise) */
	bool ending : 1;  /* its final record waits to be written: not to be started any more */
	bool placed : 1;  /* the place of its final record is known */
	bool by_hand : 1; /* held by the operator; in flight: to be held when its attempt ends */
	bool waits_on : 1; /* queued, but waits for the answer of another item, the leader */
	bool leader : 1;   /* other items wait for its answer */
	bool doubted : 1;  /* an answer to it may have been another's */
	bool redone : 1;   /* it was asked again for that */
	uint8_t group;     /* of its last failure, in the error groups; 0: none */
	uint8_t avoid;     /* 1 + the route whose fallback the next attempt goes to; 0: none */
};

static_assert(sizeof(struct item) == 40, "the memory promised an item counts on this");
static_assert(OUTCOME_COUNT <= 16, "an outcome has four bits");

enum { ITEM_MISSED_MOST = 15 };

/* The state of a task without work, which stands in no queue; never that of an item. */
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
	/* The latest items whose state changed, so that an open query need not look at all. */
	uint32_t changed[ITEMS_CHANGES];
	uint64_t changes;
};

void items_init(struct items *t);
void items_free(struct items *t);
/* A new item, state queued, zeroed otherwise; returns its index, ITEM_NONE when 2^32 - 1 are
 * reached. */
uint32_t items_add(struct items *t);
static inline struct item *items_at(const struct items *t, uint32_t i)
{
	return &t->chunk[i / ITEMS_CHUNK][i % ITEMS_CHUNK];
}
/* The only way a state changes. */
void items_set_state(struct items *t, uint32_t i, enum item_state state);
/* Keeps where its final record is, in fields that an ended item needs no more. A place of 2^48 or
 * more, and that of an item which still stands in the ready queue, is not kept. */
void item_set_place(struct item *item, uint64_t offset);
/* Where its final record is, in results (ok) or journal; false when that is not known. */
bool item_place(const struct item *item, uint64_t *offset);
/* By what an edited line is noticed when it is read again. */
static inline uint32_t item_line_mark(const void *line, size_t len)
{
	return (uint32_t)hash_bytes(line, len);
}
/* What reading an item's line again costs, in units of about 10 ns: steps are bounded by it. */
static inline int64_t item_read_cost(const struct item *item)
{
	return 200 + item->length / 4;
}
/* Do the counts add up? */
bool items_balanced(const struct items *t);

#endif
