#include "serve/create.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "serve/service.h"
#include "serve/upstream.h"

enum {
	RETRY_S = 30,
	SOON_S = 1,
	BAD_REQUEST = 400,
	CONFLICT = 409,
	LIMITED = 429,
	UNAVAILABLE = 503
};

static uint64_t key_of(const struct call *c)
{
	const char *key = http_header(c->x, "Idempotency-Key");

	return key && *key ? hash_bytes(key, strlen(key)) & INT64_MAX : 0;
}

static bool is_same(const struct create *a, const struct create *b)
{
	return a->key == b->key && a->kind == b->kind && !strcmp(a->call->owner, b->call->owner);
}

/* The limit on open batches is reached with those that are being made. */
static bool is_full(const struct service *s)
{
	uint64_t open = runner_open(s->runner);
	const struct create *n;

	LIST_FOREACH (n, &s->creates, next)
		open += !n->once;
	return s->settings->open_max && open >= (uint64_t)s->settings->open_max;
}

/* Is another request about to make the batch of this key? */
static bool is_under_way(const struct service *s, const struct create *n)
{
	const struct create *other;

	LIST_FOREACH (other, &s->creates, next)
		if (n->key && is_same(other, n))
			return true;
	return false;
}

bool create_begin(struct create *n, struct call *c, const struct batch_kind *kind, bool once)
{
	struct service *s = c->service;

	*n = (struct create){.call = c, .kind = kind, .once = once, .key = once ? 0 : key_of(c)};
	if (s->ending) {
		call_refuse_for(c, UNAVAILABLE, NULL, RETRY_S, "The server is shutting down.");
		return false;
	}
	if (!upstream_of(s->upstream, kind)->there) {
		call_refuse(c, BAD_REQUEST, "unsupported_api", NULL,
			"No endpoint of this service speaks this API.");
		return false;
	}
	if (create_twin(n))
		return true;
	if (is_under_way(s, n)) {
		/* which SDKs try again */
		call_refuse_for(c, CONFLICT, "idempotency_key_in_use", SOON_S,
			"Another request with this Idempotency-Key is being processed.");
		return false;
	}
	if (!once && is_full(s)) {
		call_refuse_for(c, LIMITED, "rate_limit_exceeded", RETRY_S,
			"%lld batches have not ended yet, which is the limit.",
			(long long)s->settings->open_max);
		return false;
	}
	LIST_INSERT_HEAD(&s->creates, n, next);
	n->going = true;
	return true;
}

void create_end(struct create *n)
{
	if (n->going)
		LIST_REMOVE(n, next);
	n->going = false;
}

struct batch_record *create_twin(const struct create *n)
{
	struct batch_record *b;

	if (!n->key)
		return NULL;
	TAILQ_FOREACH (b, store_batches(n->call->service->store), next)
		if (b->repeat_key == n->key && b->kind == n->kind &&
			!strcmp(b->owner, n->call->owner))
			return b;
	return NULL;
}

bool create_is_repeated(const struct call *c)
{
	const char *count = http_header(c->x, "X-Stainless-Retry-Count");

	return count && strtoul(count, NULL, 10) > 0;
}
