#include "serve/service_figures.h"

#include <stdio.h>
#include <string.h>

#include "pace/lanes.h"

void service_figures_init(struct snapshot *s)
{
	static const struct limit_view none = {.configured = -1, .server = -1, .used = -1};

	memset(s, 0, sizeof(*s));
	s->eta_low_us = s->eta_high_us = -1;
	s->rpm = s->tpm = s->rate = none;
	s->session = (struct session_view){.avg_us = -1,
		.p50_us = -1,
		.p90_us = -1,
		.p99_us = -1,
		.max_us = -1,
		.speed_up = -1};
	s->latency = (struct latency_summary){-1, -1, -1, -1, -1, -1};
	s->cost.usd = s->cost.projected_tokens = s->cost.projected_usd = -1;
	s->cost.budget_tokens = s->cost.budget_usd = -1;
}

void service_figures_count(struct snapshot *to, const struct snapshot *run)
{
	to->attempts += run->attempts;
	to->retries += run->retries;
	to->resent += run->resent;
	to->doubtful += run->doubtful;
	to->cached += run->cached;
	to->shared += run->shared;
	to->packed_items += run->packed_items;
	to->packed_requests += run->packed_requests;
	to->tokens_in += run->tokens_in;
	to->tokens_out += run->tokens_out;
	to->estimated_in += run->estimated_in;
	to->estimated_out += run->estimated_out;
	to->bytes_in += run->bytes_in;
	to->bytes_out += run->bytes_out;
	to->cost.tokens_cached += run->cost.tokens_cached;
	to->cost.tokens_cache_write += run->cost.tokens_cache_write;
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		to->outcomes[i] += run->outcomes[i];
		to->final_failures[i] += run->final_failures[i];
	}
}

void service_figures_now(struct snapshot *to, const struct snapshot *run)
{
	to->requests += run->requests;
	to->answers_now += run->answers_now;
	to->tokens_now += run->tokens_now;
	to->rate_limited_per_min += run->rate_limited_per_min;
}

/* ---- totals ---- */

static int endpoint_of(struct totals *t, const char *name)
{
	for (int i = 0; i < t->n_endpoints; i++)
		if (!strcmp(t->endpoint[i].name, name))
			return i;
	if (t->n_endpoints == ENDPOINTS_MAX)
		return -1;
	memcpy(t->endpoint[t->n_endpoints].name, name, ENDPOINT_NAME_SIZE);
	return t->n_endpoints++;
}

static struct lane_totals *find(struct totals *t, int endpoint, const char *model)
{
	for (int i = 0; i < t->n_lanes; i++)
		if (t->lane[i].endpoint == endpoint && !strcmp(t->lane[i].model, model))
			return &t->lane[i];
	return NULL;
}

/* Rows of models leave room for one of others at each endpoint. */
static struct lane_totals *row_of(struct totals *t, int endpoint, const char *model)
{
	struct lane_totals *row = find(t, endpoint, model);
	int own = 0;

	for (int i = 0; i < t->n_lanes; i++)
		own += strcmp(t->lane[i].model, LANES_OTHER_MODELS) != 0;
	if (row)
		return row;
	if (own == TOTALS_MODELS && strcmp(model, LANES_OTHER_MODELS) != 0)
		return row_of(t, endpoint, LANES_OTHER_MODELS);
	row = &t->lane[t->n_lanes++];
	*row = (struct lane_totals){.endpoint = endpoint};
	snprintf(row->model, sizeof(row->model), "%s", model);
	return row;
}

static void add_counts(struct lane_totals *to, const struct lane_totals *from)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		to->outcomes[i] += from->outcomes[i];
	to->tokens_in += from->tokens_in;
	to->tokens_out += from->tokens_out;
	durations_merge(&to->latency, &from->latency);
	durations_merge(&to->first_token, &from->first_token);
}

/* The lanes are of the process: each run tells the same of them. */
static void set_state(struct lane_totals *to, const struct lane_totals *from)
{
	to->in_flight += from->in_flight;
	if (!from->single || !strcmp(to->model, LANES_OTHER_MODELS))
		return;
	to->single = true;
	to->concurrency = from->concurrency;
	to->concurrency_manual = from->concurrency_manual;
	to->rpm = from->rpm;
	to->tpm = from->tpm;
	to->rate = from->rate;
	to->model_rpm = from->model_rpm;
	to->breaker_open = from->breaker_open;
	to->hold_until_wall_us = from->hold_until_wall_us;
}

static void add_bounds(int64_t to[BOUND_COUNT], const int64_t from[BOUND_COUNT])
{
	for (int i = 0; i < BOUND_COUNT; i++)
		to[i] += from[i];
}

void service_totals_add(struct totals *to, const struct totals *run, bool now)
{
	int endpoint[ENDPOINTS_MAX];

	add_bounds(to->bound_us, run->bound_us);
	for (int i = 0; i < run->n_endpoints; i++) {
		endpoint[i] = endpoint_of(to, run->endpoint[i].name);
		if (endpoint[i] >= 0)
			add_bounds(to->endpoint[endpoint[i]].bound_us, run->endpoint[i].bound_us);
	}
	for (int i = 0; i < run->n_lanes; i++) {
		const struct lane_totals *from = &run->lane[i];
		struct lane_totals *row;

		if (endpoint[from->endpoint] < 0)
			continue;
		row = row_of(to, endpoint[from->endpoint], from->model);
		add_counts(row, from);
		if (now)
			set_state(row, from);
	}
}
