#include "json.h"

#include "base/clock.h"
#include "base/json_writer.h"

/* A number, null when it is negative: unknown or none. */
static void member_known(struct json_writer *w, const char *name, double n)
{
	json_key(w, name);
	if (n < 0)
		json_put_null(w);
	else
		json_put_real(w, n);
}

/* Microseconds in another unit; -1 is none. */
static double scaled(int64_t us, int64_t unit)
{
	return us < 0 ? -1 : (double)us / (double)unit;
}

static void member_items(struct json_writer *w, const char *name, const struct item_counts *c)
{
	json_member_object(w, name);
	json_member_uint(w, "queued", c->queued);
	json_member_uint(w, "waiting", c->waiting);
	json_member_uint(w, "in_flight", c->in_flight);
	json_member_uint(w, "held", c->held);
	json_member_uint(w, "ok", c->ok);
	json_member_uint(w, "failed", c->failed);
	json_member_uint(w, "cancelled", c->cancelled);
	json_close_object(w);
}

static void member_limit(struct json_writer *w, const char *name, const struct limit_view *l)
{
	json_member_object(w, name);
	member_known(w, "configured", l->configured);
	member_known(w, "server", l->server);
	member_known(w, "used", l->used);
	json_close_object(w);
}

static void member_latency(struct json_writer *w, const char *name, const struct latency_summary *l)
{
	json_member_object(w, name);
	member_known(w, "p50", scaled(l->p50_us, US_PER_MS));
	member_known(w, "p90", scaled(l->p90_us, US_PER_MS));
	member_known(w, "p99", scaled(l->p99_us, US_PER_MS));
	member_known(w, "max", scaled(l->max_us, US_PER_MS));
	member_known(w, "first_byte_p50", scaled(l->first_byte_p50_us, US_PER_MS));
	member_known(w, "first_byte_p99", scaled(l->first_byte_p99_us, US_PER_MS));
	json_close_object(w);
}

static void member_streams(struct json_writer *w, const char *name, const struct stream_summary *s)
{
	json_member_object(w, name);
	member_known(w, "first_token_ms_p50", scaled(s->first_token_p50_us, US_PER_MS));
	member_known(w, "first_token_ms_p99", scaled(s->first_token_p99_us, US_PER_MS));
	member_known(w, "gap_ms_p50", scaled(s->gap_p50_us, US_PER_MS));
	member_known(w, "gap_ms_p99", scaled(s->gap_p99_us, US_PER_MS));
	member_known(w, "tokens_per_s", s->tokens_per_s);
	json_close_object(w);
}

static void member_bound(struct json_writer *w, const char *name, const double share[BOUND_COUNT])
{
	json_member_object(w, name);
	for (int i = 0; i < BOUND_COUNT; i++)
		member_known(w, bound_name((enum bound)i), share[i]);
	json_close_object(w);
}

/* The session so far; the last object has it whole. */
static void member_session(struct json_writer *w, const char *name, const struct session_view *v,
	const struct item_counts *items)
{
	uint64_t ended = items->ok + items->failed + items->cancelled;

	json_member_object(w, name);
	json_member_object(w, "latency_ms");
	member_known(w, "avg", scaled(v->avg_us, US_PER_MS));
	member_known(w, "p50", scaled(v->p50_us, US_PER_MS));
	member_known(w, "p90", scaled(v->p90_us, US_PER_MS));
	member_known(w, "p99", scaled(v->p99_us, US_PER_MS));
	member_known(w, "max", scaled(v->max_us, US_PER_MS));
	json_close_object(w);
	member_known(w, "speed_up", v->speed_up);
	member_known(w, "success_rate", ended ? (double)items->ok / (double)ended : -1);
	member_bound(w, "bound", v->bound_share);
	if (v->streams.any)
		member_streams(w, "streams", &v->streams);
	json_close_object(w);
}

static void put_model(struct json_writer *w, const struct model_cost_view *m)
{
	json_open_object(w);
	json_member_text(w, "model", m->name);
	json_member_uint(w, "answers", m->answers);
	json_member_uint(w, "tokens_in", (uint64_t)m->tokens_in);
	json_member_uint(w, "tokens_out", (uint64_t)m->tokens_out);
	json_member_uint(w, "tokens_cached", (uint64_t)m->tokens_cached);
	json_member_uint(w, "tokens_cache_write", (uint64_t)m->tokens_cache_write);
	member_known(w, "usd", m->usd);
	if (m->unpriced)
		json_member_uint(w, "unpriced", m->unpriced);
	json_close_object(w);
}

