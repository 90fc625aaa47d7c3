#include "core/streaming.h"

#include <stdlib.h>

#include "api/assembly.h"
#include "api/provider.h"

static bool begin(void *ctx, const char *headers, size_t len)
{
	struct attempt *a = ctx;

	if (!a->assembly)
		a->assembly = assembly_new(a->max_response, a->times);
	assembly_reset(a->assembly, a->started_us);
	return assembly_begin(a->assembly, headers, len);
}

static bool take(void *ctx, const char *bytes, size_t len, int64_t now_us)
{
	struct attempt *a = ctx;

	return assembly_feed(a->assembly, bytes, len, now_us);
}

static bool whole(void *ctx)
{
	const struct attempt *a = ctx;

	return assembly_is_over(a->assembly);
}

void streaming_prepare(struct engine *e, struct attempt *a, struct request *r)
{
	a->sink = (struct body_sink){begin, take, whole, a};
	a->times = &e->observer.stats.pending;
	a->max_response = e->config.max_response ? e->config.max_response : SIZE_MAX / 2;
	if (a->assembly)
		assembly_reset(a->assembly, e->now_us);
	/* Any other service's events stay as they come. */
	r->sink = a->provider->answers_json ? &a->sink : NULL;
	a->asks_usage = r->asks_usage;
}

bool streaming_is_on(const struct attempt *a)
{
	return a->assembly && assembly_is_active(a->assembly);
}

uint64_t streaming_tokens(const struct attempt *a)
{
	return streaming_is_on(a) ? assembly_tokens(a->assembly) : 0;
}

void streaming_answer(struct attempt *a, struct answer *answer)
{
	if (a->assembly)
		assembly_answer(a->assembly, answer);
}

void streaming_free(struct attempt *a)
{
	assembly_free(a->assembly);
}
