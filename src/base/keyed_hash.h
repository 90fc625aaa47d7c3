/* Hashes with a secret key (SipHash-2-4). Without the key nobody can choose ids or lines that
 * collide. */
#ifndef SLUICE_BASE_KEYED_HASH_H
#define SLUICE_BASE_KEYED_HASH_H

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"

struct hash_key {
	uint64_t low, high;
};

enum { HASH_DIGITS = 32 };

/* Makes a random key; false and err when the system gives no random numbers. */
bool hash_key_make(struct hash_key *key, struct error *err);
/* Derives a key for another use: hashes under one reveal nothing about hashes under the other. */
struct hash_key hash_key_for(const struct hash_key *key, const char *use);

/* The 64-bit hash; never 0, as hash_bytes(). */
uint64_t hash_keyed(const struct hash_key *key, const void *data, size_t len);
/* A hash wide enough to identify the data. */
struct hash128 hash_keyed_wide(const struct hash_key *key, const void *data, size_t len);

/* Reads a wide hash or a key from HASH_DIGITS hexadecimal digits; false when they are invalid. */
bool hash_read_digits(const char *digits, size_t len, uint64_t *high, uint64_t *low);

#endif
