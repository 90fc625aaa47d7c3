#include "mock/heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { FIRST_CAP = 64 };

void heap_init(struct heap *h)
{
	*h = (struct heap){0};
}

void heap_free(struct heap *h)
{
	free(h->at);
	heap_init(h);
}

static bool before(const struct heap_entry *a, const struct heap_entry *b)
{
	return a->key < b->key || (a->key == b->key && a->order < b->order);
}

void heap_push(struct heap *h, double key, void *item)
{
	struct heap_entry entry = {.key = key, .order = h->pushed++, .item = item};
	size_t i, parent;

	if (h->len == h->cap) {
		h->cap = h->cap ? h->cap * 2 : FIRST_CAP;
		h->at = xrealloc(h->at, h->cap, sizeof(*h->at));
	}
	for (i = h->len++; i > 0; i = parent) {
		parent = (i - 1) / 2;
		if (!before(&entry, &h->at[parent]))
			break;
		h->at[i] = h->at[parent];
	}
	h->at[i] = entry;
}

const struct heap_entry *heap_top(const struct heap *h)
{
	return h->len ? &h->at[0] : NULL;
}

void *heap_pop(struct heap *h)
{
	struct heap_entry last;
	void *item;
	size_t i, child;

	if (!h->len)
		return NULL;
	item = h->at[0].item;
	last = h->at[--h->len];
	for (i = 0; (child = 2 * i + 1) < h->len; i = child) {
		if (child + 1 < h->len && before(&h->at[child + 1], &h->at[child]))
			child++;
		if (!before(&h->at[child], &last))
			break;
		h->at[i] = h->at[child];
	}
	h->at[i] = last; /* of an emptied heap: slot 0, beyond its length */
	return item;
}
