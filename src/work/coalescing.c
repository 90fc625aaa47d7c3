#include "work/coalescing.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { FIRST_SLOTS = 1024 };

struct coalescing_slot {
	struct hash128 key;
	uint32_t item; /* the leader + 1; 0: the slot is empty */
} __attribute__((packed));

struct coalescing_waiter {
	uint32_t item, next; /* next: of the ring, or of the free list */
};

void coalescing_init(struct coalescing *s)
{
	*s = (struct coalescing){.free = ITEM_NONE};
	idmap_init(&s->last);
}

void coalescing_free(struct coalescing *s)
{
	xfree_table(s->slot, s->slots * sizeof(*s->slot));
	idmap_free(&s->last);
	free(s->waiter);
	coalescing_init(s);
}

/* The slot of the key, or the empty slot where it would stand. */
static struct coalescing_slot *slot_of(const struct coalescing *s, const struct hash128 *key)
{
	size_t i = (size_t)key->low & (s->slots - 1);

	while (s->slot[i].item &&
		(s->slot[i].key.low != key->low || s->slot[i].key.high != key->high))
		i = (i + 1) & (s->slots - 1);
	return &s->slot[i];
}

static void grow(struct coalescing *s)
{
	struct coalescing old = *s;

	s->slots = old.slots ? 2 * old.slots : FIRST_SLOTS;
	s->slot = xcalloc_table(s->slots * sizeof(*s->slot));
	for (size_t i = 0; i < old.slots; i++) {
		struct hash128 key = old.slot[i].key;

		if (old.slot[i].item)
			*slot_of(s, &key) = old.slot[i];
	}
	xfree_table(old.slot, old.slots * sizeof(*old.slot));
}

uint32_t coalescing_leader(struct coalescing *s, const struct hash128 *key, uint32_t item)
{
	struct coalescing_slot *slot;

	if (4 * s->count >= 3 * s->slots)
		grow(s);
	slot = slot_of(s, key);
	if (slot->item)
		return slot->item - 1;
	*slot = (struct coalescing_slot){*key, item + 1};
	s->count++;
	return item;
}

void coalescing_set_leader(struct coalescing *s, const struct hash128 *key, uint32_t item)
{
	if (coalescing_leader(s, key, item) != item)
		slot_of(s, key)->item = item + 1;
}

/* ---- waiters ---- */

/* The waiter that joined the leader last; ITEM_NONE: none waits. */
static uint32_t last_of(const struct coalescing *s, uint32_t leader)
{
	uint32_t last;

	return idmap_get(&s->last, (uint64_t)leader + 1, &last) ? last : ITEM_NONE;
}

static void set_last(struct coalescing *s, uint32_t leader, uint32_t last)
{
	idmap_put(&s->last, (uint64_t)leader + 1, last);
}

static uint32_t take_waiter(struct coalescing *s)
{
	uint32_t w = s->free;

	if (w != ITEM_NONE) {
		s->free = s->waiter[w].next;
		return w;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->waiter = xrealloc(s->waiter, s->cap, sizeof(*s->waiter));
	}
	return s->n++;
}

void coalescing_wait(struct coalescing *s, uint32_t leader, uint32_t item)
{
	uint32_t last = last_of(s, leader), w = take_waiter(s);

	s->waiter[w] = (struct coalescing_waiter){item, w};
	if (last != ITEM_NONE) {
		s->waiter[w].next = s->waiter[last].next;
		s->waiter[last].next = w;
	}
	set_last(s, leader, w);
}

uint32_t coalescing_next_waiter(struct coalescing *s, uint32_t leader)
{
	uint32_t last = last_of(s, leader), first;

	if (last == ITEM_NONE)
		return ITEM_NONE;
	first = s->waiter[last].next;
	if (first == last)
		set_last(s, leader, ITEM_NONE);
	else
		s->waiter[last].next = s->waiter[first].next;
	s->waiter[first].next = s->free;
	s->free = first;
	return s->waiter[first].item;
}

bool coalescing_move_waiters(struct coalescing *s, uint32_t from, uint32_t to)
{
	uint32_t last = last_of(s, from), own = last_of(s, to);

	if (last != ITEM_NONE && own != ITEM_NONE) {
		uint32_t first = s->waiter[last].next;

		s->waiter[last].next = s->waiter[own].next;
		s->waiter[own].next = first;
	}
	if (last != ITEM_NONE) {
		set_last(s, from, ITEM_NONE);
		set_last(s, to, last);
	}
	return last != ITEM_NONE || own != ITEM_NONE;
}
