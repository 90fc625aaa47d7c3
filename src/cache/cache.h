/* Answers kept across runs (--cache DIR): DIR/cache.sqlite, which any number of runs may share.
 *
 * Nothing of a request is in it but its hash, so no address, header or prompt is; the answers are
 * as they came. Looking up is done where one asks, without locks that a writer could hold; writing,
 * with its waits for locks and disks, in a thread of its own, many answers to a transaction. A kill
 * loses what was not yet written of the last quarter of a second.
 *
 * Once it is open it is never the run's business: what goes wrong is told once, by
 * cache_trouble(), and then answers are not found or not kept. An answer that does not match its
 * checksum is not found. */
#ifndef SLUICE_CACHE_CACHE_H
#define SLUICE_CACHE_CACHE_H

#include "base/error.h"
#include "work/answer_store.h"

struct cache;

/* Makes the folder with those it stands in (0700) and the file (0600) unless they are there
 * already. max_body: longer answers are not found. NULL and err when it cannot be used: no
 * access, damaged, no cache at all. */
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
