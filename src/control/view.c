/* The engine as dashboards see it: the port. Everything is copied out and sanitised. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/url.h"
#include "control/command.h"
#include "control/detail.h"
#include "work/reuse.h"
#include "control/view.h"
#include "work/stages.h"

static enum run_state state_of(const struct engine *e, int64_t hold_until_us)
{
	if (engine_complete(e))
		return RUN_DONE;
	if (engine_over(e))
		return RUN_STOPPED;
	if (e->mode == MODE_STOPPING)
		return RUN_CANCELLING;
	if (e->disk_full)
		return RUN_DISK_FULL;
	if (e->mode == MODE_DRAINING)
		return RUN_DRAINING;
	if (e->mode == MODE_PAUSED)
		return RUN_PAUSED;
	return hold_until_us > e->now_us ? RUN_HELD : RUN_RUNNING;
}

/* 0: a pipe does not tell how much is to come. */
static uint64_t estimate_total(const struct engine *e)
{
	uint64_t total = e->items.counts.total;

	if (e->input_ended)
		return total;
	if (e->bytes_total <= 0 || !e->bytes_read)
		return 0;
	return (uint64_t)((double)total * (double)e->bytes_total / (double)e->bytes_read);
}

void engine_view_url(const char *url, char *out, size_t size)
{
	struct url_parts p = url_split(url);
	char raw[512];

	snprintf(raw, sizeof(raw), "%.*s%s", (int)(p.authority - url), url, p.host);
	text_sanitise(out, size, raw, strlen(raw));
}

static double or_none(double n)
{
	return n > 0 ? n : -1;
}

/* By the end of `remaining` more items; what answers used again saved is not counted on for more
 * than what they did lately. */
static void view_cost(const struct engine *e, uint64_t remaining, bool known, struct cost_view *out)
{
	const struct item_counts *c = &e->items.counts;
	const struct budget *b = &e->budget;
	bool priced = b->price_in > 0 || b->price_out > 0;
	double paid = (double)(c->ok + c->failed + c->cancelled - e->stats.reused);
	double more = stats_sent_share(&e->stats) * (double)remaining;
	double times = known && paid > 0 ? 1 + more / paid : -1;

	out->tokens = b->spent.in + b->spent.out;
	out->usd = priced ? budget_cost(b, b->spent) : -1;
	out->projected_tokens = times > 0 ? out->tokens * times : -1;
	out->projected_usd = times > 0 && priced ? out->usd * times : -1;
	out->budget_tokens = or_none(b->tokens);
	out->budget_usd = or_none(b->usd);
}

/* What the operator should know of the state. */
static const char *state_note(const struct engine *e)
{
	if (e->disk_full)
		return "no space left for the results: free some and it goes on";
	if (e->retries_go_on && e->items.counts.waiting)
		return "retries go on; `pause all` keeps them, too";
	if (!e->note[0] && engine_only_by_hand(e))
		return "only items held by hand are left: release or cancel them";
	return e->note;
}

/* Does the run go on by itself until all is done, as far as is known? */
static bool goes_to_the_end(const struct snapshot *s)
{
	return (s->state == RUN_RUNNING || s->state == RUN_HELD || s->state == RUN_DONE) &&
	       (s->total_known || s->total_estimate);
}

/* Of several ways one that is open is enough: the run is held when all of them are. */
static int64_t held_until(const struct snapshot *s)
{
	int64_t until_us = s->hold_until_us;

	for (int i = 0; i < s->n_endpoints; i++) {
		const struct endpoint_view *v = &s->endpoints[i];

		if (!i || v->hold_until_us < until_us)
			until_us = v->hold_until_us;
	}
	return until_us;
}

static void view_endpoints(const struct engine *e, struct snapshot *out)
{
	static struct snapshot s;
	int64_t elapsed_us = stats_elapsed(&e->stats, e->now_us);

	if (e->routes.n < 2 && !e->stages)
		return;
	out->n_endpoints = e->routes.n;
	for (int i = 0; i < e->routes.n; i++) {
		const struct route *r = &e->routes.at[i];
		struct endpoint_view *v = &out->endpoints[i];

		memcpy(v->name, r->name, sizeof(v->name));
		v->chosen = i == e->routes.chosen;
		v->paused = r->paused;
		v->parked = lane_parked(r->lane);
		v->weight = r->weight;
		v->in_flight = r->in_flight;
		v->answered = r->answered;
		v->ok = r->ok;
		route_rates(r, e->now_us, elapsed_us, &v->answers_now, &v->rate_limited_per_min);
		lane_view(r->lane, e->now_us, &s);
		v->concurrency = s.concurrency;
		v->concurrency_auto = s.concurrency_auto;
		v->hold_until_us = s.hold_until_us;
		if (e->stages)
			stages_view(e->stages, i, &v->stage);
	}
	out->pipeline = e->stages;
	out->open_rows = e->stages ? e->stages->n_open : 0;
}

