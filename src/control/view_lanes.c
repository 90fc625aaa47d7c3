/* The endpoints of a run, their models, and the limits in force, as dashboards see them. */
#include <stdio.h>
#include <string.h>

#include "control/control_impl.h"
#include "control/view.h"
#include "work/stages.h"

int64_t control_held_until(const struct snapshot *s)
{
	int64_t until_us = s->n_endpoints ? 0 : s->hold_until_us;
	bool any = false;

	for (int i = 0; i < s->n_endpoints; i++) {
		int64_t own_us = s->endpoints[i].lane.hold_until_us;

		if (s->endpoints[i].paused)
			continue;
		if (!any || own_us < until_us)
			until_us = own_us;
		any = true;
	}
	return until_us;
}

static void view_stage(const struct stages *s, int stage, struct stage_view *out)
{
	const struct stage_counts c = stages_counts(s, stage);

	*out = (struct stage_view){.after = c.after,
		.ready = c.ready,
		.waiting = c.waiting,
		.held = c.held,
		.done = c.done,
		.failed = c.failed,
		.skipped = c.skipped};
}

/* How many of its lanes this run has used. */
static int lanes_used(const struct route *r)
{
	int n = 0;

	for (int i = 0; i < lanes_count(r->lanes); i++)
		n += r->lane[i] && r->lane[i]->traffic.started;
	return n;
}

/* Does a task ask this model, as far as is known? */
static bool has_work(const struct engine *e, int route, const struct route_lane *l)
{
	if (l->traffic.in_flight)
		return true;
	for (int i = 0; i < e->sources.n_queues; i++) {
		const struct queue *q = e->sources.queue[i];

		if (q->to.lane[route] == l && (!queue_is_empty(q) || q->first_held < q->n_held))
			return true;
	}
	return false;
}

/* How well a lane stands for its route. */
struct standing {
	bool works;
	int64_t hold_until_us;
	uint32_t in_flight;
};

static bool stands_better(const struct standing *a, const struct standing *b)
{
	if (a->works != b->works)
		return a->works;
	if (a->hold_until_us != b->hold_until_us)
		return a->hold_until_us < b->hold_until_us;
	return a->in_flight > b->in_flight;
}

/* The lane that stands for the route: of those that have work and are not held the one with the
 * most in flight, else the one whose hold ends first. */
static int busiest(const struct engine *e, int route)
{
	const struct route *r = &e->routes.at[route];
	struct standing best = {false, 0, 0};
	int at = -1;

	for (int i = 0; i < lanes_count(r->lanes); i++) {
		const struct route_lane *l = r->lane[i];
		struct standing s;
		struct lane_view v;

		if (!l || !l->traffic.started)
			continue;
		lane_view(l->lane, e->now_us, &v);
		s = (struct standing){has_work(e, route, l), v.hold_until_us, l->traffic.in_flight};
		if (at >= 0 && !stands_better(&s, &best))
			continue;
		best = s;
		at = i;
	}
	return at >= 0 ? at : 0;
}

/* Adds what this run sent over the lane. */
static void add_traffic(const struct engine *e, const struct traffic *t, struct lane_figures *out)
{
	int64_t elapsed_us = stats_elapsed(&e->observer.stats, e->now_us);
	double answers, refused;

	traffic_rates(t, e->now_us, elapsed_us, &answers, &refused);
	out->in_flight += t->in_flight;
	out->answered += t->answered;
	out->ok += t->ok;
	out->answers_now += answers;
	out->rate_limited_per_min += refused;
}

static void view_lane(const struct lane_view *view, struct lane_figures *out)
{
	out->concurrency = view->concurrency;
	out->concurrency_auto = view->concurrency_auto;
	out->hold_until_us = view->hold_until_us;
	out->breaker_open = view->breaker_open;
}

