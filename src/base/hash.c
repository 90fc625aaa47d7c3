#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"

/* XXH3's state, which it aligns itself. */
struct hash_pieces {
	XXH3_state_t state;
};

static uint64_t not_0(uint64_t h)
{
	return h ? h : 1;
}

uint64_t hash_bytes(const void *data, size_t len)
{
	return not_0(XXH3_64bits(data, len));
}

struct hash_pieces *hash_pieces_new(void)
{
	struct hash_pieces *h = (struct hash_pieces *)XXH3_createState();

	if (!h)
		alloc_failed();
	XXH3_64bits_reset(&h->state);
	return h;
}

void hash_pieces_add(struct hash_pieces *h, const void *data, size_t len)
{
	XXH3_64bits_update(&h->state, data, len);
}

uint64_t hash_pieces_value(const struct hash_pieces *h)
{
	return not_0(XXH3_64bits_digest(&h->state));
}

void hash_pieces_free(struct hash_pieces *h)
{
	if (h)
		XXH3_freeState(&h->state);
}

struct hash128 hash_wide(const void *data, size_t len, uint64_t seed)
{
	XXH128_hash_t h = XXH3_128bits_withSeed(data, len, seed);

	return (struct hash128){h.low64, h.high64};
}
