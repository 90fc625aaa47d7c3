#include "core/streaming.h"

#include <stdlib.h>

#include "api/assembly.h"
#include "api/provider.h"

static void prepare_assembly(struct attempt *a)
{
	if (!a->assembly)
		a->assembly = assembly_new(a->max_response, a->times);
	assembly_reset(a->assembly, a->started_us);
}

static bool begin(void *ctx, const char *headers, size_t headers_len, const char *bytes, size_t len)
{
	struct attempt *a = ctx;

	prepare_assembly(a);
	return assembly_begin(a->assembly, headers, headers_len) ||
	       assembly_begin_by(a->assembly, bytes, len);
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
	a->written = 0;
	a->asked = provider_asked(a->provider, r);
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

void streaming_count(struct engine *e)
{
	struct attempt *a;

	TAILQ_FOREACH (a, &e->attempts.list, in_flight) {
		uint64_t tokens = streaming_tokens(a);

		if (tokens > a->written)
			stats_written(&e->observer.stats, tokens - a->written);
		a->written = tokens;
	}
}

/* Assembles a stream that was not taken for one when its first bytes came, because they were few.
 */
static void assemble_late(struct attempt *a, struct answer *answer, struct json_span core)
{
	prepare_assembly(a);
	if (!assembly_begin_by(a->assembly, core.at, core.len))
		return;
	if (!assembly_feed(a->assembly, core.at,
		    answer->body_len - (size_t)(core.at - answer->body),
		    a->started_us + answer->latency_us))
		answer->result = NET_TOO_LARGE;
	assembly_answer(a->assembly, answer);
}

/* Cuts off what is around the JSON of an answer. */
static void tidy(struct attempt *a, struct answer *answer)
{
	struct json_span core;

	if (!answer->body_len ||
		(answer->body[0] == '{' && answer->body[answer->body_len - 1] == '}'))
		return;
	core = answer_core(answer->body, answer->body_len);
	if (core.len && (*core.at == '{' || *core.at == '[')) {
		answer->body = core.at;
		answer->body_len = core.len;
	} else if (core.len) {
		assemble_late(a, answer, core);
	}
}

void streaming_answer(struct attempt *a, struct answer *answer)
{
	answer->asked = a->asked;
	if (streaming_is_on(a))
		assembly_answer(a->assembly, answer);
	else if (a->provider->answers_json)
		tidy(a, answer);
}

void streaming_free(struct attempt *a)
{
	assembly_free(a->assembly);
}
