/* Answers used again: those of earlier runs (--cache), and one for all items of a run that ask the
 * same (--dedupe). For the engine's own files. All of it is off, and e->reuse NULL, unless asked
 * for. */
#ifndef SLUICE_WORK_REUSE_H
#define SLUICE_WORK_REUSE_H

#include "core/engine_internal.h"
#include "work/coalescing.h"

enum { REUSE_RECENT = 8192 };

/* An answer that was kept or shared lately. */
struct reuse_recent {
	uint32_t item, sharer; /* sharer: ITEM_NONE, kept in the cache under the key */
	struct hash128 key;
};

/* The request of a line, as hashes. Each endpoint has its own: it may have another address. */
struct request_keys {
	bool there; /* it has keys at all */
	struct hash128 route[ROUTES_MAX];
	struct hash128 whole; /* of all endpoints together */
};

struct reuse {
	const struct answer_store *store; /* NULL: without */
	bool dedupe;
	struct hash_key key;      /* of the hashes of requests */
	struct request_keys keys; /* of the prepared item */
	uint64_t cached, shared;  /* answers used again in this session, of which kind */
	bool told;                /* that some requests have no keys */
	bool no_earlier;          /* see engine_share_no_earlier() */

	struct same same;
	uint64_t followers; /* queued items that wait for another's answer */
	struct buf record;  /* of the item that was read last, */
	uint32_t record_of;

	struct reuse_recent *recent; /* REUSE_RECENT of them, in a ring; NULL: none yet */
	size_t n_recent;             /* in all */
	struct idmap doubtful;       /* keys, their lower halves, of answers in doubt */
	struct idmap keepers;        /* lower half of a key to the item that was answered so */

	struct request request; /* under construction, with its text */
	struct buf text;
	struct buf common[ROUTES_MAX]; /* header lines; once known */
	bool common_known[ROUTES_MAX];
};

/* NULL when nothing of it is asked for. */
struct reuse *reuse_new(const struct engine_config *config, const struct ledger *ledger);
void reuse_free(struct reuse *r);

/* The prepared item needs no request of its own, now at least: it ends with an answer that is there
 * already, or waits for another item's. To be asked once of each prepared item. */
bool reuse_take(struct engine *e);
/* The same of a stage's request: the stage is done with an answer of an earlier run. */
bool reuse_take_stage(struct engine *e, struct prepared *p, int stage);
/* What answered this request of a stage lacks what others need: it is to be asked again. */
void reuse_forget_stage(struct engine *e, const struct request_line *line, int stage);
/* What answered an item's request is not to be found any more. */
void reuse_forget(struct engine *e, const struct request_line *line, uint64_t number);
/* What was prepared has this key at a route; false when it has none. */
bool reuse_key(const struct engine *e, const struct prepared *p, int route, struct hash128 *key);
/* A good answer of an attempt that has a key. */
void reuse_keep(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v);

/* What answered the item may be another's answer: no other gets it from here or a cache. Returns
 * the k-th item that had it already; ITEM_NONE: no more had. */
uint32_t reuse_doubt(struct engine *e, uint32_t item, size_t k);

/* Answers used again in this session: of earlier runs, of other items. All 0 when it is off. */
struct reuse_view {
	uint64_t cached, shared;
};
struct reuse_view reuse_view(const struct engine *e);

/* reuse_waiters.c. The prepared item shares an answer, or waits to. */
bool reuse_take_same(struct engine *e);
/* An earlier session ended the item ok: others that ask the same may have its answer. */
void reuse_learn(struct engine *e, uint32_t item);
/* An item that others follow was ended or held. */
void reuse_left(struct engine *e, uint32_t item);
/* An item that follows another is taken away by the operator. */
void reuse_unfollow(struct engine *e, struct item *item);
/* Items that are queued but not ready, because they follow others. */
uint64_t reuse_followers(const struct engine *e);
/* For reuse.c and reuse_waiters.c: notes what was kept or shared. */
void reuse_note(struct reuse *r, struct reuse_recent recent);
/* Will writing what was added to the ledger let followers, or the next stages, go? */
bool reuse_wants_turn(const struct engine *e);

/* For reuse_waiters.c. Makes the keys of a line. */
void reuse_make_keys(struct engine *e, const struct request_line *line, uint64_t number,
	struct request_keys *out);
/* Ends the prepared item with an answer that was judged again; false when it does not pass any
 * more: nothing happens then. how: the members of a result that tell where it is from. */
bool reuse_end(struct engine *e, const struct stored_answer *from, int route,
	const struct result_item *how);

#endif
