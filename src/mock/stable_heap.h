/* A heap of items by key, the smallest first; first in, first out among equal keys. Zeroed: empty.
 */
#ifndef SLUICE_MOCK_STABLE_HEAP_H
#define SLUICE_MOCK_STABLE_HEAP_H

#include <stdint.h>

#include "base/heap.h"

struct stable_entry {
	double key; /* microseconds (exact up to 2^53) or virtual work */
	uint64_t order;
	void *item;
};

struct stable_heap {
	struct heap heap; /* of struct stable_entry */
	uint64_t pushed;
};

/* Releases the heap's own memory, not the items. */
void stable_heap_free(struct stable_heap *h);
/* Adds an item, which is borrowed. */
void stable_heap_push(struct stable_heap *h, double key, void *item);
/* The entry with the smallest key; NULL when the heap is empty. Valid until the next push or pop.
 */
const struct stable_entry *stable_heap_top(const struct stable_heap *h);
/* Removes the top and returns its item; NULL when the heap is empty. */
void *stable_heap_pop(struct stable_heap *h);

#endif
