/* The run as dashboards see it. Everything is copied out and sanitised. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/url.h"
#include "control/control_impl.h"
#include "control/cost_view.h"
#include "control/view.h"
#include "core/attempt.h"
#include "core/outlook.h"
#include "core/streaming.h"
#include "ledger/paths.h"
#include "work/cache.h"
#include "work/pack.h"

static enum run_state state_of(const struct engine *e, int64_t hold_until_us)
{
	if (engine_complete(e))
		return RUN_DONE;
	if (engine_over(e))
		return RUN_STOPPED;
	if (e->life.mode == MODE_STOPPING)
		return RUN_CANCELLING;
	if (e->recorder.disk_full)
		return RUN_DISK_FULL;
	if (e->life.mode == MODE_DRAINING)
		return RUN_DRAINING;
	if (e->life.mode == MODE_PAUSED)
		return RUN_PAUSED;
	return hold_until_us > e->now_us ? RUN_HELD : RUN_RUNNING;
}

/* 0: the length of a pipe is unknown. */
static uint64_t estimate_total(const struct engine *e)
{
	uint64_t total = e->items.counts.total;

	if (e->intake.input_ended)
		return total;
	if (e->intake.bytes_total <= 0 || !e->intake.bytes_read)
		return 0;
	return (uint64_t)((double)total * (double)e->intake.bytes_total /
			  (double)e->intake.bytes_read);
}

void control_url(const char *url, char *out, size_t size)
{
	struct url_parts p = url_split(url);
	char raw[512];

	snprintf(raw, sizeof(raw), "%.*s%s", (int)(p.authority - url), url, p.host);
	text_sanitise(out, size, raw, strlen(raw));
}

/* What ends by itself before a paused or draining run stands still; "" when nothing does. */
static void finishing(const struct engine *e, char *out, size_t size)
{
	bool retries =
		e->life.mode == MODE_PAUSED && e->life.retries_go_on && e->items.counts.waiting;
	int n = attempts_requests(&e->attempts);

	out[0] = '\0';
	if (e->life.mode == MODE_RUNNING)
		return;
	if (n)
		snprintf(out, size, "%d in flight finish%s%s", n, n == 1 ? "es" : "",
			retries ? ", " : "");
	if (retries)
		snprintf(out + strlen(out), size - strlen(out),
			"retries continue; `pause all` also stops them");
}

/* A note on the state for the operator. */
static void state_note(const struct engine *e, enum standstill standstill, char *out, size_t size)
{
	const char *queue = e->sources.tasks_are_items ? "endpoint" : "stage";
	int what = (int)strcspn(e->life.note, ":"); /* then what was spent, then advice */
	char ends[80];

	finishing(e, ends, sizeof(ends));
	if (e->recorder.disk_full)
		snprintf(out, size,
			"no space left for the results: free some space and the run continues");
	else if (standstill == STANDSTILL_BY_HAND)
		snprintf(out, size,
			"held by you: %" PRIu64 " item%s; `release where state:held` continues",
			e->holds.by_hand, e->holds.by_hand == 1 ? "" : "s");
	else if (standstill == STANDSTILL_PAUSED)
		snprintf(out, size,
			"every %s with work is paused; continue with `endpoint NAME "
			"resume`",
			queue);
	else if (e->life.question)
		snprintf(out, size, "%.*s; `set budget` raises it, `drain` stops%.*s", what,
			e->life.note, (int)strcspn(e->life.note + what, ";"), e->life.note + what);
	else if (e->key_wait.note[0] && e->life.mode == MODE_RUNNING)
		snprintf(out, size, "%s", e->key_wait.note);
	else
		snprintf(out, size, "%.*s%s%s", (int)(ends[0] ? 115 : 199), e->life.note,
			e->life.note[0] && ends[0] ? ": " : "", ends);
}

/* Will the run continue by itself until all is done, as far as is known? */
static bool goes_to_the_end(const struct snapshot *s)
{
	return (s->state == RUN_RUNNING || s->state == RUN_HELD || s->state == RUN_DONE) &&
	       (s->total_known || s->total_estimate);
}

static void view_stats(const struct engine *e, struct snapshot *out)
{
	struct stats_view v;

	stats_view(&e->observer.stats, e->now_us, &v);
	out->elapsed_us = v.elapsed_us;
	out->answers_now = v.answers_now;
	out->answers_avg = v.answers_avg;
	out->tokens_now = v.tokens_now;
	out->rate_limited_per_min = v.rate_limited_per_min;
	out->session = (struct session_view){.avg_us = v.session.avg_us,
		.p50_us = v.session.p50_us,
		.p90_us = v.session.p90_us,
		.p99_us = v.session.p99_us,
		.max_us = v.session.max_us,
		.streams = v.session.streams,
		.speed_up = v.session.speed_up};
	out->latency = v.latency;
	out->streams = v.streams;
	memcpy(out->latency_bins, v.latency_bins, sizeof(out->latency_bins));
	out->attempts = v.attempts;
	out->retries = v.retries;
	out->resent = v.resent;
	memcpy(out->outcomes, v.outcomes, sizeof(out->outcomes));
	memcpy(out->final_failures, v.final_failures, sizeof(out->final_failures));
	out->tokens_in = v.tokens_in;
	out->estimated_in = v.estimated_in;
	out->estimated_out = v.estimated_out;
	out->tokens_out = v.tokens_out;
	out->bytes_in = v.bytes_in;
	out->bytes_out = v.bytes_out;
	out->history_len = stats_history(&e->observer.stats, out->history);
}

