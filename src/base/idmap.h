/* An open-addressing map from nonzero 64-bit hashes to 32-bit values: what is known of an id costs
 * 12 bytes a slot, 16 to 32 an entry. Two ids with the same hash are for the caller to tell apart
 * (about one chance in 40,000 over a run of 30 million ids). */
#ifndef SLUICE_BASE_IDMAP_H
#define SLUICE_BASE_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Key and value side by side: one cache line a look. */
struct idmap_slot {
	uint64_t key; /* 0: empty */
	uint32_t value;
} __attribute__((packed));

struct idmap {
	struct idmap_slot *slot;
	size_t slots; /* a power of two, 0 before the first put */
	size_t count;
};

/* Allocates nothing yet. */
void idmap_init(struct idmap *m);
/* Releases the memory; the map is empty and usable again. */
void idmap_free(struct idmap *m);
/* The value under hash (nonzero, as hash_bytes() makes them); false when there is none. */
bool idmap_get(const struct idmap *m, uint64_t hash, uint32_t *value);
/* Room for so many entries without growing on the way. */
void idmap_reserve(struct idmap *m, size_t n);
/* The entry of hash will be asked for soon: has it fetched from memory meanwhile. */
static inline void idmap_prefetch(const struct idmap *m, uint64_t hash)
{
	if (m->slots)
		__builtin_prefetch(&m->slot[(size_t)hash & (m->slots - 1)]);
}
/* Stores value under hash unless there is one: false then, with that one in *there. */
bool idmap_add(struct idmap *m, uint64_t hash, uint32_t value, uint32_t *there);
/* Stores value under hash, in place of what was there. Doubles the table at three quarters full. */
void idmap_put(struct idmap *m, uint64_t hash, uint32_t value);

#endif
