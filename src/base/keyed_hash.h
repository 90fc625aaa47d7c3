/* Hashes that nobody can aim who does not have the key (SipHash-2-4): what they stand for may be
 * of somebody's choosing, ids and lines of a customer. */
#ifndef SLUICE_BASE_KEYED_HASH_H
#define SLUICE_BASE_KEYED_HASH_H

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"

struct hash_key {
	uint64_t low, high;
};

enum { HASH_DIGITS = 32 };

/* A key that nobody knows; false and err when the system gives no random numbers. */
bool hash_key_make(struct hash_key *key, struct error *err);
/* Another key of it, for another use: what is equal under one says nothing of the other. */
struct hash_key hash_key_for(const struct hash_key *key, const char *use);

/* Never 0, as hash_bytes(). */
uint64_t hash_keyed(const struct hash_key *key, const void *data, size_t len);
/* Wide enough to stand for what was hashed. */
struct hash128 hash_keyed_wide(const struct hash_key *key, const void *data, size_t len);

/* Reads one, or a key, from the HASH_DIGITS hexadecimal digits it is written in; false when they
 * are none. */
bool hash_read_digits(const char *digits, size_t len, uint64_t *high, uint64_t *low);

#endif
