/* Hashes of ids, lines and requests (XXH3). Not for secrets. */
#ifndef SLUICE_BASE_HASH_H
#define SLUICE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Never 0, so that tables may use 0 for an empty slot. */
uint64_t hash_bytes(const void *data, size_t len);

/* Wide enough to stand for what was hashed: among a thousand million texts two are alike with one
 * chance in 10^20. The seed, while it is nobody's to know, keeps texts from being made alike. */
struct hash128 {
	uint64_t low, high;
};
/* Of len bytes. */
struct hash128 hash_wide(const void *data, size_t len, uint64_t seed);

#endif
