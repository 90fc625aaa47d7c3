#include "work/coalescing.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { FIRST_SLOTS = 1024 };

struct same_slot {
	struct hash128 key;
	uint32_t item; /* and one more; 0: empty */
} __attribute__((packed));

struct same_follower {
	uint32_t item, next;
};

void same_init(struct same *s)
{
	*s = (struct same){.free = ITEM_NONE};
	idmap_init(&s->last);
}

void same_free(struct same *s)
{
	xfree_table(s->slot, s->slots * sizeof(*s->slot));
	idmap_free(&s->last);
	free(s->follower);
	same_init(s);
}

/* Its slot, or the empty one where it would stand. */
static struct same_slot *slot_of(const struct same *s, const struct hash128 *key)
{
	size_t i = (size_t)key->low & (s->slots - 1);

	while (s->slot[i].item &&
		(s->slot[i].key.low != key->low || s->slot[i].key.high != key->high))
		i = (i + 1) & (s->slots - 1);
	return &s->slot[i];
}

static void grow(struct same *s)
{
	struct same old = *s;

	s->slots = old.slots ? 2 * old.slots : FIRST_SLOTS;
	s->slot = xcalloc_table(s->slots * sizeof(*s->slot));
	for (size_t i = 0; i < old.slots; i++) {
		struct hash128 key = old.slot[i].key;

		if (old.slot[i].item)
			*slot_of(s, &key) = old.slot[i];
	}
	xfree_table(old.slot, old.slots * sizeof(*old.slot));
}

uint32_t same_first(struct same *s, const struct hash128 *key, uint32_t item)
{
	struct same_slot *slot;

	if (4 * s->count >= 3 * s->slots)
		grow(s);
	slot = slot_of(s, key);
	if (slot->item)
		return slot->item - 1;
	*slot = (struct same_slot){*key, item + 1};
	s->count++;
	return item;
}

void same_put(struct same *s, const struct hash128 *key, uint32_t item)
{
	if (same_first(s, key, item) != item)
		slot_of(s, key)->item = item + 1;
}

/* ---- followers ---- */

/* Its last follower; ITEM_NONE. */
static uint32_t last_of(const struct same *s, uint32_t leader)
{
	uint32_t last;

	return idmap_get(&s->last, (uint64_t)leader + 1, &last) ? last : ITEM_NONE;
}

static void set_last(struct same *s, uint32_t leader, uint32_t last)
{
	idmap_put(&s->last, (uint64_t)leader + 1, last);
}

static uint32_t take_follower(struct same *s)
{
	uint32_t f = s->free;

	if (f != ITEM_NONE) {
		s->free = s->follower[f].next;
		return f;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->follower = xrealloc(s->follower, s->cap, sizeof(*s->follower));
	}
	return s->n++;
}

void same_follow(struct same *s, uint32_t leader, uint32_t item)
{
	uint32_t last = last_of(s, leader), f = take_follower(s);

	s->follower[f] = (struct same_follower){item, f};
	if (last != ITEM_NONE) {
		s->follower[f].next = s->follower[last].next;
		s->follower[last].next = f;
	}
	set_last(s, leader, f);
}

uint32_t same_next(struct same *s, uint32_t leader)
{
	uint32_t last = last_of(s, leader), first;

	if (last == ITEM_NONE)
		return ITEM_NONE;
	first = s->follower[last].next;
	if (first == last)
		set_last(s, leader, ITEM_NONE);
	else
		s->follower[last].next = s->follower[first].next;
	s->follower[first].next = s->free;
	s->free = first;
	return s->follower[first].item;
}

bool same_move(struct same *s, uint32_t from, uint32_t to)
{
	uint32_t last = last_of(s, from), own = last_of(s, to);

	if (last != ITEM_NONE && own != ITEM_NONE) {
		uint32_t first = s->follower[last].next;

		s->follower[last].next = s->follower[own].next;
		s->follower[own].next = first;
	}
	if (last != ITEM_NONE) {
		set_last(s, from, ITEM_NONE);
		set_last(s, to, last);
	}
	return last != ITEM_NONE || own != ITEM_NONE;
}
