/* Answers of earlier runs; keys of requests. */
#include "work/reuse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/canonical.h"
#include "api/provider.h"
#include "base/alloc.h"
#include "plan/redact.h"
#include "work/stages.h"

enum {
	KEEP_BYTES = 1 << 20, /* memory kept from item to item */
	TEXT_MAX = 1 << 30,
	COMMON_MAX = 1 << 20,
};

struct reuse *reuse_new(const struct engine_config *config, const struct ledger *ledger)
{
	struct reuse *r;

	if (!config->cache && (!config->dedupe || config->pipeline))
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->store = config->cache;
	r->dedupe = config->dedupe && !config->pipeline;
	r->key = config->cache ? config->cache->key : hash_key_for(ledger_key(ledger), "requests");
	r->record_of = ITEM_NONE;
	same_init(&r->same);
	idmap_init(&r->keepers);
	idmap_init(&r->doubtful);
	buf_init(&r->record, TEXT_MAX);
	request_init(&r->request, SOURCE_MAX_LINE);
	buf_init(&r->text, TEXT_MAX);
	for (int i = 0; i < ROUTES_MAX; i++)
		buf_init(&r->common[i], COMMON_MAX);
	return r;
}

void reuse_free(struct reuse *r)
{
	if (!r)
		return;
	same_free(&r->same);
	buf_free(&r->record);
	request_free(&r->request);
	buf_free(&r->text);
	free(r->recent);
	idmap_free(&r->keepers);
	idmap_free(&r->doubtful);
	for (int i = 0; i < ROUTES_MAX; i++)
		buf_free(&r->common[i]);
	free(r);
}

/* ---- keys ---- */

static bool name_is(const char *line, size_t len, const char *name)
{
	return len == strlen(name) && !strncasecmp(line, name, len);
}

/* The header lines that all requests of a route have and that may change its answers: no secrets,
 * and not what is another with each version of sluice. */
static const char *common_headers(struct engine *e, int route)
{
	struct reuse *r = e->reuse;
	struct buf all;

	if (r->common_known[route])
		return buf_str(&r->common[route]);
	r->common_known[route] = true;
	buf_init(&all, COMMON_MAX);
	e->ops.headers(e->ctx, route, NULL, &all);
	for (const char *line = buf_str(&all); *line;) {
		size_t len = strcspn(line, "\n"), name = strcspn(line, ":\n");

		len += line[len] == '\n';
		if (!redact_is_secret_header(line, name) && !name_is(line, name, "user-agent"))
			buf_add(&r->common[route], line, len);
		line += len;
	}
	buf_free(&all);
	return buf_str(&r->common[route]);
}

/* Whoever it names may get an answer that is nobody else's. */
static bool has_own_secret(const char *lines)
{
	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (redact_is_secret_header(lines, strcspn(lines, ":\n")))
			return true;
	return false;
}

static void tell_secret(struct engine *e, uint64_t number)
{
	if (e->reuse->told)
		return;
	e->reuse->told = true;
	events_add(&e->events, e->wall_us, EVENT_INFO,
		"line %" PRIu64 " has a secret among its own headers: answers to such requests are "
		"not used again",
		number);
}

static bool make_key(struct engine *e, int route, const struct request_line *line, uint64_t number,
	struct hash128 *key)
{
	struct endpoint endpoint = *e->routes.at[route].endpoint;
	struct reuse *r = e->reuse;

	/* Results are the same with --stream and without. */
	endpoint.stream = false;
	if (!request_build(&endpoint, line, &r->request, NULL))
		return false;
	if (has_own_secret(buf_str(&r->request.headers))) {
		tell_secret(e, number);
		return false;
	}
	buf_trim(&r->text, KEEP_BYTES);
	if (!canonical_request(&r->request, !json_span_is(line->body, JSON_VALUE_STRING),
		    common_headers(e, route), &r->text))
		return false;
	*key = hash_keyed_wide(&r->key, r->text.data, r->text.len);
	return true;
}

