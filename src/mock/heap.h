/* A heap of things with a due key, smallest first, first in first out among equal keys. */
#ifndef SLUICE_MOCK_HEAP_H
#define SLUICE_MOCK_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_entry {
	double key; /* microseconds (exact up to 2^53) or virtual work */
	uint64_t order;
	void *item;
};

struct heap {
	struct heap_entry *at;
	size_t len, cap;
	uint64_t pushed;
};

void heap_init(struct heap *h);
/* Releases the heap's own memory, not the items. */
void heap_free(struct heap *h);
/* item is borrowed. */
void heap_push(struct heap *h, double key, void *item);
/* The entry with the smallest key, NULL when empty; valid until the next push or pop. */
const struct heap_entry *heap_top(const struct heap *h);
/* Removes the top and returns its item; NULL when empty. */
void *heap_pop(struct heap *h);

#endif
