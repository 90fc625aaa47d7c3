#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fake_port.h"

static void add_lane(const struct snapshot *s, int endpoint, const char *model,
	const struct lane_figures *figures, struct totals *out)
{
	struct lane_totals *l = &out->lane[out->n_lanes++];

	*l = (struct lane_totals){.endpoint = endpoint,
		.outcomes = {[OUTCOME_OK] = figures->ok,
			[OUTCOME_RATE_LIMITED] = figures->answered - figures->ok},
		.tokens_in = figures->ok * 312,
		.tokens_out = figures->ok * 54,
		.in_flight = figures->in_flight,
		.single = true,
		.concurrency = figures->concurrency,
		.concurrency_manual = !figures->concurrency_auto,
		.rpm = s->rpm,
		.tpm = s->tpm,
		.rate = s->rate,
		.model_rpm = -1,
		.breaker_open = figures->breaker_open,
		.hold_until_wall_us = figures->hold_until_us ? s->wall_us + US_PER_MIN : 0};
	snprintf(l->model, sizeof(l->model), "%s", model);
	for (uint64_t i = 0; i < figures->ok; i++) {
		durations_add(&l->latency, (int64_t)(i % 100) * 50 * US_PER_MS);
		if (s->streams.any)
			durations_add(&l->first_token, (int64_t)(i % 100) * 5 * US_PER_MS);
	}
}

static void add_endpoint(
	const struct snapshot *s, const char *name, bool paused, struct totals *out)
{
	struct endpoint_totals *e = &out->endpoint[out->n_endpoints++];

	snprintf(e->name, sizeof(e->name), "%s", name);
	e->paused = paused;
	for (int i = 0; i < BOUND_COUNT; i++)
		e->bound_us[i] = (int64_t)(s->bound_share[i] * (double)s->elapsed_us);
}

static void add_models(const struct snapshot *s, int endpoint, struct totals *out)
{
	int before = out->n_lanes;

	for (int i = 0; i < s->n_models; i++)
		if (s->models[i].endpoint == endpoint)
			add_lane(s, endpoint, s->models[i].name, &s->models[i].lane, out);
	if (out->n_lanes == before)
		add_lane(s, endpoint, "m-large", &s->endpoints[endpoint].lane, out);
}

void fake_totals(void *ctx, struct totals *out)
{
	const struct fake_port *f = ctx;
	const struct snapshot *s = &f->snap;
	const struct lane_figures one = {.concurrency = s->concurrency,
		.concurrency_auto = s->concurrency_auto,
		.in_flight = s->requests,
		.answered = s->attempts,
		.ok = s->outcomes[OUTCOME_OK]};

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < BOUND_COUNT; i++)
		out->bound_us[i] = (int64_t)(s->bound_share[i] * (double)s->elapsed_us);
	for (int i = 0; i < s->n_endpoints; i++) {
		add_endpoint(s, s->endpoints[i].name, s->endpoints[i].paused, out);
		add_models(s, i, out);
	}
	if (s->n_endpoints)
		return;
	add_endpoint(s, "default", false, out);
	add_lane(s, 0, "m-large", &one, out);
}