void reuse_make_keys(struct engine *e, const struct request_line *line, uint64_t number,
	struct request_keys *out)
{
	int n = e->routes.n;

	out->there = e->routes.at[0].endpoint != NULL;
	for (int i = 0; i < n && out->there; i++)
		out->there = make_key(e, i, line, number, &out->route[i]);
	buf_trim(&e->reuse->request.body, KEEP_BYTES);
	if (out->there)
		out->whole = n == 1 ? out->route[0]
				    : hash_keyed_wide(&e->reuse->key, out->route,
					      (size_t)n * sizeof(out->route[0]));
}

bool reuse_key(const struct engine *e, const struct prepared *p, int route, struct hash128 *key)
{
	bool stage = p->task != ITEM_NONE;

	/* of one that was not looked up, the keys are another one's */
	if (!e->reuse || !p->looked || !(stage ? p->keyed : e->reuse->keys.there))
		return false;
	*key = stage ? p->key : e->reuse->keys.route[route];
	return true;
}

/* ---- the store ---- */

/* It forgets in its own time: until then, or a better answer is in, it may have the doubtful one.
 */
static void forget_doubtful(struct reuse *r, const struct hash128 *key)
{
	idmap_put(&r->doubtful, key->low | 1, true);
	r->store->forget(r->store->ctx, key);
}

static bool find(const struct reuse *r, const struct hash128 *key, struct stored_answer *out)
{
	uint32_t doubtful;

	return !idmap_get(&r->doubtful, key->low | 1, &doubtful) &&
	       r->store->find(r->store->ctx, key, out);
}

/* ---- answers ---- */

/* Judged as if it came just now: what is expected may be another thing than it was then. */
static bool judge(struct engine *e, const struct prepared *prepared,
	const struct stored_answer *from, int route, struct answer *a, struct verdict *v)
{
	const struct provider *p =
		provider_of(e->routes.at[route].endpoint->provider, &prepared->line);

	*a = (struct answer){.result = NET_STATUS,
		.status = from->status,
		.body = from->body,
		.body_len = from->body_len,
		.latency_us = -1,
		.first_byte_us = -1};
	response_judge(p, a, e->wall_us, v);
	if (e->config.expects && v->outcome == OUTCOME_OK)
		expects_judge(e->config.expects, p, a->body, a->body_len, v);
	memcpy(v->request_id, from->request_id, sizeof(v->request_id));
	/* Nothing was spent on it here, and what was spent is counted where it was. */
	v->tokens_in = v->tokens_out = -1;
	return v->outcome == OUTCOME_OK;
}

bool reuse_end(struct engine *e, const struct stored_answer *from, int route,
	const struct result_item *how)
{
	struct prepared *p = &e->prepared;
	struct item *item = items_at(&e->items, p->item);
	struct result_item result = *how;
	struct answer answer;
	struct verdict v;

	if (!judge(e, p, from, route, &answer, &v))
		return false;
	p->there = false;
	buf_clear(&e->scratch);
	request_id(&p->line, item->line, &e->scratch);
	result.id = e->scratch.data;
	result.id_len = e->scratch.len;
	result.metadata = p->line.metadata;
	result.line = item->line;
	result.line_hash = line_hash_of(&e->line_key, p->text.data, p->text.len);
	result.attempts = item->attempts;
	item->status = (uint16_t)v.status;
	record_final(e, p->item, ITEM_OK, &result, &answer, &v);
	return true;
}

/* The answer came from an item of this very run: a doubt of it is one of both. */
static void note_cached(struct engine *e, const struct hash128 *key, uint32_t item)
{
	uint32_t keeper;

	if (idmap_get(&e->reuse->keepers, key->low | 1, &keeper))
		reuse_note(e->reuse, (struct reuse_recent){.item = keeper, .sharer = item});
}

