#include "json.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"

static void set_int(json_t *o, const char *name, uint64_t n)
{
	json_object_set_new(o, name, json_integer((json_int_t)n));
}

/* A number, null when it is negative: unknown or none. */
static void set_known(json_t *o, const char *name, double n)
{
	json_object_set_new(o, name, n < 0 ? json_null() : json_real(n));
}

/* Microseconds in another unit; -1 is none. */
static double scaled(int64_t us, int64_t unit)
{
	return us < 0 ? -1 : (double)us / (double)unit;
}

static json_t *items_json(const struct item_counts *c)
{
	json_t *o = json_object();

	set_int(o, "queued", c->queued);
	set_int(o, "waiting", c->waiting);
	set_int(o, "in_flight", c->in_flight);
	set_int(o, "held", c->held);
	set_int(o, "ok", c->ok);
	set_int(o, "failed", c->failed);
	set_int(o, "cancelled", c->cancelled);
	return o;
}

static json_t *limit_json(const struct limit_view *l)
{
	json_t *o = json_object();

	set_known(o, "configured", l->configured);
	set_known(o, "server", l->server);
	set_known(o, "used", l->used);
	return o;
}

static json_t *latency_json(const struct latency_summary *l)
{
	json_t *o = json_object();

	set_known(o, "p50", scaled(l->p50_us, US_PER_MS));
	set_known(o, "p90", scaled(l->p90_us, US_PER_MS));
	set_known(o, "p99", scaled(l->p99_us, US_PER_MS));
	set_known(o, "max", scaled(l->max_us, US_PER_MS));
	set_known(o, "first_byte_p50", scaled(l->first_byte_p50_us, US_PER_MS));
	set_known(o, "first_byte_p99", scaled(l->first_byte_p99_us, US_PER_MS));
	return o;
}

static json_t *streams_json(const struct stream_summary *s)
{
	json_t *o = json_object();

	set_known(o, "first_token_ms_p50", scaled(s->first_token_p50_us, US_PER_MS));
	set_known(o, "first_token_ms_p99", scaled(s->first_token_p99_us, US_PER_MS));
	set_known(o, "gap_ms_p50", scaled(s->gap_p50_us, US_PER_MS));
	set_known(o, "gap_ms_p99", scaled(s->gap_p99_us, US_PER_MS));
	set_known(o, "tokens_per_s", s->tokens_per_s);
	return o;
}

static json_t *bound_json(const double share[BOUND_COUNT])
{
	json_t *o = json_object();

	for (int i = 0; i < BOUND_COUNT; i++)
		set_known(o, bound_name((enum bound)i), share[i]);
	return o;
}

/* The session so far; the last object has it whole. */
static json_t *session_json(const struct session_view *v, const struct item_counts *items)
{
	json_t *o = json_object(), *latency = json_object();
	uint64_t ended = items->ok + items->failed + items->cancelled;

	set_known(latency, "avg", scaled(v->avg_us, US_PER_MS));
	set_known(latency, "p50", scaled(v->p50_us, US_PER_MS));
	set_known(latency, "p90", scaled(v->p90_us, US_PER_MS));
	set_known(latency, "p99", scaled(v->p99_us, US_PER_MS));
	set_known(latency, "max", scaled(v->max_us, US_PER_MS));
	json_object_set_new(o, "latency_ms", latency);
	set_known(o, "speed_up", v->speed_up);
	set_known(o, "success_rate", ended ? (double)items->ok / (double)ended : -1);
	json_object_set_new(o, "bound", bound_json(v->bound_share));
	if (v->streams.any)
		json_object_set_new(o, "streams", streams_json(&v->streams));
	return o;
}

static json_t *cost_json(const struct cost_view *c)
{
	json_t *o = json_object();

	set_known(o, "tokens", c->tokens);
	set_known(o, "usd", c->usd);
	set_known(o, "projected_tokens", c->projected_tokens);
	set_known(o, "projected_usd", c->projected_usd);
	set_known(o, "budget_tokens", c->budget_tokens);
	set_known(o, "budget_usd", c->budget_usd);
	return o;
}

static json_t *outcomes_json(const uint64_t n[OUTCOME_COUNT])
{
	json_t *o = json_object();

	for (int i = 0; i < OUTCOME_COUNT; i++)
		set_int(o, outcome_name((enum outcome)i), n[i]);
	return o;
}

