/* The insides of cache.h, for cache.c, reuse.c and waiters.c only. */
#ifndef SLUICE_WORK_CACHE_IMPL_H
#define SLUICE_WORK_CACHE_IMPL_H

#include "core/engine_internal.h"
#include "work/cache.h"
#include "work/coalescing.h"

enum {
	CACHE_RECENT = 8192,
	CACHE_KEEP_BYTES = 1 << 20, /* memory kept from item to item */
	CACHE_COMMON_MAX = 1 << 20,
};

/* An answer that was stored or shared lately. */
struct recent {
	uint32_t item,
		sharer; /* whose answer; who shares it, ITEM_NONE: the store, under the key */
	struct hash128 key;
};

/* The hashes of the request of a line. Each endpoint has its own, as addresses differ. */
struct request_keys {
	struct task of; /* whose request it is */
	bool there;     /* the request has keys */
	uint32_t set;   /* the routes that it is bound to */
	struct hash128 route[ROUTES_MAX];
	struct hash128 whole; /* of the keys of all endpoints, and of the set */
};

struct cache {
	struct work work;
	const struct answer_store *store; /* NULL: none */
	bool coalesces;                   /* items of this run share answers */
	struct hash_key key;              /* of the hashes of requests */
	struct request_keys keys;         /* of the last task of a queue that may use any route */
	struct request_keys own[ROUTES_MAX]; /* of the last task of a queue with this route alone */
	uint64_t cached, shared;             /* answers reused in this session, of either kind */
	bool noted;                          /* the event about secrets in requests was added */
	bool no_earlier;                     /* see cache_share_no_earlier() */

	struct coalescing coalescing;
	struct buf record;  /* the result of the item record_of */
	uint32_t record_of; /* ITEM_NONE: none was read */

	struct recent *recent; /* a ring of CACHE_RECENT; NULL until there is one */
	size_t n_recent;       /* how many there were in all */
	struct idmap doubtful; /* lower halves of keys whose answers are in doubt */
	struct idmap keepers;  /* lower half of a key to the item whose answer was stored */

	struct request request; /* under construction, with its canonical text */
	struct buf text;
	struct buf common[ROUTES_MAX]; /* common header lines of a route, if common_known */
	bool common_known[ROUTES_MAX];
};

/* ---- reuse.c ---- */
/* Makes the key of a line's request over this route; number: of the line, for messages. False: it
 * has none. */
bool cache_make_key(struct cache *c, int route, const struct request_line *line, uint64_t number,
	struct hash128 *key);
/* Makes the keys of a line; number: of the line, for messages. */
void cache_make_keys(struct cache *c, const struct request_line *line, uint64_t number,
	struct request_keys *out);
/* Ends the prepared task with an answer, which is judged again. False, and nothing happens, when it
 * is not good any more. source: the members of the result that say where the answer is from. */
bool cache_end(struct cache *c, struct queue *q, const struct stored_answer *from, int route,
	const struct result_item *source);
/* Adds to the recent answers. */
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