/* Any of the endpoints may have answered it then. */
static bool take_cached(struct engine *e)
{
	const struct result_item how = {.cached = true};
	uint32_t item = e->prepared.item;
	struct stored_answer from;

	for (int i = 0; i < e->routes.n; i++) {
		if (!find(e->reuse, &e->reuse->keys.route[i], &from) ||
			!reuse_end(e, &from, i, &how))
			continue;
		note_cached(e, &e->reuse->keys.route[i], item);
		e->reuse->cached++;
		return true;
	}
	return false;
}

bool reuse_take(struct engine *e)
{
	struct reuse *r = e->reuse;
	struct prepared *p = &e->prepared;

	p->looked = true;
	reuse_make_keys(e, &p->line, items_at(&e->items, p->item)->line, &r->keys);
	/* the store may not have forgotten yet what was in doubt */
	if (!r->keys.there || items_at(&e->items, p->item)->redone)
		return false;
	return (r->dedupe && reuse_take_same(e)) || (r->store && take_cached(e));
}

bool reuse_take_stage(struct engine *e, struct prepared *p, int stage)
{
	uint64_t number = items_at(&e->items, p->item)->line;
	struct stored_answer from;
	struct answer answer;
	struct verdict v;

	p->looked = true;
	p->keyed = make_key(e, stage, &p->line, number, &p->key);
	buf_trim(&e->reuse->request.body, KEEP_BYTES);
	if (!p->keyed || items_at(&e->items, p->item)->redone || !find(e->reuse, &p->key, &from) ||
		!judge(e, p, &from, stage, &answer, &v))
		return false;
	p->there = false;
	note_cached(e, &p->key, p->item);
	e->reuse->cached++;
	stages_answered(e, p->task, &answer, &v);
	return true;
}

void reuse_forget(struct engine *e, const struct request_line *line, uint64_t number)
{
	struct request_keys keys;

	if (!e->reuse->store)
		return;
	reuse_make_keys(e, line, number, &keys);
	for (int i = 0; i < e->routes.n && keys.there; i++)
		forget_doubtful(e->reuse, &keys.route[i]);
}

void reuse_forget_stage(struct engine *e, const struct request_line *line, int stage)
{
	const struct answer_store *store = e->reuse->store;
	struct hash128 key;

	if (make_key(e, stage, line, 0, &key))
		store->forget(store->ctx, &key);
}

void reuse_keep(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v)
{
	const struct answer_store *store = e->reuse->store;
	struct stored_answer kept = {.status = v->status,
		.body = answer->body,
		.body_len = answer->body_len,
		.tokens_in = v->tokens_in,
		.tokens_out = v->tokens_out,
		.wall_us = e->wall_us};

	if (!store)
		return;
	memcpy(kept.request_id, v->request_id, sizeof(kept.request_id));
	store->keep(store->ctx, &a->key, &kept);
	reuse_note(e->reuse, (struct reuse_recent){a->item, ITEM_NONE, a->key});
	idmap_put(&e->reuse->keepers, a->key.low | 1, a->item);
}

void reuse_note(struct reuse *r, struct reuse_recent recent)
{
	if (!r->recent)
		r->recent = xcalloc(REUSE_RECENT, sizeof(*r->recent));
	r->recent[r->n_recent++ % REUSE_RECENT] = recent;
}

uint32_t reuse_doubt(struct engine *e, uint32_t item, size_t k)
{
	struct reuse *r = e->reuse;

	for (size_t i = 0; i < r->n_recent && i < REUSE_RECENT; i++) {
		if (r->recent[i].item != item)
			continue;
		if (r->recent[i].sharer != ITEM_NONE && !k--)
			return r->recent[i].sharer;
		if (r->recent[i].sharer == ITEM_NONE)
			forget_doubtful(r, &r->recent[i].key);
	}
	return ITEM_NONE;
}

struct reuse_view reuse_view(const struct engine *e)
{
	if (!e->reuse)
		return (struct reuse_view){0, 0};
	return (struct reuse_view){e->reuse->cached, e->reuse->shared};
}
