#include "serve/create.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "serve/service.h"
#include "serve/upstream.h"

enum { RETRY_S = 30, BAD_REQUEST = 400, UNAVAILABLE = 503, LIMITED = 429 };

bool create_allowed(struct call *c, const struct batch_kind *kind)
{
	const struct service *s = c->service;

	if (s->ending) {
		call_refuse_for(c, UNAVAILABLE, NULL, RETRY_S, "The server is shutting down.");
		return false;
	}
	if (!upstream_of(s->upstream, kind)->there) {
		call_refuse(c, BAD_REQUEST, "unsupported_api", NULL,
			"No endpoint of this service speaks this API.");
		return false;
	}
	if (s->settings->open_max && runner_open(s->runner) >= s->settings->open_max) {
		call_refuse_for(c, LIMITED, "rate_limit_exceeded", RETRY_S,
			"%lld batches have not ended yet, which is the limit.",
			(long long)s->settings->open_max);
		return false;
	}
	return true;
}

uint64_t create_key(const struct call *c)
{
	const char *key = http_header(c->x, "Idempotency-Key");

	return key && *key ? hash_bytes(key, strlen(key)) & INT64_MAX : 0;
}

bool create_is_repeated(const struct call *c)
{
	const char *count = http_header(c->x, "X-Stainless-Retry-Count");

	return count && strtoul(count, NULL, 10) > 0;
}
