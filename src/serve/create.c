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
	UNPROCESSABLE = 422,
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
		open++;
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

/* The batch that was made by the request's key; NULL: none. */
static struct batch_record *find_twin(const struct create *n)
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

void create_refuse_end(struct call *c)
{
	call_refuse_for(c, UNAVAILABLE, NULL, RETRY_S, "The server is shutting down.");
}

bool create_begin(struct create *n, struct call *c, const struct batch_kind *kind)
{
	struct service *s = c->service;

	*n = (struct create){.call = c, .kind = kind, .key = key_of(c)};
	n->body = n->key ? hash_pieces_new() : NULL;
	if (s->ending) {
		create_refuse_end(c);
		return false;
	}
	if (!upstream_of(s->upstream, kind)->there) {
		call_refuse(c, BAD_REQUEST, "unsupported_api", NULL,
			"No endpoint of this service speaks this API.");
		return false;
	}
	if (find_twin(n))
		return true;
	if (is_under_way(s, n)) {
		/* which SDKs try again */
		call_refuse_for(c, CONFLICT, "idempotency_key_in_use", SOON_S,
			"Another request with this Idempotency-Key is being processed.");
		return false;
	}
	if (is_full(s)) {
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
	hash_pieces_free(n->body);
	n->body = NULL;
}

/* ---- keys ---- */

void create_body(struct create *n, const char *data, size_t len)
{
	if (n->body)
		hash_pieces_add(n->body, data, len);
}

/* As a record has it. */
static uint64_t body_of(const struct create *n)
{
	return n->body ? hash_pieces_value(n->body) & INT64_MAX : 0;
}

void create_remember(const struct create *n, struct batch_record *b)
{
	b->repeat_key = n->key;
	b->repeat_body = body_of(n);
}

bool create_repeats(struct create *n, struct call *c,
	void (*made)(struct call *c, const struct batch_record *b))
{
	const struct batch_record *b = find_twin(n);

	if (b && b->repeat_body && b->repeat_body != body_of(n))
		/* a status that SDKs do not try again */
		call_refuse(c, UNPROCESSABLE, "idempotency_key_reused", NULL,
			"This Idempotency-Key was sent before with another request: use a new "
			"one.");
	else if (b)
		made(c, b);
	return b != NULL;
}

bool create_is_repeated(const struct call *c)
{
	const char *count = http_header(c->x, "X-Stainless-Retry-Count");

	return count && strtoul(count, NULL, 10) > 0;
}
