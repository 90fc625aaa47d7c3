/* What the cache and coalescing share: the keys of requests, the end of a task by a known answer,
 * and the memory of who has whose answer. */
#include <inttypes.h>
#include <string.h>

#include "api/canonical.h"
#include "api/provider.h"
#include "base/alloc.h"
#include "core/binding.h"
#include "plan/answer_headers.h"
#include "plan/redact.h"
#include "work/cache_impl.h"

/* ---- keys ---- */

/* The common header lines of a route that may change its answers. */
static const char *common_headers(struct cache *c, int route)
{
	struct engine *e = c->work.engine;
	struct buf all;

	if (c->common_known[route])
		return buf_str(&c->common[route]);
	c->common_known[route] = true;
	buf_init(&all, CACHE_COMMON_MAX);
	e->ops.headers(e->ctx, route, NULL, &all);
	for (const char *line = buf_str(&all); *line;) {
		size_t len = strcspn(line, "\n"), name = strcspn(line, ":\n");

		len += line[len] == '\n';
		if (answer_header(line, name))
			buf_add(&c->common[route], line, len);
		line += len;
	}
	buf_free(&all);
	return buf_str(&c->common[route]);
}

/* A secret names a user, and the answer may be for that user alone. */
static bool has_own_secret(const char *lines)
{
	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (redact_is_secret_header(lines, strcspn(lines, ":\n")))
			return true;
	return false;
}

static void note_secret(struct cache *c, uint64_t number)
{
	struct engine *e = c->work.engine;

	if (c->noted)
		return;
	c->noted = true;
	events_add(&e->observer.events, e->wall_us, EVENT_INFO,
		"line %" PRIu64
		" has a secret in its own headers: sluice does not cache such answers",
		number);
}

bool cache_make_key(struct cache *c, int route, const struct request_line *line, uint64_t number,
	struct hash128 *key)
{
	struct endpoint endpoint = *c->work.engine->routes.at[route].endpoint;

	/* Results are the same with --stream and without, and whether usage is asked for or not. */
	endpoint.stream = endpoint.usage_refused = false;
	if (!request_build(&endpoint, line, &c->request, NULL))
		return false;
	if (has_own_secret(buf_str(&c->request.headers))) {
		note_secret(c, number);
		return false;
	}
	buf_trim(&c->text, CACHE_KEEP_BYTES);
	if (!canonical_request(&c->request, !json_span_is(line->body, JSON_VALUE_STRING),
		    common_headers(c, route), &c->text))
		return false;
	*key = hash_keyed_wide(&c->key, c->text.data, c->text.len);
	return true;
}

void cache_make_keys(
	struct cache *c, const struct request_line *line, uint64_t number, struct request_keys *out)
{
	const struct routes *routes = &c->work.engine->routes;
	int n = routes->n;

	out->there = routes->at[0].endpoint != NULL && routes_for(routes, line, &out->set, NULL);
	for (int i = 0; i < n && out->there; i++)
		out->there = cache_make_key(c, i, line, number, &out->route[i]);
	buf_trim(&c->request.body, CACHE_KEEP_BYTES);
	if (!out->there)
		return;
	out->whole =
		n == 1 ? out->route[0]
		       : hash_keyed_wide(&c->key, out->route, (size_t)n * sizeof(out->route[0]));
	/* what one endpoint answers is not what another would */
	out->whole.high += ROUTES_ALL - out->set;
}

/* ---- known answers ---- */

/* Judges a stored answer as if it had come now: the expectations may have changed. */
static bool judge(struct cache *c, const struct prepared *prepared,
	const struct stored_answer *from, int route, struct answer *a, struct verdict *v)
{
	const struct engine *e = c->work.engine;
	const struct endpoint *endpoint = e->routes.at[route].endpoint;
	const struct provider *p = provider_of(endpoint->provider, &prepared->line);

	*a = (struct answer){.result = NET_STATUS,
		.status = from->status,
		.body = from->body,
		.body_len = from->body_len,
		.latency_us = -1,
		.first_byte_us = -1};
	if (request_target(endpoint, &prepared->line, &c->request, NULL))
		a->asked = provider_asked(p, &c->request);
	response_judge(p, a, e->wall_us, v);
	if (e->config.expects && v->outcome == OUTCOME_OK)
		expects_judge(e->config.expects, p, a->body, a->body_len, v);
	memcpy(v->request_id, from->request_id, sizeof(v->request_id));
	/* this run spent no tokens on it */
	verdict_drop_usage(v);
	return v->outcome == OUTCOME_OK;
}

bool cache_end(struct cache *c, struct queue *q, const struct stored_answer *from, int route,
	const struct result_item *source)
{
	struct prepared *p = &q->prepared;
	struct answer answer;
	struct verdict v;
	const struct task_end end = {.task = {q, p->i},
		.prepared = p,
		.source = source,
		.answer = &answer,
		.verdict = &v};

	if (!judge(c, p, from, route, &answer, &v))
		return false;
	work_ended(c->work.inner, &end);
	return true;
}

void cache_note(struct cache *c, struct recent recent)
{
	if (!c->recent)
		c->recent = xcalloc(CACHE_RECENT, sizeof(*c->recent));
	c->recent[c->n_recent++ % CACHE_RECENT] = recent;
}
