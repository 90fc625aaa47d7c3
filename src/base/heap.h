/* A binary heap of entries of one size, the first in its order on top. Zeroed: empty.
 *
 * A struct heap_kind describes the entries. It is a constant of the file that owns the heap, and
 * the functions here are inlined with it, so neither the size nor the order costs a call. */
#ifndef SLUICE_BASE_HEAP_H
#define SLUICE_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { HEAP_ENTRY_MAX = 32 };

struct heap_kind {
	size_t size; /* of an entry, at most HEAP_ENTRY_MAX */
	/* Does a come before b? Equal entries come in any order. */
	bool (*before)(const void *a, const void *b);
	/* Called when an entry moved to this place. NULL: not needed. */
	void (*placed)(void *ctx, const void *entry, size_t at);
};

struct heap {
	void *at; /* len entries, the top first */
	size_t len, cap;
};

/* Releases the heap's own memory; the heap is empty and usable again. */
void heap_free(struct heap *h);
/* Makes room for one more entry; for heap_push() only. */
void heap_grow(struct heap *h, size_t size);
/* Copies the first n entries in their order to out; returns how many there were. O(n²), for
 * screens. */
size_t heap_first(const struct heap *h, const struct heap_kind *kind, void *out, size_t n);

#define HEAP_INLINE static inline __attribute__((always_inline))

HEAP_INLINE void *heap_entry(const struct heap *h, const struct heap_kind *kind, size_t at)
{
	return (char *)h->at + at * kind->size;
}

/* The entry on top; NULL when the heap is empty. Valid until the heap changes. */
HEAP_INLINE void *heap_top(const struct heap *h)
{
	return h->len ? h->at : NULL;
}

HEAP_INLINE void heap_place(
	const struct heap_kind *kind, void *ctx, char *base, size_t at, const void *entry)
{
	memcpy(base + at * kind->size, entry, kind->size);
	if (kind->placed)
		kind->placed(ctx, entry, at);
}

HEAP_INLINE void heap_sift_up(
	struct heap *h, const struct heap_kind *kind, void *ctx, size_t at, const void *entry)
{
	char *base = h->at;

	for (; at > 0; at = (at - 1) / 2) {
		const char *parent = base + (at - 1) / 2 * kind->size;

		if (!kind->before(entry, parent))
			break;
		heap_place(kind, ctx, base, at, parent);
	}
	heap_place(kind, ctx, base, at, entry);
}

HEAP_INLINE void heap_sift_down(
	struct heap *h, const struct heap_kind *kind, void *ctx, size_t at, const void *entry)
{
	char *base = h->at;
	size_t len = h->len;

	for (size_t below = 2 * at + 1; below < len; below = 2 * at + 1) {
		const char *child = base + below * kind->size;

		if (below + 1 < len && kind->before(child + kind->size, child)) {
			child += kind->size;
			below++;
		}
		if (!kind->before(child, entry))
			break;
		heap_place(kind, ctx, base, at, child);
		at = below;
	}
	heap_place(kind, ctx, base, at, entry);
}

/* Adds a copy of the entry. ctx is passed to kind->placed. */
HEAP_INLINE void heap_push(
	struct heap *h, const struct heap_kind *kind, void *ctx, const void *entry)
{
	if (h->len == h->cap)
		heap_grow(h, kind->size);
	heap_sift_up(h, kind, ctx, h->len++, entry);
}

/* Removes the entry at a place: 0 is the top, others are known from kind->placed. */
HEAP_INLINE void heap_remove(struct heap *h, const struct heap_kind *kind, void *ctx, size_t at)
{
	char last[HEAP_ENTRY_MAX];

	h->len--;
	if (at == h->len)
		return;
	memcpy(last, heap_entry(h, kind, h->len), kind->size);
	if (at > 0 && kind->before(last, heap_entry(h, kind, (at - 1) / 2)))
		heap_sift_up(h, kind, ctx, at, last);
	else
		heap_sift_down(h, kind, ctx, at, last);
}

#endif
