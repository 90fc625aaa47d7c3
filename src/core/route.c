#include "core/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "input/source.h"

static void join(const struct routes *r, struct route *route)
{
	for (int i = 0; i < lanes_count(route->lanes); i++)
		route->seen[i] = lane_changes(lanes_at(route->lanes, i));
	route->share = r->live ? lanes_join_live(route->lanes, route->run)
			       : lanes_join(route->lanes, route->run, &r->share);
}

void routes_set_lanes(struct routes *r, int i, struct lanes *lanes)
{
	struct route *route = &r->at[i];

	if (route->lanes == lanes)
		return;
	lanes_leave(route->lanes, route->share);
	route->lanes = lanes;
	join(r, route);
}

bool routes_add(struct routes *r, const struct route_config *config)
{
	struct route *route;

	if (r->n == ROUTES_MAX)
		return false;
	route = &r->at[r->n++];
	*route = (struct route){.lanes = config->lanes,
		.weight = config->weight,
		.spare = config->weight <= 0,
		.models = config->models,
		.told = config->told,
		.fallback = ROUTE_NONE};
	r->by_model = r->by_model || config->models;
	/* what a server tells may be hundreds */
	if (config->told && !r->bound)
		r->bound = xcalloc(1, sizeof(*r->bound));
	route->run = config->run ? config->run : r;
	if (route->lanes)
		join(r, route);
	text_sanitise(route->name, sizeof(route->name), config->name, strlen(config->name));
	return true;
}

int routes_find(const struct routes *r, const char *name)
{
	for (int i = 0; i < r->n; i++)
		if (!strcmp(r->at[i].name, name))
			return i;
	return ROUTE_NONE;
}

void routes_link(struct routes *r, int from, const char *fallback)
{
	r->at[from].fallback = routes_find(r, fallback);
}

uint32_t routes_reach(const struct routes *r, uint32_t set)
{
	uint32_t before;

	do {
		before = set;
		for (int i = 0; i < r->n; i++)
			if (set & route_bit(i) && r->at[i].fallback != ROUTE_NONE)
				set |= route_bit(r->at[i].fallback);
	} while (set != before);
	return set;
}

/* ---- lanes ---- */

/* Before the model is known it may be any: the first lane stands for it. */
static struct lane *lane_of(const struct routes *r, const struct destination *d, int i)
{
	return d->lane[i] ? d->lane[i]->lane : lanes_at(r->at[i].lanes, 0);
}

void routes_find_lanes(struct routes *r, struct destination *d, int64_t now_us,
	void (*fresh)(void *ctx, struct route *route, struct route_lane *lane), void *ctx)
{
	uint32_t reach = routes_reach(r, d->routes);

	for (int i = 0; i < r->n; i++) {
		struct route *route = &r->at[i];
		struct route_lane *lane;
		int k;

		if (!(reach & route_bit(i)))
			continue;
		k = lanes_of_model(route->lanes, now_us, d->model);
		d->lane[i] = route->lane[k];
		if (d->lane[i])
			continue;
		lane = d->lane[i] = route->lane[k] = xcalloc(1, sizeof(*lane));
		lane->lane = lanes_at(route->lanes, k);
		lane->index = k;
		lane->order = r->n_lanes++;
		lane->model = lanes_model(route->lanes, k);
		if (fresh)
			fresh(ctx, route, lane);
	}
}

void routes_free(struct routes *r)
{
	for (int i = 0; i < r->n; i++) {
		for (int k = 0; k < LANES_MOST; k++)
			free(r->at[i].lane[k]);
		if (r->at[i].share)
			lanes_leave(r->at[i].lanes, r->at[i].share);
	}
	free(r->bound);
	r->bound = NULL;
}

/* ---- picking ---- */

static bool may_send(const struct route *r)
{
	return r->endpoint && !r->paused;
}

static bool is_held(const struct routes *r, const struct destination *d, int i, int64_t now_us)
{
	return r->at[i].paused || lane_held(lane_of(r, d, i), now_us);
}

bool routes_paused(const struct routes *r, uint32_t set)
{
	for (int i = 0; i < r->n; i++) {
		int to = i;

		if (!(set & route_bit(i)))
			continue;
		for (int steps = 0; to != ROUTE_NONE && r->at[to].paused && steps < r->n; steps++)
			to = r->at[to].fallback;
		if (to != ROUTE_NONE && !r->at[to].paused)
			return false;
	}
	return true;
}

/* Does one route leave its requests to the other? Then it and all routes between them in the chain
 * of its fallbacks are held or paused. */
static bool leaves_to(
	const struct routes *r, const struct destination *d, int from, int to, int64_t now_us)
{
	for (int steps = 0; steps < r->n; steps++) {
		if (r->at[from].fallback == ROUTE_NONE || !is_held(r, d, from, now_us))
			return false;
		from = r->at[from].fallback;
		if (from == to)
			return true;
	}
	return false;
}

/* Its weight among the routes of the set, which share equally when none has a weight. */
static double weight_in(const struct routes *r, uint32_t set, int i)
{
	double all = 0;

	if (!(set & route_bit(i)))
		return 0;
	for (int k = 0; k < r->n; k++)
		if (set & route_bit(k))
			all += r->at[k].weight;
	return all > 0 ? r->at[i].weight : 1;
}

