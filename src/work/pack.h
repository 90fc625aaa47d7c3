/* Embeddings that share a request (--pack), as a wrapper before another source of work: ready tasks
 * join the one that is being started, and its answer is dealt out to them. Each of them is in
 * flight as an attempt of its own; the first one's has the lane's ticket and the transfer. */
#ifndef SLUICE_WORK_PACK_H
#define SLUICE_WORK_PACK_H

#include "core/work.h"

/* most: tasks in a request; tokens: estimated, in a request. Owns inner. The chain owns what comes
 * back. */
struct work *pack_new(int most, double tokens, struct work *inner);
/* How many items were answered well together, and in how many requests; 0 without packs. */
void pack_counts(struct work *chain, uint64_t *items, uint64_t *requests);

#endif
