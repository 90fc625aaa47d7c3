/* A wrapper before another source of work that reuses answers: those of earlier runs (--cache), and
 * one answer for all items of a run with the same request (--dedupe, coalescing): the first of them
 * is sent, and the others wait for its answer. */
#ifndef SLUICE_WORK_CACHE_H
#define SLUICE_WORK_CACHE_H

#include "core/work.h"
#include "work/answer_store.h"

struct hash_key;

struct cache_config {
	const struct answer_store *store; /* the answers of earlier runs; borrowed; NULL: none */
	bool coalesce;                    /* items with the same request share an answer */
	const struct hash_key *key;       /* of hashes of requests, without a store; copied */
};

/* A wrapper that owns inner; the chain owns the wrapper. */
struct work *cache_new(const struct cache_config *config, struct work *inner);
/* No answer of an earlier session is shared: its settings may have been different. To be called
 * before anything is sent. A chain without a cache ignores it. */
void cache_share_no_earlier(struct work *chain);
/* Sets *cached to how many answers of earlier runs this session used, and *shared to how many of
 * other items; both 0 for a chain without a cache. */
void cache_counts(struct work *chain, uint64_t *cached, uint64_t *shared);

#endif