static void member_cost(struct json_writer *w, const char *name, const struct cost_view *c)
{
	json_member_object(w, name);
	member_known(w, "tokens", c->tokens);
	member_known(w, "usd", c->usd);
	member_known(w, "projected_tokens", c->projected_tokens);
	member_known(w, "projected_usd", c->projected_usd);
	member_known(w, "budget_tokens", c->budget_tokens);
	member_known(w, "budget_usd", c->budget_usd);
	if (c->ends_at_item)
		json_member_uint(w, "budget_ends_at_item", c->ends_at_item);
	if (c->unpriced)
		json_member_uint(w, "unpriced", c->unpriced);
	json_member_array(w, "models");
	for (int i = 0; i < c->n_models; i++)
		put_model(w, &c->model[i]);
	json_close_array(w);
	json_close_object(w);
}

static void member_outcomes(
	struct json_writer *w, const char *name, const uint64_t n[OUTCOME_COUNT])
{
	json_member_object(w, name);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		json_member_uint(w, outcome_name((enum outcome)i), n[i]);
	json_close_object(w);
}

static void put_pace(struct json_writer *w, const struct snapshot *s)
{
	json_member_uint(w, "concurrency", (uint64_t)s->concurrency);
	json_member_bool(w, "concurrency_auto", s->concurrency_auto);
	json_member_bool(w, "concurrency_manual", s->concurrency_manual);
	json_member_object(w, "limits");
	member_limit(w, "rpm", &s->rpm);
	member_limit(w, "tpm", &s->tpm);
	member_limit(w, "rate", &s->rate);
	json_close_object(w);
	json_member_object(w, "answers_per_s");
	member_known(w, "now", s->answers_now);
	member_known(w, "avg", s->answers_avg);
	json_close_object(w);
	member_known(w, "tokens_per_s", s->tokens_now);
	member_known(w, "rate_limited_per_min", s->rate_limited_per_min);
	member_bound(w, "bound", s->bound_share);
	json_member_text(w, "bound_now", bound_name(s->bound_now));
}

static void put_stage(struct json_writer *w, const struct stage_view *v)
{
	json_member_uint(w, "ready", v->ready);
	json_member_uint(w, "waiting", v->waiting);
	json_member_uint(w, "held", v->held);
	json_member_uint(w, "done", v->done);
	json_member_uint(w, "failed", v->failed);
	json_member_uint(w, "skipped", v->skipped);
}

static void put_lane(struct json_writer *w, const struct lane_figures *l)
{
	json_member_bool(w, "set_aside", l->breaker_open);
	json_member_uint(w, "in_flight", l->in_flight);
	json_member_uint(w, "concurrency", (uint64_t)l->concurrency);
	json_member_uint(w, "attempts", l->answered);
	json_member_uint(w, "attempts_ok", l->ok);
	member_known(w, "answers_per_s", l->answers_now);
	member_known(w, "rate_limited_per_min", l->rate_limited_per_min);
}

/* The models that are asked at an endpoint, if there are several. */
static void put_models(struct json_writer *w, const struct snapshot *s, int endpoint)
{
	json_member_array(w, "models");
	for (int i = 0; i < s->n_models; i++) {
		const struct model_view *m = &s->models[i];
		int64_t hold_us = m->lane.hold_until_us - s->now_us;

		if (m->endpoint != endpoint)
			continue;
		json_open_object(w);
		json_member_text(w, "model", m->name);
		put_lane(w, &m->lane);
		if (m->rpm > 0)
			member_known(w, "rpm", m->rpm);
		member_known(w, "hold_s", hold_us > 0 ? scaled(hold_us, US_PER_S) : 0);
		json_member_text(w, "hold_source", hold_us > 0 ? m->hold_source : "");
		json_close_object(w);
	}
	json_close_array(w);
}

/* Of several endpoints, or the stages of a pipeline, each by itself. */
static void put_endpoints(struct json_writer *w, const struct snapshot *s)
{
	json_member_array(w, s->pipeline ? "stages" : "endpoints");
	for (int i = 0; i < s->n_endpoints; i++) {
		const struct endpoint_view *e = &s->endpoints[i];

		json_open_object(w);
		if (s->pipeline)
			put_stage(w, &e->stage);
		json_member_text(w, "name", e->name);
		json_member_bool(w, "paused", e->paused);
		put_lane(w, &e->lane);
		if (s->n_models)
			put_models(w, s, i);
		json_close_object(w);
	}
	json_close_array(w);
}

