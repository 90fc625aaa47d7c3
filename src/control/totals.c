/* What the lanes of a run have counted, for monitoring. */
#include <stdio.h>
#include <string.h>

#include "control/control_impl.h"
#include "control/view.h"
#include "core/route_bounds.h"

/* The row of a model at an endpoint; it is added when it is not there. */
static struct lane_totals *row_of(struct totals *t, int endpoint, const char *model)
{
	struct lane_totals *row;

	for (int i = 0; i < t->n_lanes; i++)
		if (t->lane[i].endpoint == endpoint && !strcmp(t->lane[i].model, model))
			return &t->lane[i];
	row = &t->lane[t->n_lanes++];
	row->endpoint = endpoint;
	snprintf(row->model, sizeof(row->model), "%s", model);
	return row;
}

static void add_tally(const struct route_lane *l, struct lane_totals *out)
{
	const struct tally *t = &l->tally;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		out->outcomes[i] += t->outcomes[i];
	out->tokens_in += t->tokens_in;
	out->tokens_out += t->tokens_out;
	durations_merge(&out->latency, &t->latency);
	durations_merge(&out->first_token, &t->first_token);
	out->in_flight += l->traffic.in_flight;
}

static void set_limits(const struct engine *e, const struct lane *lane, struct lane_totals *out)
{
	struct lane_view v;

	lane_view(lane, e->now_us, &v);
	out->single = true;
	out->concurrency = v.concurrency;
	out->concurrency_manual = v.concurrency_manual;
	out->rpm = v.rpm;
	out->tpm = v.tpm;
	out->rate = v.rate;
	out->model_rpm = v.model_rpm;
	out->breaker_open = v.breaker_open;
	if (v.hold_until_us > e->now_us)
		out->hold_until_wall_us = e->wall_us + v.hold_until_us - e->now_us;
}

/* Which lanes have a row of their own depends on the order in which they were first used, so that
 * no count ever moves to another row. */
static void add_lane(
	const struct engine *e, int endpoint, const struct route_lane *l, struct totals *out)
{
	bool own = l->order < TOTALS_MODELS && strcmp(l->model, LANES_OTHER_MODELS) != 0;
	struct lane_totals *row = row_of(out, endpoint, own ? l->model : LANES_OTHER_MODELS);

	add_tally(l, row);
	if (own)
		set_limits(e, l->lane, row);
}

void control_totals(struct control *c, struct totals *out)
{
	struct engine *e = c->engine;

	memset(out, 0, sizeof(*out));
	why_session_times(&e->observer.why, e->now_us, out->bound_us);
	out->n_endpoints = e->routes.n;
	for (int i = 0; i < e->routes.n; i++) {
		struct route *r = &e->routes.at[i];
		struct endpoint_totals *t = &out->endpoint[i];

		memcpy(t->name, r->name, sizeof(t->name));
		t->paused = r->paused;
		route_bound_times(&e->routes, i, &e->observer.why, e->now_us, t->bound_us);
		for (int k = 0; k < lanes_count(r->lanes); k++)
			if (r->lane[k])
				add_lane(e, i, r->lane[k], out);
	}
}