static void view_models(
	const struct engine *e, int endpoint, const struct route *r, struct snapshot *out)
{
	for (int i = 0; i < lanes_count(r->lanes) && out->n_models < MODELS_SHOWN; i++) {
		const struct route_lane *used = r->lane[i];
		struct model_view *v = &out->models[out->n_models];
		struct lane_view lane;

		if (!used || !used->traffic.started)
			continue;
		out->n_models++;
		lane_view(used->lane, e->now_us, &lane);
		v->endpoint = endpoint;
		snprintf(v->name, sizeof(v->name), "%s", used->model[0] ? used->model : "(none)");
		view_lane(&lane, &v->lane);
		add_traffic(e, &used->traffic, &v->lane);
		v->rpm = lane.model_rpm;
		if (lane.hold_until_us)
			memcpy(v->hold_source, lane.hold_source, sizeof(v->hold_source));
	}
}

static void view_endpoint(const struct engine *e, int i, struct snapshot *out)
{
	const struct route *r = &e->routes.at[i];
	const struct lane *lane = lanes_at(r->lanes, busiest(e, i));
	const struct stages *stages = stages_of(e->sources.work);
	struct endpoint_view *v = &out->endpoints[i];
	struct lane_view limits;

	memcpy(v->name, r->name, sizeof(v->name));
	v->chosen = i == e->routes.chosen;
	v->paused = r->paused;
	v->weight = r->weight;
	lane_view(lane, e->now_us, &limits);
	limits.concurrency = lanes_concurrency(r->lanes);
	view_lane(&limits, &v->lane);
	memcpy(v->hold_source, limits.hold_source, sizeof(v->hold_source));
	for (int k = 0; k < lanes_count(r->lanes); k++)
		if (r->lane[k])
			add_traffic(e, &r->lane[k]->traffic, &v->lane);
	if (stages)
		view_stage(stages, i, &v->stage);
	if (lanes_used(r) > 1)
		view_models(e, i, r, out);
}

static void view_endpoints(const struct engine *e, struct snapshot *out)
{
	const struct stages *stages = stages_of(e->sources.work);

	if (e->routes.n < 2 && !stages && lanes_used(&e->routes.at[0]) < 2)
		return;
	out->n_endpoints = e->routes.n;
	for (int i = 0; i < e->routes.n; i++)
		view_endpoint(e, i, out);
	out->pipeline = stages;
	out->open_rows = stages ? stages_open_rows(stages) : 0;
}

/* The limits of the endpoint that is chosen. Of several models it shows what the controller
 * believes of the busiest one. */
static void view_limits(const struct engine *e, struct snapshot *out)
{
	const struct route *r = &e->routes.at[e->routes.chosen];
	int i = busiest(e, e->routes.chosen);
	const char *model = lanes_used(r) > 1 ? lanes_model(r->lanes, i) : "";
	struct lane_view v;

	lane_view(lanes_at(r->lanes, i), e->now_us, &v);
	out->concurrency = lanes_concurrency(r->lanes);
	out->concurrency_auto = v.concurrency_auto;
	out->concurrency_manual = v.concurrency_manual;
	out->concurrency_cap = v.concurrency_cap;
	out->rpm = v.rpm;
	out->tpm = v.tpm;
	out->rate = v.rate;
	out->hold_until_us = v.hold_until_us;
	if (v.hold_source[0])
		snprintf(out->hold_source, sizeof(out->hold_source), "%s%s%s", model,
			model[0] ? ": " : "", v.hold_source);
	if (v.belief_of_all)
		model = "";
	if (v.belief[0])
		snprintf(out->belief, sizeof(out->belief), "%s%s%s", model, model[0] ? ": " : "",
			v.belief);
	out->belief_of = v.belief_of;
	if (out->hold_until_us && r->lane[i])
		memcpy(out->hold_words, r->lane[i]->refusal, sizeof(out->hold_words));
}

void control_view_lanes(const struct engine *e, struct snapshot *out)
{
	view_limits(e, out);
	view_endpoints(e, out);
}
