/* The records of a session's start and end. */
#include "base/clock.h"
#include "base/json_writer.h"
#include "core/engine_internal.h"
#include "core/pace_events.h"
#include "ledger/read_back.h"

/* What the session had of the input, if not all of it. */
static void add_part(const struct engine *e, struct json_writer *w)
{
	const struct input_part *p = &e->intake.part;

	if (!input_part_is(p))
		return;
	json_member_object(w, "part");
	if (p->first)
		json_member_uint(w, "first", p->first);
	if (p->sample) {
		json_member_uint(w, "sample", p->sample);
		json_member_uint(w, "seed", p->seed);
	}
	if (p->of)
		json_member_uint(w, "of", p->of);
	if (p->of && p->of_estimated)
		json_member_bool(w, "of_estimated", true);
	json_close_object(w);
}

void engine_write_start(struct engine *e, struct buf *fields)
{
	struct json_writer w = json_writer_behind(fields);

	add_part(e, &w);
	ledger_add_start(e->recorder.ledger, e->wall_us, fields->data, fields->len);
	e->recorder.journal_added++;
}

static void add_counts(struct json_writer *w, const struct item_counts *c)
{
	json_member_object(w, "items");
	json_member_uint(w, "queued", c->queued);
	json_member_uint(w, "waiting", c->waiting);
	json_member_uint(w, "in_flight", c->in_flight);
	json_member_uint(w, "held", c->held);
	json_member_uint(w, "ok", c->ok);
	json_member_uint(w, "failed", c->failed);
	json_member_uint(w, "cancelled", c->cancelled);
	json_member_uint(w, "total", c->total);
	json_close_object(w);
}

/* Adds milliseconds; nothing for an unknown time. */
static void add_ms(struct json_writer *w, const char *name, int64_t us)
{
	if (us >= 0)
		json_member_double(w, name, (double)us / (double)US_PER_MS, 1);
}

static void add_streams(struct json_writer *w, const struct stream_summary *s)
{
	if (!s->any)
		return;
	json_member_object(w, "streams");
	add_ms(w, "first_token_ms_p50", s->first_token_p50_us);
	add_ms(w, "first_token_ms_p99", s->first_token_p99_us);
	add_ms(w, "gap_ms_p50", s->gap_p50_us);
	add_ms(w, "gap_ms_p99", s->gap_p99_us);
	if (s->tokens_per_s >= 0)
		json_member_double(w, "tokens_per_s", s->tokens_per_s, 1);
	json_close_object(w);
}

/* How long answers took. */
static void add_times(struct json_writer *w, const struct session_times *v)
{
	if (v->speed_up >= 0)
		json_member_double(w, "speed_up", v->speed_up, 2);
	add_streams(w, &v->streams);
	json_member_object(w, "latency_ms");
	add_ms(w, "avg", v->avg_us);
	add_ms(w, "p50", v->p50_us);
	add_ms(w, "p90", v->p90_us);
	add_ms(w, "p99", v->p99_us);
	add_ms(w, "max", v->max_us);
	json_close_object(w);
}

static void add_figures(struct json_writer *w, const struct figures *f)
{
	for (int i = 0; i < 2 && (*f->n[0] || *f->n[1]); i++)
		json_member_uint(w, f->name[i], *f->n[i]);
}

/* What the run spent by model, earlier sessions included. */
static void add_models(struct json_writer *w, const struct model_costs *m)
{
	json_member_array(w, "models_of_run");
	for (int i = 0; i < m->n; i++) {
		const struct model_cost *c = &m->at[i];

		if (!c->answers)
			continue;
		json_open_object(w);
		json_member_text(w, "model", c->name);
		json_member_uint(w, "answers", c->answers);
		json_member_uint(w, "tokens_in", (uint64_t)c->tokens.in);
		json_member_uint(w, "tokens_out", (uint64_t)c->tokens.out);
		json_member_uint(w, "tokens_cached", (uint64_t)c->tokens.cached);
		json_member_uint(w, "tokens_cache_write", (uint64_t)c->tokens.cache_write);
		if (c->answers > c->unpriced)
			json_member_double(w, "usd", c->usd, 6);
		if (c->unpriced)
			json_member_uint(w, "unpriced", c->unpriced);
		json_close_object(w);
	}
	json_close_array(w);
}

/* The results of the session, for reports. */
static void add_session(struct engine *e, struct json_writer *w)
{
	double usd = model_costs_usd(&e->costs.models);
	struct stats_view s;

	stats_view(&e->observer.stats, e->now_us, &s);
	json_member_object(w, "session");
	json_member_uint(w, "requests", s.attempts);
	json_member_uint(w, "ok", s.outcomes[OUTCOME_OK]);
	json_member_uint(w, "retries", s.retries);
	json_member_uint(w, "tokens_in", s.tokens_in);
	json_member_uint(w, "tokens_out", s.tokens_out);
	if (s.tokens_cached)
		json_member_uint(w, "tokens_cached", s.tokens_cached);
	if (s.tokens_cache_write)
		json_member_uint(w, "tokens_cache_write", s.tokens_cache_write);
	if (s.estimated_in || s.estimated_out) {
		json_member_uint(w, "estimated_in", s.estimated_in);
		json_member_uint(w, "estimated_out", s.estimated_out);
	}
	if (s.resent)
		json_member_uint(w, "resent", s.resent);
	if (e->doubts.items)
		json_member_uint(w, "doubtful", e->doubts.items);
	for (int i = 0; i < e->sources.n_figures; i++)
		add_figures(w, &e->sources.figures[i]);
	if (usd >= 0)
		json_member_double(w, "usd_of_run", usd, 6);
	else if (e->costs.models.prices->n)
		json_member_null(w, "usd_of_run");
	add_models(w, &e->costs.models);
	add_times(w, &s.session);
	json_close_object(w);
}

/* What bounded the sending, as shares of the time. */
static void add_why(struct engine *e, struct json_writer *w)
{
	double share[BOUND_COUNT];

	why_session_shares(&e->observer.why, e->now_us, share);
	json_member_object(w, "why");
	for (int i = 0; i < BOUND_COUNT; i++)
		if (share[i] >= 0.005)
			json_member_double(w, bound_name((enum bound)i), share[i], 2);
	json_close_object(w);
}

bool engine_write_end(struct engine *e, int64_t now_us, int64_t wall_us, struct error *err)
{
	struct json_writer w = json_writer_to(&e->recorder.scratch);

	e->now_us = now_us;
	e->wall_us = wall_us;
	journal_learned(e, true);
	buf_clear(&e->recorder.scratch);
	json_member_text(&w, "reason", e->life.note);
	json_member_int(&w, "exit_code", engine_exit_code(e));
	if (ledger_was_lost(e->recorder.ledger))
		json_member_bool(&w, "lost", true);
	json_member_int(&w, "elapsed_ms", stats_elapsed(&e->observer.stats, now_us) / US_PER_MS);
	add_part(e, &w);
	json_member_uint(&w, "good", ledger_good(e->recorder.ledger));
	add_counts(&w, &e->items.counts);
	add_session(e, &w);
	add_why(e, &w);
	journal_event(e, JOURNAL_STOP, &e->recorder.scratch);
	if (ledger_flush(e->recorder.ledger, err) != LEDGER_OK)
		return false;
	return recorder_write_errors(&e->recorder, &e->items, err);
}
