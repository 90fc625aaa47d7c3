#include "work/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/attempt.h"
#include "work/cache_impl.h"

enum { TEXT_MAX = 1 << 30 };

/* The keys of the task that the queue prepared last. */
static struct request_keys *keys_of(struct cache *c, const struct queue *q)
{
	return q->route == ROUTE_NONE ? &c->keys : &c->own[q->route];
}

/* ---- the store ---- */

/* The store forgets later: until then it may still have the doubtful answer. */
static void forget_doubtful(struct cache *c, const struct hash128 *key)
{
	idmap_put(&c->doubtful, key->low | 1, true);
	c->store->forget(c->store->ctx, key);
}

static bool find(const struct cache *c, const struct hash128 *key, struct stored_answer *out)
{
	uint32_t doubtful;

	return !idmap_get(&c->doubtful, key->low | 1, &doubtful) &&
	       c->store->find(c->store->ctx, key, out);
}

/* ---- answers ---- */

/* If the answer is that of an item of this run, a doubt concerns both items. */
static void note_cached(struct cache *c, const struct hash128 *key, uint32_t item)
{
	uint32_t keeper;

	if (idmap_get(&c->keepers, key->low | 1, &keeper))
		cache_note(c, (struct recent){.item = keeper, .sharer = item});
}

static bool take_by(struct cache *c, struct queue *q, int route)
{
	const struct result_item source = {.cached = true};
	const struct hash128 key = keys_of(c, q)->route[route];
	uint32_t item = q->prepared.item;
	struct stored_answer from;

	if (!find(c, &key, &from) || !cache_end(c, q, &from, route, &source))
		return false;
	note_cached(c, &key, item);
	c->cached++;
	return true;
}

/* Any endpoint that the task may use may have given the answer. */
static bool take_stored(struct cache *c, struct queue *q)
{
	const struct routes *routes = &c->work.engine->routes;
	uint32_t reach;

	if (q->route != ROUTE_NONE)
		return take_by(c, q, q->route);
	reach = routes_reach(routes, c->keys.set);
	for (int i = 0; i < routes->n; i++)
		if (reach & route_bit(i) && take_by(c, q, i))
			return true;
	return false;
}

/* Makes the keys of a prepared task. */
static void look_up(struct cache *c, struct queue *q, const struct prepared *p)
{
	struct request_keys *keys = keys_of(c, q);
	uint64_t number = items_at(&c->work.engine->items, p->item)->line;

	keys->of = (struct task){q, p->i};
	if (q->route == ROUTE_NONE) {
		cache_make_keys(c, &p->line, number, keys);
	} else {
		keys->there = cache_make_key(c, q->route, &p->line, number, &keys->route[q->route]);
		buf_trim(&c->request.body, CACHE_KEEP_BYTES);
	}
}

static bool cache_known(struct work *w, struct queue *q)
{
	struct cache *c = (struct cache *)w;
	const struct request_keys *keys = keys_of(c, q);
	const struct item *item = items_at(&w->engine->items, q->prepared.item);

	look_up(c, q, &q->prepared);
	/* the store may still have the doubtful answer */
	if (!keys->there || item->redone)
		return false;
	return (c->coalesces && cache_take_shared(c, q)) || (c->store && take_stored(c, q));
}

static void cache_sent(struct work *w, struct attempt *a, const struct prepared *p)
{
	struct cache *c = (struct cache *)w;
	struct request_keys *keys = keys_of(c, a->task.queue);

	/* another queue may have made the keys of its task since */
	if (keys->of.queue != a->task.queue || keys->of.i != a->task.i)
		look_up(c, a->task.queue, p);
	a->has_key = keys->there;
	if (a->has_key)
		a->key = keys->route[a->route];
	work_sent(w->inner, a, p);
}

static void keep(struct cache *c, const struct task_end *end)
{
	const struct attempt *a = end->attempt;
	struct stored_answer kept = {.status = end->verdict->status,
		.body = end->answer->body,
		.body_len = end->answer->body_len,
		.tokens_in = end->verdict->tokens_in,
		.tokens_out = end->verdict->tokens_out,
		.wall_us = c->work.engine->wall_us};

	memcpy(kept.request_id, end->verdict->request_id, sizeof(kept.request_id));
	c->store->keep(c->store->ctx, &a->key, &kept);
	cache_note(c, (struct recent){a->item, ITEM_NONE, a->key});
	idmap_put(&c->keepers, a->key.low | 1, a->item);
}

static void cache_ended(struct work *w, const struct task_end *end)
{
	struct cache *c = (struct cache *)w;
	uint32_t item = end->attempt    ? end->attempt->item
			: end->prepared ? end->prepared->item
					: ITEM_NONE;

	if (c->store && end->attempt && end->attempt->has_key && end->verdict &&
		end->verdict->outcome == OUTCOME_OK)
		keep(c, end);
	work_ended(w->inner, end);
	/* held by the breaker: a waiter is sent instead */
	if (end->decision.action == RETRY_HELD && items_at(&w->engine->items, item)->leader)
		cache_release_waiters(c, item);
}

