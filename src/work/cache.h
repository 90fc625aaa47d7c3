/* Answers used again, as a wrapper before another source of work: those of earlier runs (--cache),
 * and one for all items of a run that ask the same (--dedupe, coalescing): the first of them is
 * sent, and the others wait for its answer. */
#ifndef SLUICE_WORK_CACHE_H
#define SLUICE_WORK_CACHE_H

#include "core/work.h"
#include "work/answer_store.h"

struct hash_key;

struct cache_config {
	const struct answer_store *store; /* of earlier runs; borrowed; NULL: none */
	bool coalesce;                    /* items that ask the same share an answer */
	const struct hash_key *key;       /* of the hashes of requests, when there is no store */
};

/* Owns inner. The chain owns what comes back. */
struct work *cache_new(const struct cache_config *config, struct work *inner);
/* Earlier sessions may have asked in other ways: none of their answers is shared. Before anything
 * is sent. */
void cache_share_no_earlier(struct work *chain);
/* How many answers of earlier runs were used, and of other items of this run; 0 without a cache. */
void cache_counts(struct work *chain, uint64_t *cached, uint64_t *shared);

#endif
