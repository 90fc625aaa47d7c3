/* An open-addressing map from nonzero 64-bit hashes to 32-bit values: 12 bytes a slot, 16 to 32 an
 * entry. The caller must distinguish two ids with the same hash (about one chance in 40,000 over a
 * run of 30 million ids). */
#ifndef SLUICE_BASE_IDMAP_H
#define SLUICE_BASE_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Key and value side by side: a lookup reads one cache line. */
struct idmap_slot {
	uint64_t key; /* 0: empty */
	uint32_t value;
} __attribute__((packed));

struct idmap {
	struct idmap_slot *slot;
	size_t slots; /* a power of two; 0 before the first entry */
	size_t count;
};

/* Allocates nothing yet. */
void idmap_init(struct idmap *m);
/* Releases the memory; the map is empty and usable again. */
void idmap_free(struct idmap *m);
/* The value under hash (nonzero, as hash_bytes() makes them); false when there is none. */
bool idmap_get(const struct idmap *m, uint64_t hash, uint32_t *value);
/* The entry of hash, whose value may be changed until the next one is stored; NULL. */
struct idmap_slot *idmap_find(const struct idmap *m, uint64_t hash);
/* Makes room for n entries. */
void idmap_reserve(struct idmap *m, size_t n);
/* Prefetches the entry of hash, which will be used soon. */
static inline void idmap_prefetch(const struct idmap *m, uint64_t hash)
{
	if (m->slots)
		__builtin_prefetch(&m->slot[(size_t)hash & (m->slots - 1)]);
}
/* Stores value under hash unless there is one: then false, with the old value in *there. */
bool idmap_add(struct idmap *m, uint64_t hash, uint32_t value, uint32_t *there);
/* Stores value under hash, replacing an old one. Doubles the table when it is three quarters full.
 */
void idmap_put(struct idmap *m, uint64_t hash, uint32_t value);

#endif