/* What work it is due: its own share, and that of whoever leaves it to this one. */
static double share(const struct routes *r, const struct destination *d, int i, int64_t now_us)
{
	double weight = weight_in(r, d->routes, i);

	for (int k = 0; k < r->n; k++)
		if (k != i && d->routes & route_bit(k) && leaves_to(r, d, k, i, now_us))
			weight += weight_in(r, d->routes, k);
	return weight;
}

int routes_fallback(const struct routes *r, const struct destination *d, int i, int64_t now_us)
{
	int at = i;

	for (int steps = 0; steps < r->n; steps++) {
		at = r->at[at].fallback;
		if (at == ROUTE_NONE || at == i)
			break;
		if (may_send(&r->at[at]) && !lane_held(lane_of(r, d, at), now_us))
			return at;
	}
	return ROUTE_NONE;
}

static struct route_choice ask(
	struct routes *r, const struct destination *d, int i, int64_t now_us, double tokens)
{
	struct lane_verdict v =
		share_ask(r->at[i].share, d->lane[i] ? d->lane[i]->index : 0, now_us, tokens);

	r->at[i].asked = r->turn;
	r->at[i].answer = v.at_us <= now_us ? BOUND_NONE : v.bound;
	return (struct route_choice){v.at_us <= now_us ? i : ROUTE_NONE, v.at_us, v.bound};
}

/* The shorter wait. Its bound is that of a route that is not held, if there is one. */
static struct route_choice sooner(struct route_choice a, struct route_choice b)
{
	struct route_choice first = b.at_us < a.at_us ? b : a;

	if (first.bound == BOUND_HOLD)
		first.bound = a.bound == BOUND_HOLD ? b.bound : a.bound;
	return first;
}

static struct route_choice pick_by_weight(
	struct routes *r, const struct destination *d, int64_t now_us, double tokens, int avoid)
{
	struct route_choice best = {ROUTE_NONE, NEVER_US, BOUND_PAUSE};
	double total = 0;

	for (int i = 0; i < r->n; i++) {
		double weight = i != avoid && may_send(&r->at[i]) ? share(r, d, i, now_us) : 0;
		struct route_choice c;

		if (weight <= 0)
			continue;
		c = ask(r, d, i, now_us, tokens);
		if (c.route == ROUTE_NONE) {
			if (best.route == ROUTE_NONE)
				best = best.at_us == NEVER_US && best.bound == BOUND_PAUSE
					       ? c
					       : sooner(best, c);
			continue;
		}
		r->at[i].credit += weight;
		total += weight;
		if (best.route == ROUTE_NONE || r->at[i].credit > r->at[best.route].credit)
			best = c;
	}
	if (best.route != ROUTE_NONE)
		r->at[best.route].credit -= total;
	return best;
}

/* The route that tasks of the set take in any case; ROUTE_NONE: there may be several. */
static int only_route(const struct routes *r, uint32_t set)
{
	int i;

	if (r->n == 1)
		return 0;
	i = __builtin_ctz(set);
	return set == route_bit(i) && r->at[i].fallback == ROUTE_NONE ? i : ROUTE_NONE;
}

struct route_choice routes_pick(
	struct routes *r, const struct destination *d, int64_t now_us, double tokens, int avoid)
{
	struct route_choice c, other;
	int only = only_route(r, d->routes), fallback;

	if (only != ROUTE_NONE)
		return may_send(&r->at[only])
			       ? ask(r, d, only, now_us, tokens)
			       : (struct route_choice){ROUTE_NONE, NEVER_US, BOUND_PAUSE};
	fallback = avoid == ROUTE_NONE ? ROUTE_NONE : routes_fallback(r, d, avoid, now_us);
	if (fallback == ROUTE_NONE)
		return pick_by_weight(r, d, now_us, tokens, ROUTE_NONE);
	c = ask(r, d, fallback, now_us, tokens);
	if (c.route != ROUTE_NONE)
		return c;
	other = pick_by_weight(r, d, now_us, tokens, avoid);
	return other.route != ROUTE_NONE ? other : sooner(c, other);
}

bool routes_breakers_open(const struct routes *r, const struct destination *d, int64_t now_us)
{
	bool any = false;

	for (int i = 0; i < r->n; i++) {
		bool open = lane_breaker_is_open(lane_of(r, d, i));

		if (!open && may_send(&r->at[i]) && share(r, d, i, now_us) > 0)
			return false;
		any = any || (open && d->routes & route_bit(i));
	}
	return any;
}

bool routes_any_free(const struct routes *r, const struct destination *d, int64_t now_us)
{
	for (int i = 0; i < r->n; i++)
		if (may_send(&r->at[i]) && !lane_held(lane_of(r, d, i), now_us) &&
			share(r, d, i, now_us) > 0)
			return true;
	return false;
}

bool routes_is_first_of_lanes(const struct routes *r, int i)
{
	for (int k = 0; k < i; k++)
		if (r->at[k].lanes == r->at[i].lanes)
			return false;
	return true;
}

void routes_asked(const struct routes *r)
{
	for (int i = 0; i < r->n; i++)
		if (routes_is_first_of_lanes(r, i))
			share_asked(r->at[i].share);
}

int routes_concurrency(const struct routes *r)
{
	int n = 0;

	for (int i = 0; i < r->n; i++)
		if (routes_is_first_of_lanes(r, i))
			n += lanes_concurrency(r->at[i].lanes);
	return n;
}