/* The state, and what lies ahead. A budget may end the run before the input does. */
static void view_outlook(const struct engine *e, uint64_t remaining, struct snapshot *out)
{
	const struct cost_view *c = &out->cost;
	uint64_t final = out->items.ok + out->items.failed + out->items.cancelled;
	struct outlook ahead;

	if (c->ends_at_item && c->ends_at_item - final < remaining)
		remaining = c->ends_at_item - final;
	outlook(e, remaining, &ahead);
	out->state = state_of(e, control_held_until(out));
	out->eta_low_us = ahead.eta_low_us;
	out->eta_high_us = ahead.eta_high_us;
	out->left_out = ahead.left_out;
	if (out->state == RUN_HELD)
		out->held_until_us = control_held_until(out);
	if (out->state == RUN_RUNNING || out->state == RUN_HELD)
		out->standstill = ahead.standstill;
	if (out->standstill == STANDSTILL_BY_HAND)
		out->state = RUN_HELD;
	else if (out->standstill == STANDSTILL_PAUSED)
		out->state = RUN_PAUSED;
	if (!goes_to_the_end(out))
		out->eta_low_us = out->eta_high_us = -1;
}

static void copy_path(const char *path, char *out, size_t size)
{
	text_sanitise(out, size, path, strlen(path));
}

static void view_files(const struct control *c, struct snapshot *out)
{
	struct ledger_paths paths;

	if (!c->config.results)
		return;
	ledger_paths_init(&paths, c->config.results);
	copy_path(paths.results, out->results, sizeof(out->results));
	copy_path(paths.errors, out->errors, sizeof(out->errors));
	copy_path(paths.journal, out->journal, sizeof(out->journal));
	ledger_paths_free(&paths);
}

void control_snapshot(struct control *c, struct snapshot *out)
{
	struct engine *e = c->engine;
	const struct route *chosen = &e->routes.at[e->routes.chosen];
	const struct item_counts *counts = &e->items.counts;
	uint64_t final, remaining;

	memset(out, 0, sizeof(*out));
	snprintf(out->run_name, sizeof(out->run_name), "%s", e->run_name);
	if (chosen->endpoint && chosen->endpoint->base_url)
		control_url(chosen->endpoint->base_url, out->endpoint, sizeof(out->endpoint));
	out->now_us = e->now_us;
	out->wall_us = e->wall_us;
	out->read_only = c->config.read_only;
	out->retries_go_on = e->life.retries_go_on;
	out->question = e->life.question;
	out->answer_by_us = e->life.question ? e->life.answer_by_us : 0;
	out->paused_itself = e->life.mode == MODE_PAUSED && e->life.note[0];
	out->items = *counts;
	out->tagged = c->tags.n;
	out->total_known = e->intake.input_ended;
	out->part = e->intake.part;
	out->total_estimate = estimate_total(e);
	out->resumed =
		e->intake.resumed.ok + e->intake.resumed.failed + e->intake.resumed.cancelled;
	out->requests = (uint32_t)attempts_requests(&e->attempts);
	stats_advance(&e->observer.stats, e->now_us, attempts_requests(&e->attempts),
		routes_concurrency(&e->routes));
	streaming_count(e);
	final = counts->ok + counts->failed + counts->cancelled;
	remaining = out->total_estimate > final ? out->total_estimate - final : 0;
	view_stats(e, out);
	view_files(c, out);
	control_view_lanes(e, out);
	cost_view_fill(e, remaining, out->total_estimate > 0, &out->cost);
	why_shares(&e->observer.why, e->now_us, out->bound_share);
	out->bound_now = why_now(&e->observer.why, e->now_us);
	why_session_shares(&e->observer.why, e->now_us, out->session.bound_share);
	view_outlook(e, remaining, out);
	cache_counts(e->sources.work, &out->cached, &out->shared);
	pack_counts(e->sources.work, &out->packed_items, &out->packed_requests);
	out->doubtful = e->doubts.items;
	state_note(e, out->standstill, out->state_note, sizeof(out->state_note));
	out->last_event = e->observer.events.last;
}

void port_detail_free(struct item_detail *d)
{
	free(d->request_head);
	free(d->request_body);
	free(d->response_head);
	free(d->response_body);
	free(d->metadata);
	free(d->stages);
	free(d->error);
	for (size_t i = 0; i < d->n_said; i++)
		free(d->said[i].text);
	free(d->said);
	memset(d, 0, sizeof(*d));
}
