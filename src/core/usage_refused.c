#include "core/usage_refused.h"

#include <stdio.h>
#include <string.h>

#include "api/refusal.h"
#include "core/answer_scrub.h"
#include "core/engine_internal.h"

static bool is_same_server(const struct route *a, const struct route *b)
{
	return a == b ||
	       (a->endpoint && b->endpoint && a->endpoint->base_url && b->endpoint->base_url &&
		       !strcmp(a->endpoint->base_url, b->endpoint->base_url));
}

/* Stages of a pipeline have routes of their own to one server. */
static void forgo_usage(struct engine *e, int route)
{
	struct routes *routes = &e->routes;
	uint32_t same = 0;

	for (int i = 0; i < routes->n; i++)
		same |= (uint32_t)is_same_server(&routes->at[route], &routes->at[i]) << i;
	for (int i = 0; i < routes->n; i++) {
		struct route *r = &routes->at[i];

		if (!(same >> i & 1) || r->endpoint->usage_refused)
			continue;
		r->without_usage = *r->endpoint;
		r->without_usage.usage_refused = true;
		r->endpoint = &r->without_usage;
	}
}

static void warn(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	struct verdict safe = *v;
	char text[160];

	scrub_verdict(e, a, &safe);
	snprintf(text, sizeof(text),
		"%s refuses stream_options: sluice streams without them and estimates the usage",
		e->routes.at[a->route].name);
	engine_warn(e, text, safe.message);
}

bool usage_was_refused(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v)
{
	if (v->outcome != OUTCOME_CLIENT_ERROR && v->outcome != OUTCOME_SERVER_ERROR &&
		v->outcome != OUTCOME_BAD_RESPONSE)
		return false;
	if (!refusal_names(answer, "stream_options") && !refusal_names(answer, "include_usage"))
		return false;
	if (!e->routes.at[a->route].endpoint->usage_refused) {
		forgo_usage(e, a->route);
		warn(e, a, v);
	}
	return true;
}
