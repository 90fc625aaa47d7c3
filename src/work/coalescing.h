/* Which items make the same request, by the hashes of the requests: the first item leads, the
 * others wait for its answer. Pure. Memory: 27 to 54 bytes for each different request, 8 for each
 * item that waits. */
#ifndef SLUICE_WORK_COALESCING_H
#define SLUICE_WORK_COALESCING_H

#include "base/hash.h"
#include "base/idmap.h"
#include "core/items.h"

struct coalescing_slot;
struct coalescing_waiter;

struct coalescing {
	struct coalescing_slot *slot; /* the leaders, by the keys of their requests */
	size_t slots, count;
	struct idmap last; /* leader + 1 to the last of its waiters, which are a ring */
	struct coalescing_waiter *waiter;
	uint32_t n, cap, free;
};

/* Makes an empty table; it allocates nothing yet. */
void coalescing_init(struct coalescing *s);
void coalescing_free(struct coalescing *s);
/* The leader of a key. A key without a leader gets the item. */
uint32_t coalescing_leader(struct coalescing *s, const struct hash128 *key, uint32_t item);
/* Makes the item the leader of a key; the waiters of an earlier leader stay with that one. */
void coalescing_set_leader(struct coalescing *s, const struct hash128 *key, uint32_t item);

/* Adds the item behind the waiters of the leader. */
void coalescing_wait(struct coalescing *s, uint32_t leader, uint32_t item);
/* Removes the leader's first waiter and returns it; ITEM_NONE: none waits. */
uint32_t coalescing_next_waiter(struct coalescing *s, uint32_t leader);
/* Moves the waiters of one leader behind those of another. Returns whether the other one has any
 * then. */
bool coalescing_move_waiters(struct coalescing *s, uint32_t from, uint32_t to);

#endif
