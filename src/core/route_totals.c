#include "core/route_totals.h"

#include <stdio.h>
#include <string.h>

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

static void set_limits(
	const struct lane *lane, int64_t now_us, int64_t wall_us, struct lane_totals *out)
{
	struct lane_view v;

	lane_view(lane, now_us, &v);
	out->single = true;
	out->concurrency = v.concurrency;
	out->concurrency_manual = v.concurrency_manual;
	out->rpm = v.rpm;
	out->tpm = v.tpm;
	out->rate = v.rate;
	out->model_rpm = v.model_rpm;
	out->breaker_open = v.breaker_open;
	if (v.hold_until_us > now_us)
		out->hold_until_wall_us = wall_us + v.hold_until_us - now_us;
}

/* Which lanes have a row of their own depends on the order in which they were first used, so that
 * no count ever moves to another row. */
static void add_lane(int endpoint, const struct route_lane *l, int64_t now_us, int64_t wall_us,
	struct totals *out)
{
	bool own = l->order < TOTALS_MODELS && strcmp(l->model, LANES_OTHER_MODELS) != 0;
	struct lane_totals *row = row_of(out, endpoint, own ? l->model : LANES_OTHER_MODELS);

	add_tally(l, row);
	if (own)
		set_limits(l->lane, now_us, wall_us, row);
}

void route_totals(const struct routes *r, int64_t now_us, int64_t wall_us, struct totals *out)
{
	out->n_endpoints = r->n;
	for (int i = 0; i < r->n; i++) {
		const struct route *route = &r->at[i];

		memcpy(out->endpoint[i].name, route->name, sizeof(out->endpoint[i].name));
		out->endpoint[i].paused = route->paused;
		for (int k = 0; k < lanes_count(route->lanes); k++)
			if (route->lane[k])
				add_lane(i, route->lane[k], now_us, wall_us, out);
	}
}
