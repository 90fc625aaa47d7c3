/* 64-bit hashes for ids and lines (XXH3). Not for secrets. */
#ifndef SLUICE_BASE_HASH_H
#define SLUICE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Never 0, so that tables may use 0 for an empty slot. */
uint64_t hash_bytes(const void *data, size_t len);

#endif
