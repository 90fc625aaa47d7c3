#include "base/idmap.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { FIRST_SLOTS = 64 };

/* The slot that holds hash, or the empty one where it belongs. The low bits choose: the hash is
 * already well mixed. */
static size_t find_slot(const struct idmap *m, uint64_t hash)
{
	size_t mask = m->slots - 1;
	size_t i = (size_t)hash & mask;

	while (m->keys[i] && m->keys[i] != hash)
		i = (i + 1) & mask;
	return i;
}

static void grow(struct idmap *m)
{
	struct idmap old = *m;

	m->slots = old.slots ? old.slots * 2 : FIRST_SLOTS;
	m->keys = xcalloc(m->slots, sizeof(*m->keys));
	m->values = xcalloc(m->slots, sizeof(*m->values));
	for (size_t i = 0; i < old.slots; i++) {
		size_t at;

		if (!old.keys[i])
			continue;
		at = find_slot(m, old.keys[i]);
		m->keys[at] = old.keys[i];
		m->values[at] = old.values[i];
	}
	free(old.keys);
	free(old.values);
}

void idmap_init(struct idmap *m)
{
	*m = (struct idmap){0};
}

void idmap_free(struct idmap *m)
{
	free(m->keys);
	free(m->values);
	idmap_init(m);
}

bool idmap_get(const struct idmap *m, uint64_t hash, uint32_t *value)
{
	size_t i;

	if (!m->slots)
		return false;
	i = find_slot(m, hash);
	if (!m->keys[i])
		return false;
	*value = m->values[i];
	return true;
}

void idmap_put(struct idmap *m, uint64_t hash, uint32_t value)
{
	size_t i;

	if (m->count >= m->slots / 4 * 3)
		grow(m);
	i = find_slot(m, hash);
	if (!m->keys[i]) {
		m->keys[i] = hash;
		m->count++;
	}
	m->values[i] = value;
}
