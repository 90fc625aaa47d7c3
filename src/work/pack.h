/* Embeddings that share a request (--pack), as a wrapper before another source of work: ready tasks
 * join the request of the task that is being started, and each gets its part of the answer. Each
 * member is in flight as an attempt of its own; the first, the leader, has the lane's ticket and
 * the transfer. */
#ifndef SLUICE_WORK_PACK_H
#define SLUICE_WORK_PACK_H

#include "core/work.h"

/* A wrapper that owns inner; the chain owns the wrapper. most: the limit of tasks in a request;
 * tokens: the limit of estimated tokens in a request. */
struct work *pack_new(int most, double tokens, struct work *inner);
/* Sets *items to how many items of this session were answered ok in packs, and *requests to how
 * many requests that took; both 0 for a chain without packs. */
void pack_counts(struct work *chain, uint64_t *items, uint64_t *requests);

#endif
