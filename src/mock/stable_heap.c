#include "mock/stable_heap.h"

void stable_heap_free(struct stable_heap *h)
{
	heap_free(&h->heap);
}

static bool before(const void *first, const void *second)
{
	const struct stable_entry *a = first, *b = second;

	return a->key < b->key || (a->key == b->key && a->order < b->order);
}

static const struct heap_kind by_key = {.size = sizeof(struct stable_entry), .before = before};

void stable_heap_push(struct stable_heap *h, double key, void *item)
{
	struct stable_entry entry = {.key = key, .order = h->pushed++, .item = item};

	heap_push(&h->heap, &by_key, NULL, &entry);
}

const struct stable_entry *stable_heap_top(const struct stable_heap *h)
{
	return heap_top(&h->heap);
}

void *stable_heap_pop(struct stable_heap *h)
{
	const struct stable_entry *top = heap_top(&h->heap);
	void *item;

	if (!top)
		return NULL;
	item = top->item;
	heap_remove(&h->heap, &by_key, NULL, 0);
	return item;
}