/* How far the run is. */
static void put_progress(struct json_writer *w, const struct snapshot *s)
{
	char time[32];

	clock_rfc3339(s->wall_us, time, sizeof(time));
	json_member_text(w, "time", time);
	json_member_text(w, "run", s->run_name);
	json_member_text(w, "state", run_state_name(s->state));
	member_known(w, "elapsed_s", scaled(s->elapsed_us, US_PER_S));
	member_known(w, "eta_low_s", scaled(s->eta_low_us, US_PER_S));
	member_known(w, "eta_high_s", scaled(s->eta_high_us, US_PER_S));
	if (s->left_out)
		json_member_uint(w, "eta_left_out", s->left_out);
	json_key(w, "total");
	if (s->total_known)
		json_put_uint(w, s->items.total);
	else
		json_put_null(w);
	if (input_part_is(&s->part))
		json_member_uint(w, "part_of", s->part.of);
	json_key(w, "total_estimate");
	if (s->total_estimate)
		json_put_uint(w, s->total_estimate);
	else
		json_put_null(w);
	member_items(w, "items", &s->items);
}

/* The outcomes of attempts. */
static void put_attempts(struct json_writer *w, const struct snapshot *s)
{
	if (s->packed_requests) {
		json_member_uint(w, "packed_items", s->packed_items);
		json_member_uint(w, "packed_requests", s->packed_requests);
	}
	member_latency(w, "latency_ms", &s->latency);
	if (s->streams.any)
		member_streams(w, "streams", &s->streams);
	json_member_uint(w, "attempts", s->attempts);
	json_member_uint(w, "retries", s->retries);
	if (s->resent)
		json_member_uint(w, "resent", s->resent);
	if (s->doubtful)
		json_member_uint(w, "doubtful", s->doubtful);
	if (s->cached || s->shared) {
		json_member_uint(w, "cached", s->cached);
		json_member_uint(w, "shared", s->shared);
	}
	member_outcomes(w, "outcomes", s->outcomes);
	member_outcomes(w, "final_failures", s->final_failures);
	json_member_uint(w, "tokens_in", s->tokens_in);
	json_member_uint(w, "tokens_out", s->tokens_out);
	if (s->cost.tokens_cached)
		json_member_uint(w, "tokens_cached", s->cost.tokens_cached);
	if (s->cost.tokens_cache_write)
		json_member_uint(w, "tokens_cache_write", s->cost.tokens_cache_write);
	if (s->estimated_in || s->estimated_out) {
		json_member_uint(w, "estimated_in", s->estimated_in);
		json_member_uint(w, "estimated_out", s->estimated_out);
	}
	json_member_uint(w, "bytes_in", s->bytes_in);
	json_member_uint(w, "bytes_out", s->bytes_out);
}

/* The commonest errors, in the words of the server. */
static void put_errors(struct json_writer *w, const struct port *port)
{
	enum { SHOWN = 10 };
	struct error_group group[SHOWN];
	size_t total, n = port_errors(port, group, SHOWN, &total);

	json_member_array(w, "errors");
	for (size_t i = 0; i < n; i++) {
		const struct error_group *g = &group[i];

		json_open_object(w);
		json_member_text(w, "outcome", outcome_name(g->outcome));
		json_member_int(w, "status", g->status);
		json_member_text(w, "code", g->code);
		json_member_text(w, "message", g->message);
		json_member_uint(w, "attempts", g->attempts);
		json_member_uint(w, "items", g->items);
		json_member_uint(w, "failed", g->final);
		json_member_text(w, "sample", g->sample_id);
		json_close_object(w);
	}
	json_close_array(w);
}

void json_metrics(const struct port *port, struct buf *out)
{
	struct snapshot copy;
	const struct snapshot *s = &copy;
	struct json_writer w = json_writer_to(out);
	int64_t hold;

	port_snapshot(port, &copy);
	hold = s->hold_until_us > s->now_us ? s->hold_until_us - s->now_us : 0;
	json_open_object(&w);
	put_progress(&w, s);
	put_pace(&w, s);
	if (s->n_endpoints)
		put_endpoints(&w, s);
	put_attempts(&w, s);
	put_errors(&w, port);
	member_cost(&w, "cost", &s->cost);
	member_session(&w, "session", &s->session, &s->items);
	member_known(&w, "hold_s", scaled(hold, US_PER_S));
	json_member_text(&w, "hold_source", hold ? s->hold_source : "");
	json_member_text(&w, "hold_words", hold ? s->hold_words : "");
	json_member_text(&w, "belief", s->belief);
	json_member_text(&w, "note", s->state_note);
	json_close_object(&w);
}