static void set_pace(json_t *o, const struct snapshot *s)
{
	json_t *limits = json_object(), *answers = json_object();

	set_int(o, "concurrency", (uint64_t)s->concurrency);
	json_object_set_new(o, "concurrency_auto", json_boolean(s->concurrency_auto));
	json_object_set_new(limits, "rpm", limit_json(&s->rpm));
	json_object_set_new(limits, "tpm", limit_json(&s->tpm));
	json_object_set_new(limits, "rate", limit_json(&s->rate));
	json_object_set_new(o, "limits", limits);
	set_known(answers, "now", s->answers_now);
	set_known(answers, "avg", s->answers_avg);
	json_object_set_new(o, "answers_per_s", answers);
	set_known(o, "tokens_per_s", s->tokens_now);
	set_known(o, "rate_limited_per_min", s->rate_limited_per_min);
	json_object_set_new(o, "bound", bound_json(s->bound_share));
}

static json_t *stage_json(const struct stage_view *v)
{
	json_t *o = json_object();

	set_int(o, "ready", v->ready);
	set_int(o, "waiting", v->waiting);
	set_int(o, "held", v->held);
	set_int(o, "done", v->done);
	set_int(o, "failed", v->failed);
	set_int(o, "skipped", v->skipped);
	return o;
}

/* Of several endpoints, or the stages of a pipeline, each by itself. */
static void set_endpoints(json_t *o, const struct snapshot *s)
{
	json_t *all = json_array();

	for (int i = 0; i < s->n_endpoints; i++) {
		const struct endpoint_view *e = &s->endpoints[i];
		json_t *one = s->pipeline ? stage_json(&e->stage) : json_object();

		json_object_set_new(one, "name", json_string(e->name));
		json_object_set_new(one, "paused", json_boolean(e->paused));
		json_object_set_new(one, "set_aside", json_boolean(e->parked));
		set_int(one, "in_flight", e->in_flight);
		set_int(one, "concurrency", (uint64_t)e->concurrency);
		set_int(one, "attempts", e->answered);
		set_int(one, "attempts_ok", e->ok);
		set_known(one, "answers_per_s", e->answers_now);
		set_known(one, "rate_limited_per_min", e->rate_limited_per_min);
		json_array_append_new(all, one);
	}
	json_object_set_new(o, s->pipeline ? "stages" : "endpoints", all);
}

char *json_metrics(const struct snapshot *s)
{
	json_t *o = json_object();
	int64_t hold = s->hold_until_us > s->now_us ? s->hold_until_us - s->now_us : 0;
	char time[32], *text;

	clock_rfc3339(s->wall_us, time, sizeof(time));
	json_object_set_new(o, "time", json_string(time));
	json_object_set_new(o, "run", json_string(s->run_name));
	json_object_set_new(o, "state", json_string(run_state_name(s->state)));
	set_known(o, "elapsed_s", scaled(s->elapsed_us, US_PER_S));
	set_known(o, "eta_low_s", scaled(s->eta_low_us, US_PER_S));
	set_known(o, "eta_high_s", scaled(s->eta_high_us, US_PER_S));
	json_object_set_new(o, "total",
		s->total_known ? json_integer((json_int_t)s->items.total) : json_null());
	json_object_set_new(o, "total_estimate",
		s->total_estimate ? json_integer((json_int_t)s->total_estimate) : json_null());
	json_object_set_new(o, "items", items_json(&s->items));
	set_pace(o, s);
	if (s->n_endpoints)
		set_endpoints(o, s);
	if (s->packed_requests) {
		set_int(o, "packed_items", s->packed_items);
		set_int(o, "packed_requests", s->packed_requests);
	}
	json_object_set_new(o, "latency_ms", latency_json(&s->latency));
	if (s->streams.any)
		json_object_set_new(o, "streams", streams_json(&s->streams));
	set_int(o, "attempts", s->attempts);
	set_int(o, "retries", s->retries);
	if (s->resent)
		set_int(o, "resent", s->resent);
	if (s->doubtful)
		set_int(o, "doubtful", s->doubtful);
	if (s->cached || s->shared) {
		set_int(o, "cached", s->cached);
		set_int(o, "shared", s->shared);
	}
	json_object_set_new(o, "outcomes", outcomes_json(s->outcomes));
	json_object_set_new(o, "final_failures", outcomes_json(s->final_failures));
	set_int(o, "tokens_in", s->tokens_in);
	set_int(o, "tokens_out", s->tokens_out);
	set_int(o, "bytes_in", s->bytes_in);
	set_int(o, "bytes_out", s->bytes_out);
	json_object_set_new(o, "cost", cost_json(&s->cost));
	json_object_set_new(o, "session", session_json(&s->session, &s->items));
	set_known(o, "hold_s", scaled(hold, US_PER_S));
	json_object_set_new(o, "hold_source", json_string(hold ? s->hold_source : ""));
	json_object_set_new(o, "hold_words", json_string(hold ? s->hold_words : ""));
	json_object_set_new(o, "belief", json_string(s->belief));
	json_object_set_new(o, "note", json_string(s->state_note));
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(o);
	return text;
}
