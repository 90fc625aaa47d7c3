/* Answers kept across runs (--cache DIR): DIR/cache.sqlite, which any number of runs may share. It
 * stores requests only as hashes, so no address, header or prompt; answers are stored unchanged. A
 * lookup runs in the caller, without locks that a writer could hold; a separate thread writes, with
 * its waits for locks and disks, many answers to a transaction. A kill loses unwritten answers of
 * the last quarter of a second. Once open, a cache never stops the run: cache_trouble() reports a
 * failure once, and from then on answers are not found or not kept. An answer that does not match
 * its checksum is not found. */
#ifndef SLUICE_CACHE_CACHE_H
#define SLUICE_CACHE_CACHE_H

#include "base/error.h"
#include "work/answer_store.h"

struct cache;

/* Creates missing folders (0700) and the file (0600). max_body: longer answers are not found. NULL
 * and err when it is unusable: no access, damaged, not a cache. */
struct cache *cache_open(const char *folder, size_t max_body, struct error *err);
/* How the engine asks. */
const struct answer_store *cache_store(struct cache *c);
/* Something went wrong since the last call: true once for each kind. */
bool cache_trouble(struct cache *c, struct error *err);
/* Waits until all that was to be kept is written, or could not be. */
void cache_flush(struct cache *c);
/* Flushes, closes, frees. NULL is nothing. */
void cache_close(struct cache *c);

#endif