static bool cache_verb(struct work *w, uint32_t item, enum work_verb verb)
{
	struct cache *c = (struct cache *)w;

	switch (verb) {
	case WORK_RELEASE_WAITERS:
		cache_release_waiters(c, item);
		return true;
	case WORK_STOP_WAITING:
		cache_stop_waiting(c, item);
		return true;
	default:
		return work_verb(w->inner, item, verb);
	}
}

/* Forgets an answer that is in doubt: a kill may have come before the store forgot it. */
static void forget_item(struct cache *c, uint32_t item)
{
	struct engine *e = c->work.engine;
	struct request_keys keys;

	if (!c->store || !e->sources.tasks_are_items || !engine_read_item(e, item))
		return;
	cache_make_keys(c, &e->item_read.line, items_at(&e->items, item)->line, &keys);
	for (int i = 0; i < e->routes.n && keys.there; i++)
		forget_doubtful(c, &keys.route[i]);
}

static void cache_restored(struct work *w, uint32_t item, bool in_doubt)
{
	struct cache *c = (struct cache *)w;

	if (in_doubt)
		forget_item(c, item);
	else
		cache_add_earlier(c, item);
}

static void cache_useless(struct work *w, const struct queue *q, const struct request_line *line)
{
	struct cache *c = (struct cache *)w;
	struct hash128 key;

	if (c->store && cache_make_key(c, q->route, line, 0, &key))
		c->store->forget(c->store->ctx, &key);
}

static uint32_t cache_doubted(struct work *w, uint32_t item, size_t k)
{
	struct cache *c = (struct cache *)w;

	for (size_t i = 0; i < c->n_recent && i < CACHE_RECENT; i++) {
		if (c->recent[i].item != item)
			continue;
		if (c->recent[i].sharer != ITEM_NONE && !k--)
			return c->recent[i].sharer;
		if (c->recent[i].sharer == ITEM_NONE)
			forget_doubtful(c, &c->recent[i].key);
	}
	return ITEM_NONE;
}

/* ---- life ---- */

static void cache_free(struct work *w)
{
	struct cache *c = (struct cache *)w;

	coalescing_free(&c->coalescing);
	buf_free(&c->record);
	request_free(&c->request);
	buf_free(&c->text);
	free(c->recent);
	idmap_free(&c->keepers);
	idmap_free(&c->doubtful);
	for (int i = 0; i < ROUTES_MAX; i++)
		buf_free(&c->common[i]);
	free(c);
}

static void cache_open(struct work *w)
{
	const struct cache *c = (struct cache *)w;

	sources_add_figures(&w->engine->sources,
		&(struct figures){{"cached", "shared"}, {&c->cached, &c->shared}});
}

static const struct work_ops cache_ops = {.name = "cache",
	.open = cache_open,
	.free = cache_free,
	.known = cache_known,
	.sent = cache_sent,
	.ended = cache_ended,
	.verb = cache_verb,
	.restored = cache_restored,
	.useless = cache_useless,
	.doubted = cache_doubted};

struct work *cache_new(const struct cache_config *config, struct work *inner)
{
	struct cache *c = xcalloc(1, sizeof(*c));

	c->work.ops = &cache_ops;
	c->work.inner = inner;
	c->store = config->store;
	c->coalesces = config->coalesce;
	c->key = config->store ? config->store->key : *config->key;
	c->record_of = ITEM_NONE;
	coalescing_init(&c->coalescing);
	idmap_init(&c->keepers);
	idmap_init(&c->doubtful);
	buf_init(&c->record, TEXT_MAX);
	request_init(&c->request, SOURCE_MAX_LINE);
	buf_init(&c->text, TEXT_MAX);
	for (int i = 0; i < ROUTES_MAX; i++)
		buf_init(&c->common[i], CACHE_COMMON_MAX);
	return &c->work;
}

static struct cache *cache_of(struct work *chain)
{
	while (chain && chain->ops != &cache_ops)
		chain = chain->inner;
	return (struct cache *)chain;
}

void cache_share_no_earlier(struct work *chain)
{
	struct cache *c = cache_of(chain);

	if (!c)
		return;
	c->no_earlier = true;
	coalescing_free(&c->coalescing); /* nothing was sent yet: it has earlier items only */
}

void cache_counts(struct work *chain, uint64_t *cached, uint64_t *shared)
{
	const struct cache *c = cache_of(chain);

	*cached = c ? c->cached : 0;
	*shared = c ? c->shared : 0;
}
