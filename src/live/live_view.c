#include "live/live_view.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/route_totals.h"
#include "live/live_impl.h"

static const char *state_of(const struct live_call *c)
{
	switch (c->state) {
	case LIVE_WAITS:
		return "waiting";
	case LIVE_BACKS_OFF:
		return "backing off";
	case LIVE_IN_FLIGHT:
		break;
	}
	return c->headed ? "answering" : "in flight";
}

void live_each(const struct live *l, void (*visit)(void *ctx, const struct live_view *v), void *ctx)
{
	int64_t now_us = live_now_us(l);
	const struct live_call *c;

	LIST_FOREACH (c, &l->calls, in_all) {
		struct live_view v = {.owner = c->owner,
			.model = c->queue ? c->queue->to.model : "",
			.endpoint = c->route != ROUTE_NONE ? c->side->routes.at[c->route].name : "",
			.state = state_of(c),
			.attempts = c->attempts,
			.age_us = now_us - c->start_us,
			.tokens_out = c->stream.assembly && assembly_is_active(c->stream.assembly)
					      ? (double)assembly_tokens(c->stream.assembly)
					      : -1};

		/* a JSON string */
		snprintf(
			v.path, sizeof(v.path), "%.*s", (int)strcspn(c->url + 1, "\""), c->url + 1);
		visit(ctx, &v);
	}
}

void live_totals(const struct live *l, enum live_api api, struct totals *out)
{
	const struct live_side *side = &l->side[api];

	memset(out, 0, sizeof(*out));
	if (side->run)
		route_totals(&side->routes, live_now_us(l), clock_wall_us(), out);
}
