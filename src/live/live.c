#include "live/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "live/live_impl.h"

enum { UNAVAILABLE = 503, LIMITED = 429, BAD_REQUEST = 400, NOT_FOUND = 404 };

/* The clock of the runs is read at least so often while there are calls. */
static const double tick_s = 0.1;

/* ---- the loop ---- */

/* Calls whose clients can take more again. */
static void go_on(struct live *l)
{
	struct live_call *c;

	while ((c = TAILQ_FIRST(&l->going_on))) {
		TAILQ_REMOVE(&l->going_on, c, goes_on);
		c->resumes = false;
		if (!c->transfer || !c->paused)
			continue;
		c->paused = false;
		transport_pause(c->side->route[c->route].transport, c->transfer, false);
	}
}

/* After the answers of this turn, before the runs start anything. */
static void on_turn(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct live *l = w->data;
	int64_t now_us = live_now_us(l);

	(void)loop, (void)events;
	go_on(l);
	for (int i = 0; i < LIVE_APIS; i++)
		if (l->side[i].calls)
			live_side_turn(&l->side[i], now_us);
}

/* The turn does the work; the timer only ends the loop's sleep. */
static void on_wake(struct ev_loop *loop, ev_timer *w, int events)
{
	const struct live *l = ((struct live_side *)w->data)->live;

	(void)loop, (void)events;
	if (l->drains && LIST_EMPTY(&l->calls) && l->config.idle)
		l->config.idle(l->config.ctx);
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	struct live *l = w->data;
	int64_t now_us = live_now_us(l);

	(void)loop, (void)events;
	process_tick(l->config.process, now_us);
	for (int i = 0; i < LIVE_APIS; i++)
		live_side_tick(&l->side[i], now_us);
}

/* ---- the sides: they are among the runs of the process while they have calls ---- */

static bool any_calls(const struct live *l)
{
	return !LIST_EMPTY(&l->calls);
}

static void side_begins(struct live_side *side)
{
	struct live *l = side->live;

	if (side->calls++)
		return;
	process_add(l->config.process, &side->in_process);
	if (ev_is_active(&l->turn))
		return;
	ev_prepare_start(l->loop, &l->turn);
	ev_timer_again(l->loop, &l->tick);
}

static void side_ends(struct live_side *side)
{
	struct live *l = side->live;

	if (--side->calls)
		return;
	ev_timer_stop(l->loop, &side->wake);
	/* runs that gave way may go on */
	routes_asked(&side->routes);
	process_turned(l->config.process, &side->in_process);
	run_clock_unwatch(l->clock);
	process_remove(l->config.process, &side->in_process);
	if (any_calls(l))
		return;
	ev_prepare_stop(l->loop, &l->turn);
	ev_timer_stop(l->loop, &l->tick);
}

/* ---- the end of a call ---- */

static void free_call(struct live_call *c)
{
	struct live_side *side = c->side;
	struct live *l = side->live;

	if (c->state == LIVE_IN_FLIGHT)
		l->figures.in_flight--;
	else
		l->figures.waiting--;
	if (c->resumes)
		TAILQ_REMOVE(&l->going_on, c, goes_on);
	ev_timer_stop(l->loop, &c->due);
	live_queue_leave(c);
	LIST_REMOVE(c, in_all);
	assembly_free(c->stream.assembly);
	buf_free(&c->body);
	buf_free(&c->headers);
	buf_free(&c->stream.held);
	free(c->url);
	free(c);
	side_ends(side);
	if (l->drains && !any_calls(l) && l->config.idle)
		l->config.idle(l->config.ctx);
}

int64_t live_pieces(const struct live_call *c)
{
	const struct assembly *a = c->stream.assembly;

	return a && assembly_is_active(a) ? (int64_t)assembly_tokens(a) : 0;
}

