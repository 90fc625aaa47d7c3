#include "base/heap.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { FIRST_CAP = 64 };

void heap_free(struct heap *h)
{
	free(h->at);
	*h = (struct heap){.at = NULL};
}

void heap_grow(struct heap *h, size_t size)
{
	h->cap = h->cap ? h->cap * 2 : FIRST_CAP;
	h->at = xrealloc(h->at, h->cap, size);
}

/* Walks down from the top and keeps the candidates for the next entry: the children of the taken
 * ones. */
size_t heap_first(const struct heap *h, const struct heap_kind *kind, void *out, size_t n)
{
	size_t *next, len = 0, taken = 0;

	if (n > h->len)
		n = h->len;
	if (!n)
		return 0;
	next = xmalloc((n + 2) * sizeof(*next));
	next[len++] = 0;
	while (taken < n) {
		size_t best = 0, at;

		for (size_t i = 1; i < len; i++)
			if (kind->before(
				    heap_entry(h, kind, next[i]), heap_entry(h, kind, next[best])))
				best = i;
		at = next[best];
		next[best] = next[--len];
		memcpy((char *)out + taken++ * kind->size, heap_entry(h, kind, at), kind->size);
		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < h->len; child++)
			next[len++] = child;
	}
	free(next);
	return taken;
}
