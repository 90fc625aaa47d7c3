/* The file of a cache: made, checked, opened; for cache*.c only. */
#ifndef SLUICE_CACHE_CACHE_FILE_H
#define SLUICE_CACHE_CACHE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/keyed_hash.h"

/* Opens folder/cache.sqlite twice, and creates it if it is missing: one handle reads, without
 * waiting, and one writes. Each is for one thread at a time. key: the key for hashes of requests.
 * False and err when it is unusable. */
bool cache_file_open(const char *folder, sqlite3 **reader, sqlite3 **writer, struct hash_key *key,
	struct error *err);
/* Sets err to the operation and SQLite's message. Always false. */
bool cache_file_error(struct error *err, const char *doing, sqlite3 *db);

#endif