void live_end_call(struct live_call *c, bool whole, const struct verdict *v)
{
	const struct live *l = c->side->live;
	struct live_end end = {
		.whole = whole,
		.headed = c->headed,
		.told = c->stream.assembly && assembly_is_active(c->stream.assembly) &&
			assembly_has_failed(c->stream.assembly),
		.problem = c->problem,
		.outcome = c->outcome,
		.attempts = c->attempts,
		.endpoint = c->attempts ? c->side->routes.at[c->route].name : "",
		.model = c->queue ? c->queue->to.model : "",
		.tokens_in = v ? v->tokens_in : -1,
		.tokens_out = v ? v->tokens_out : -1,
		.pieces = live_pieces(c),
		.first_byte_us = c->first_us ? c->first_us - c->start_us : -1,
		.latency_us = live_now_us(l) - c->start_us,
	};
	const struct live_handlers *handlers = c->handlers;

	c->handlers = NULL;
	if (handlers)
		handlers->end(c->ctx, &end);
	free_call(c);
}

void live_refuse_call(struct live_call *c)
{
	if (c->state == LIVE_WAITS)
		live_queue_take(c);
	live_end_call(c, false, NULL);
}

/* ---- calls ---- */

static void on_due(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop, (void)events;
	live_queue_again(w->data);
}

void live_back_off(struct live_call *c, int64_t due_us)
{
	struct live *l = c->side->live;
	int64_t now_us = live_now_us(l);

	l->figures.in_flight--;
	l->figures.waiting++;
	if (due_us <= now_us) {
		live_queue_again(c);
		return;
	}
	c->state = LIVE_BACKS_OFF;
	ev_timer_set(&c->due, s_from_us(due_us - now_us), 0.);
	ev_timer_start(l->loop, &c->due);
}

static void take_request(struct live_call *c, const struct live_request *r)
{
	size_t len = strlen(r->path);

	c->body = *r->body_take;
	buf_init(r->body_take, r->body_take->max);
	buf_init(&c->headers, SIZE_MAX / 2);
	if (r->headers && *r->headers)
		buf_adds(&c->headers, r->headers);
	buf_init(&c->stream.held, SIZE_MAX / 2);
	c->url = xmalloc(len + 3);
	snprintf(c->url, len + 3, "\"%s\"", r->path);
	snprintf(c->owner, sizeof(c->owner), "%s", r->owner ? r->owner : "");
}

/* The body, with its path, as the line of a batch that it could be. */
static bool read_line(struct live_call *c, struct live_problem *problem)
{
	struct live *l = c->side->live;
	struct error err = {""};

	if (!request_parse(buf_str(&c->body), c->body.len, FORMAT_WHOLE, &c->line, &err)) {
		*problem = (struct live_problem){.status = BAD_REQUEST, .code = "invalid_json"};
		snprintf(problem->message, sizeof(problem->message), "%s", err.text);
		return false;
	}
	c->line.format = FORMAT_OPENAI;
	c->line.url = (struct json_span){c->url, strlen(c->url)};
	if (!live_queue_add(c, problem))
		return false;
	c->tokens = estimate_tokens(&l->estimate, c->queue->to.model, c->line.prompt_bytes,
		c->line.max_tokens, &c->tokens_in);
	return true;
}

bool live_has_room(struct live *l, enum live_api api, struct live_problem *problem)
{
	*problem = (struct live_problem){.status = 0};
	if (l->drains) {
		*problem = (struct live_problem){
			UNAVAILABLE, "service_stopping", 1, "The service is stopping."};
	} else if (!l->side[api].run) {
		*problem = (struct live_problem){NOT_FOUND, "unknown_url", 0,
			"No endpoint of the service supports this API."};
	} else if (l->figures.waiting >= l->config.most_waiting) {
		*problem = (struct live_problem){LIMITED, "rate_limit_exceeded", 1, ""};
		snprintf(problem->message, sizeof(problem->message),
			"%d requests are waiting for their turn, which is the limit.",
			l->figures.waiting);
		l->figures.refused++;
	}
	return !problem->status;
}

struct live_call *live_start(struct live *l, const struct live_request *r,
	const struct live_handlers *handlers, void *ctx, struct live_problem *problem)
{
	struct live_side *side = &l->side[r->api];
	struct live_call *c;

	if (!live_has_room(l, r->api, problem))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->side = side;
	c->route = ROUTE_NONE;
	ev_timer_init(&c->due, on_due, 0., 0.);
	c->due.data = c;
	LIST_INSERT_HEAD(&l->calls, c, in_all);
	l->figures.waiting++;
	side_begins(side);
	c->start_us = live_now_us(l);
	take_request(c, r);
	if (!read_line(c, problem)) {
		free_call(c);
		return NULL;
	}
	c->handlers = handlers;
	c->ctx = ctx;
	l->figures.started++;
	/* the turn before the loop sleeps sends it */
	return c;
}

