/* The file of a cache: made, checked, opened; for cache*.c only. */
#ifndef SLUICE_CACHE_CACHE_FILE_H
#define SLUICE_CACHE_CACHE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/keyed_hash.h"

/* Opens folder/cache.sqlite, made when it is not there, twice: to read, where waiting is no use,
 * and to write. Each is for one thread at a time. key: what requests are hashed with. False and err
 * when it cannot be used. */
bool cache_file_open(const char *folder, sqlite3 **reader, sqlite3 **writer, struct hash_key *key,
	struct error *err);
/* err: what was being done and what SQLite says of it. Always false. */
bool cache_file_error(struct error *err, const char *doing, sqlite3 *db);

#endif
