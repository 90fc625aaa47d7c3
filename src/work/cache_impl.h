/* The insides of cache.h, for cache.c and waiters.c only. */
#ifndef SLUICE_WORK_CACHE_IMPL_H
#define SLUICE_WORK_CACHE_IMPL_H

#include "core/engine_internal.h"
#include "work/cache.h"
#include "work/coalescing.h"

enum { CACHE_RECENT = 8192 };

/* An answer that was kept or shared lately. */
struct recent {
	uint32_t item, sharer; /* sharer: ITEM_NONE, kept in the store under the key */
	struct hash128 key;
};

/* The request of a line, as hashes. Each endpoint has its own: it may have another address. */
struct request_keys {
	struct task of; /* what was looked up */
	bool there;     /* it has keys at all */
	struct hash128 route[ROUTES_MAX];
	struct hash128 whole; /* of all endpoints together */
};

struct cache {
	struct work work;
	const struct answer_store *store; /* NULL: without */
	bool coalesces;
	struct hash_key key;      /* of the hashes of requests */
	struct request_keys keys; /* of what was looked up last by a queue of any route; */
	struct request_keys own[ROUTES_MAX]; /* by the queue of a route: one key */
	uint64_t cached, shared;             /* answers used again in this session, of which kind */
	bool noted;                          /* that some requests have no keys */
	bool no_earlier;                     /* see cache_share_no_earlier() */

	struct coalescing coalescing;
	struct buf record; /* of the item that was read last, */
	uint32_t record_of;

	struct recent *recent; /* CACHE_RECENT of them, in a ring; NULL: none yet */
	size_t n_recent;       /* in all */
	struct idmap doubtful; /* keys, their lower halves, of answers in doubt */
	struct idmap keepers;  /* lower half of a key to the item that was answered so */

	struct request request; /* under construction, with its text */
	struct buf text;
	struct buf common[ROUTES_MAX]; /* header lines; once known */
	bool common_known[ROUTES_MAX];
};

/* Makes the keys of a line. */
void cache_make_keys(struct cache *c, const struct request_line *line, uint64_t number,
	struct request_keys *out);
/* Ends the prepared task with an answer that was judged again; false when it does not pass any
 * more: nothing happens then. source: the members of a result that tell where it is from. */
bool cache_end(struct cache *c, struct queue *q, const struct stored_answer *from, int route,
	const struct result_item *source);
/* Notes what was kept or shared. */
void cache_note(struct cache *c, struct recent recent);

/* ---- waiters.c: items that wait for another's answer ---- */
/* Ends the prepared item with the answer of its leader, or makes it wait for that. False: it is
 * sent itself. */
bool cache_take_shared(struct cache *c, struct queue *q);
/* An earlier session ended the item ok: items with the same request may share its answer. */
void cache_add_earlier(struct cache *c, uint32_t item);
/* The leader has ended or is held: queues its waiters if it has an answer for them, else one of
 * them, which leads the rest. */
void cache_release_waiters(struct cache *c, uint32_t item);
/* The item waits for no leader any more. */
void cache_stop_waiting(struct cache *c, uint32_t item);

#endif