void live_cancel(struct live_call *c)
{
	c->handlers = NULL;
	if (c->stream.in_sink)
		return; /* the sink ends it */
	if (c->transfer)
		transport_cancel(c->side->route[c->route].transport, c->transfer);
	else if (c->state != LIVE_IN_FLIGHT)
		live_refuse_call(c);
}

void live_pause(struct live_call *c, bool paused)
{
	struct live *l = c->side->live;

	if (!c->transfer)
		return;
	if (paused && c->resumes) {
		TAILQ_REMOVE(&l->going_on, c, goes_on);
		c->resumes = false;
	} else if (paused && !c->paused) {
		c->paused = transport_pause(c->side->route[c->route].transport, c->transfer, true);
	} else if (!paused && c->paused && !c->resumes) {
		/* what libcurl has kept would come within this call */
		TAILQ_INSERT_TAIL(&l->going_on, c, goes_on);
		c->resumes = true;
		ev_feed_event(l->loop, &c->side->wake, EV_CUSTOM);
	}
}

/* ---- all ---- */

static void side_init(struct live *l, int i)
{
	struct live_side *side = &l->side[i];

	side->live = l;
	side->run = l->config.run[i];
	side->in_process = (struct process_run){.run = side, .wake = &side->wake};
	LIST_INIT(&side->queues);
	ev_timer_init(&side->wake, on_wake, 0., 0.);
	side->wake.data = side;
}

struct live *live_new(const struct live_config *config, struct error *err)
{
	struct live *l = xcalloc(1, sizeof(*l));
	bool ok = true;

	l->config = *config;
	l->loop = process_loop(config->process);
	l->clock = process_clock(config->process);
	LIST_INIT(&l->calls);
	TAILQ_INIT(&l->going_on);
	rng_seed(&l->rng, (uint64_t)clock_mono_us());
	request_init(&l->request, SIZE_MAX / 2);
	ev_prepare_init(&l->turn, on_turn);
	ev_set_priority(&l->turn, EV_MAXPRI);
	ev_timer_init(&l->tick, on_tick, 0., tick_s);
	l->turn.data = l->tick.data = l;
	for (int i = 0; i < LIVE_APIS; i++)
		side_init(l, i);
	for (int i = 0; ok && i < LIVE_APIS; i++)
		ok = !l->side[i].run || live_side_open(&l->side[i], live_answered, err);
	if (ok)
		return l;
	live_free(l);
	return NULL;
}

void live_free(struct live *l)
{
	if (!l)
		return;
	l->config.idle = NULL;
	live_keys_free(l);
	for (int i = 0; i < LIVE_APIS; i++)
		live_side_close(&l->side[i]);
	while (!LIST_EMPTY(&l->calls))
		free_call(LIST_FIRST(&l->calls));
	request_free(&l->request);
	secrets_free(&l->secrets);
	free(l);
}

/* Tells who waits, and is not in flight. */
static void end_waiting(struct live *l)
{
	struct live_call *c, *next;

	for (c = LIST_FIRST(&l->calls); c; c = next) {
		next = LIST_NEXT(c, in_all);
		if (c->state == LIVE_IN_FLIGHT)
			continue;
		c->problem = (struct live_problem){
			UNAVAILABLE, "service_stopping", 1, "The service is stopping."};
		live_refuse_call(c);
	}
}

/* Their clients are told as soon as their transports have ended them. */
static void end_sending(struct live *l)
{
	struct live_call *c;

	LIST_FOREACH (c, &l->calls, in_all)
		if (c->transfer)
			transport_cancel(c->side->route[c->route].transport, c->transfer);
}

void live_drain(struct live *l)
{
	l->drains++;
	if (l->drains == 1)
		end_waiting(l);
	else
		end_sending(l);
	if (!any_calls(l) && l->config.idle)
		ev_feed_event(l->loop, &l->side[0].wake, EV_CUSTOM);
}

void live_figures(const struct live *l, struct live_figures *out)
{
	*out = l->figures;
}
