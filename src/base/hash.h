/* Hashes of ids, lines and requests (XXH3). Not for secrets. */
#ifndef SLUICE_BASE_HASH_H
#define SLUICE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The 64-bit hash; never 0, so that tables may use 0 for an empty slot. */
uint64_t hash_bytes(const void *data, size_t len);

/* The same of a text that comes in pieces, wherever it is cut. */
struct hash_pieces;
struct hash_pieces *hash_pieces_new(void);
void hash_pieces_add(struct hash_pieces *h, const void *data, size_t len);
/* The hash of the pieces so far. */
uint64_t hash_pieces_value(const struct hash_pieces *h);
/* NULL is fine. */
void hash_pieces_free(struct hash_pieces *h);

/* A hash wide enough to identify a text: among 10^9 texts two collide with a chance of 10^-20. A
 * secret seed keeps others from making texts that collide. */
struct hash128 {
	uint64_t low, high;
};
/* The wide hash of len bytes. */
struct hash128 hash_wide(const void *data, size_t len, uint64_t seed);

#endif
