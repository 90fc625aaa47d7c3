#include "base/idmap.h"

#include "base/alloc.h"

enum { FIRST_SLOTS = 64 };

/* The slot that holds hash, or the empty one where it belongs. The low bits of the hash choose it,
 * since it is well mixed. */
static struct idmap_slot *find_slot(const struct idmap *m, uint64_t hash)
{
	size_t mask = m->slots - 1;
	size_t i = (size_t)hash & mask;

	while (m->slot[i].key && m->slot[i].key != hash)
		i = (i + 1) & mask;
	return &m->slot[i];
}

static void free_slots(const struct idmap *m)
{
	xfree_table(m->slot, m->slots * sizeof(*m->slot));
}

static void resize(struct idmap *m, size_t slots)
{
	struct idmap old = *m;

	m->slots = slots;
	m->slot = xcalloc_table(m->slots * sizeof(*m->slot));
	for (size_t i = 0; i < old.slots; i++)
		if (old.slot[i].key)
			*find_slot(m, old.slot[i].key) = old.slot[i];
	free_slots(&old);
}

static size_t capacity(size_t slots)
{
	return slots / 4 * 3;
}

void idmap_reserve(struct idmap *m, size_t n)
{
	size_t slots = m->slots ? m->slots : FIRST_SLOTS;

	while (capacity(slots) < n)
		slots *= 2;
	if (slots > m->slots)
		resize(m, slots);
}

void idmap_init(struct idmap *m)
{
	*m = (struct idmap){0};
}

void idmap_free(struct idmap *m)
{
	free_slots(m);
	idmap_init(m);
}

struct idmap_slot *idmap_find(const struct idmap *m, uint64_t hash)
{
	struct idmap_slot *slot = m->slots ? find_slot(m, hash) : NULL;

	return slot && slot->key ? slot : NULL;
}

bool idmap_get(const struct idmap *m, uint64_t hash, uint32_t *value)
{
	const struct idmap_slot *slot = idmap_find(m, hash);

	if (!slot)
		return false;
	*value = slot->value;
	return true;
}

bool idmap_add(struct idmap *m, uint64_t hash, uint32_t value, uint32_t *there)
{
	struct idmap_slot *slot;

	if (m->count >= capacity(m->slots))
		idmap_reserve(m, m->count + 1);
	slot = find_slot(m, hash);
	if (slot->key) {
		*there = slot->value;
		return false;
	}
	*slot = (struct idmap_slot){hash, value};
	m->count++;
	return true;
}

void idmap_put(struct idmap *m, uint64_t hash, uint32_t value)
{
	uint32_t there;

	if (!idmap_add(m, hash, value, &there))
		find_slot(m, hash)->value = value;
}