void engine_view_snapshot(struct engine *e, struct snapshot *out)
{
	const struct route *chosen = &e->routes.at[e->routes.chosen];
	const struct item_counts *c = &e->items.counts;
	uint64_t final, remaining;

	engine_now(e);
	memset(out, 0, sizeof(*out));
	snprintf(out->run_name, sizeof(out->run_name), "%s", e->run_name);
	if (chosen->endpoint && chosen->endpoint->base_url)
		engine_view_url(chosen->endpoint->base_url, out->endpoint, sizeof(out->endpoint));
	out->now_us = e->now_us;
	out->wall_us = e->wall_us;
	out->read_only = e->config.read_only;
	out->retries_go_on = e->retries_go_on;
	out->items = *c;
	out->total_known = e->input_ended;
	out->total_estimate = estimate_total(e);
	out->resumed = e->resumed.ok + e->resumed.failed + e->resumed.cancelled;
	stats_advance(&e->stats, e->now_us, engine_requests(e), routes_concurrency(&e->routes));
	final = c->ok + c->failed + c->cancelled;
	remaining = out->total_estimate > final ? out->total_estimate - final : 0;
	stats_view(&e->stats, e->now_us, remaining, out);
	lane_view(chosen->lane, e->now_us, out);
	if (out->hold_until_us)
		memcpy(out->hold_words, chosen->refusal, sizeof(out->hold_words));
	view_endpoints(e, out);
	view_cost(e, remaining, out->total_estimate > 0, &out->cost);
	why_shares(&e->why, e->now_us, out->bound_share);
	why_session_shares(&e->why, e->now_us, out->session.bound_share);
	out->state = state_of(e, held_until(out));
	if (!goes_to_the_end(out))
		out->eta_low_us = out->eta_high_us = -1;
	reuse_view(e, out);
	out->doubtful = e->doubtful;
	snprintf(out->state_note, sizeof(out->state_note), "%s", state_note(e));
	out->last_event = e->events.last;
}

static void view_snapshot(void *ctx, struct snapshot *out)
{
	engine_view_snapshot(ctx, out);
}

static size_t view_rows(void *ctx, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	return engine_rows(ctx, q, offset, out, n, info);
}

static bool view_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	return engine_locate(ctx, q, line, offset);
}

static bool view_row(void *ctx, uint64_t line, struct item_row *out)
{
	struct engine *e = ctx;
	uint32_t i = engine_item_of_line(e, line);

	engine_now(e);
	if (i == ITEM_NONE)
		return false;
	engine_row(e, i, out);
	return true;
}

static bool view_detail(void *ctx, uint64_t line, struct item_detail *out)
{
	struct engine *e = ctx;
	uint32_t i = engine_item_of_line(e, line);

	engine_now(e);
	memset(out, 0, sizeof(*out));
	if (i == ITEM_NONE)
		return false;
	detail_fill(e, i, out);
	return true;
}

static size_t view_errors(void *ctx, struct error_group *out, size_t n, size_t *total)
{
	struct engine *e = ctx;

	engine_now(e);
	return error_groups_list(&e->groups, e->wall_us, out, n, total);
}

static size_t view_events(void *ctx, uint64_t since, struct event *out, size_t n)
{
	const struct engine *e = ctx;

	return events_since(&e->events, since, out, n);
}

static void view_command(void *ctx, const char *text, struct command_reply *out)
{
	struct engine *e = ctx;

	memset(out, 0, sizeof(*out));
	if (e->config.read_only && !(engine_complete(e) && !strcmp(text, "quit")))
		snprintf(out->text, sizeof(out->text), "read-only: commands are off");
	else
		command_run(e, text, out);
}

void engine_interrupt(struct engine *e)
{
	struct command_reply reply = {0};

	command_run(e, "interrupt", &reply);
}

void engine_drain(struct engine *e)
{
	struct command_reply reply = {0};

	command_run(e, "drain", &reply);
}

static const struct command_info *view_commands(void *ctx, size_t *n)
{
	(void)ctx;
	return command_table(n);
}

struct port engine_port(struct engine *e, const struct engine_clock *clock)
{
	static const struct port_ops ops = {view_snapshot, view_rows, view_locate, view_row,
		view_detail, view_errors, view_events, view_command, view_commands};

	e->clock = *clock;
	return (struct port){&ops, e};
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
	memset(d, 0, sizeof(*d));
}
