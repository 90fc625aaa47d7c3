#include "core/start.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/outcome.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/answer_scrub.h"
#include "core/attempt.h"
#include "core/engine_internal.h"
#include "core/held.h"
#include "core/streaming.h"

/* How long a task waits for room on the fallback of a route where it failed; others pass it. */
#define ROOM_WAIT_US (100 * US_PER_MS)

enum { STARTS = 256 /* of tasks, at most, in one turn: it stays short */ };

void start_refused(struct engine *e, struct task t, uint32_t item, const struct prepared *p,
	enum outcome outcome, const char *why)
{
	struct verdict v = {.outcome = outcome, .wait_us = -1, .tokens_in = -1, .tokens_out = -1};
	const struct task_end end = {
		.task = t, .prepared = p, .verdict = &v, .decision = {.action = RETRY_FINAL}};

	snprintf(v.code, sizeof(v.code), "%s", outcome_name(outcome));
	snprintf(v.message, sizeof(v.message), "line %" PRIu32 ": %s",
		items_at(&e->items, item)->line, why);
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING, "%s", v.message);
	work_ended(e->sources.work, &end);
}

/* Takes the next ready task. While its endpoints refuse all, takes a held one, as a probe. */
static uint32_t next_task(struct engine *e, struct queue *q)
{
	uint32_t i = scheduler_pop(&q->scheduler);

	if (i == ITEM_NONE && queue_any_held(q) && held_queue_is_refused(e, q) &&
		held_release_one(e, q))
		i = scheduler_pop(&q->scheduler);
	return i;
}

/* Must the prepared task wait for the end of a pause in which only retries go on? */
static bool waits_for_resume(const struct engine *e, const struct queue *q)
{
	return e->life.mode == MODE_PAUSED && !items_at(q->tasks, q->prepared.i)->attempts;
}

/* A task that is bound to routes goes when one of these lets it: it stands in their queue. */
static enum prepare hand_over(struct engine *e, struct queue *q)
{
	struct prepared *p = &q->prepared, theirs;
	struct error err = {""};
	struct queue *to;

	if (q != e->sources.entry)
		return PREPARE_DONE;
	to = sources_queue_for(&e->sources, &e->routes, &p->line, &err);
	if (to == q)
		return PREPARE_DONE;
	p->there = false;
	if (!to) {
		start_refused(e, (struct task){q, p->i}, p->item, p, OUTCOME_BAD_INPUT, err.text);
	} else if (to->prepared.there) {
		scheduler_ready(&to->scheduler, p->i, true);
	} else {
		theirs = to->prepared;
		to->prepared = *p;
		to->prepared.there = true;
		*p = theirs;
	}
	return PREPARE_NONE;
}

enum prepare start_prepare(struct engine *e, struct queue *q)
{
	struct prepared *p = &q->prepared;
	enum prepare prepare;

	if (p->there && waits_for_resume(e, q))
		queue_put_back(q);
	if (p->there)
		return PREPARE_DONE;
	p->i = next_task(e, q);
	if (p->i == ITEM_NONE)
		return PREPARE_STOP;
	if (waits_for_resume(e, q)) {
		queue_put_back(q);
		return PREPARE_STOP;
	}
	p->line = (struct request_line){0};
	prepare = work_request(e->sources.work, q);
	if (prepare == PREPARE_DONE) {
		cost_estimate(e, p);
		p->there = true;
		p->known_asked = false;
		prepare = hand_over(e, q);
	}
	return prepare;
}

bool start_known(struct engine *e, struct queue *q)
{
	struct prepared *p = &q->prepared;

	if (p->known_asked)
		return false;
	p->known_asked = true;
	if (!work_known(e->sources.work, q))
		return false;
	p->there = false;
	return true;
}

/* Takes back a request that cannot be started, and stops the run. */
static void not_started(struct engine *e, struct attempt *a, const char *why)
{
	while (a) {
		struct attempt *next = a->next_member;
		const struct task_end end = {
			.task = a->task, .attempt = a, .decision = {.action = RETRY_AGAIN}};

		work_ended(e->sources.work, &end);
		attempt_drop(&e->attempts, a);
		a = next;
	}
	engine_abort(e, why, e->wall_us);
}

/* Sends the prepared request; returns how many more tasks went with it. */
static int start(struct engine *e, struct queue *q, int route_index)
{
	struct route *route = &e->routes.at[route_index];
	struct prepared *p = &q->prepared;
	double tokens = p->tokens;
	struct error err = {""};
	struct attempt *a;
	int others;

	if (!request_build(route->endpoint, &p->line, &e->request, &err)) {
		p->there = false;
		start_refused(e, (struct task){q, p->i}, p->item, p, OUTCOME_BAD_INPUT, err.text);
		return 0;
	}
	a = attempt_begin(e, q, route_index);
	others = work_gather(e->sources.work, a, &e->request, &tokens);
	lane_sent(route->lane, e->now_us, tokens, &a->ticket);
	route_started(route);
	stats_started(&e->observer.stats, attempt_task(a)->attempts > 1);
	scrub_note_request(a, &e->request);
	streaming_prepare(e, a, &e->request);
	/* gathering may have read a line that stops the run */
	if (e->life.mode != MODE_STOPPING)
		a->transfer = e->ops.start(e->ctx, route_index, &e->request, a, &err);
	for (struct attempt *m = a->next_member; m; m = m->next_member)
		m->transfer = a->transfer;
	if (!a->transfer)
		not_started(e, a, err.text);
	return others;
}

/* Why nothing starts although the lanes have room. */
static enum bound bound_without_work(const struct engine *e)
{
	if (e->life.mode == MODE_PAUSED)
		return BOUND_PAUSE;
	if (!e->intake.input_ended)
		return BOUND_INPUT;
	if (engine_only_held_by_hand(e))
		return BOUND_PAUSE;
	return e->items.counts.waiting ? BOUND_BACKOFF : BOUND_DONE;
}

/* The only route of the task has no room: lets it wait, so that others are sent. */
static void wait_for_room(struct engine *e, struct queue *q, int64_t until_us)
{
	q->prepared.there = false;
	queue_wait(q, q->prepared.i,
		until_us < e->now_us + ROOM_WAIT_US ? until_us : e->now_us + ROOM_WAIT_US);
}

static struct route_choice pick(struct engine *e, struct queue *q)
{
	const struct prepared *p = &q->prepared;

	if (q->route != ROUTE_NONE)
		return routes_ask(&e->routes, q->route, e->now_us, p->tokens);
	return routes_pick(&e->routes, q->routes, e->now_us, p->tokens,
		(int)items_at(q->tasks, p->i)->avoid - 1);
}

enum progress { PROGRESS_MADE, PROGRESS_NONE, PROGRESS_END };

/* What bounds the sending: of the queues that may not send, the one with the most ready tasks. */
struct binding {
	enum bound bound;
	int64_t wake_us;
	uint64_t most_ready;
};

static enum progress start_from(
	struct engine *e, struct queue *q, struct binding *binding, int *started)
{
	enum prepare prepare = start_prepare(e, q);
	struct route_choice choice;
	const struct item *task;

	if (prepare != PREPARE_DONE)
		return prepare == PREPARE_NONE ? PROGRESS_MADE : PROGRESS_NONE;
	task = items_at(q->tasks, q->prepared.i);
	if (task->state != ITEM_QUEUED || task->ending) {
		q->prepared.there = false;
		return PROGRESS_MADE;
	}
	if (start_known(e, q))
		return PROGRESS_MADE;
	if (cost_over_budget(e, &q->prepared, &binding->bound))
		return PROGRESS_END;
	choice = pick(e, q);
	if (choice.route != ROUTE_NONE) {
		*started += start(e, q, choice.route);
		return PROGRESS_MADE;
	}
	if (task->avoid) {
		wait_for_room(e, q, choice.at_us);
		return PROGRESS_MADE;
	}
	if (choice.at_us < binding->wake_us)
		binding->wake_us = choice.at_us;
	if (q->tasks->counts.queued > binding->most_ready) {
		binding->most_ready = q->tasks->counts.queued;
		binding->bound = choice.bound;
	}
	return PROGRESS_NONE;
}

/* Later queues go first, so that items are finished before others are begun. */
static enum progress start_one(struct engine *e, struct binding *binding, int *started)
{
	for (int i = e->sources.n_queues - 1; i >= 0; i--) {
		enum progress progress = start_from(e, e->sources.queue[i], binding, started);

		if (progress != PROGRESS_NONE)
			return progress;
	}
	return work_next(e->sources.work) ? PROGRESS_MADE : PROGRESS_NONE;
}

enum bound start_ready(struct engine *e, int64_t *wake_us)
{
	for (int n = 0; n < STARTS; n++) {
		struct binding binding = {.bound = BOUND_NONE, .wake_us = *wake_us};

		if (e->recorder.disk_full ||
			(e->life.mode == MODE_PAUSED && !e->life.retries_go_on))
			return BOUND_PAUSE;
		if (e->life.mode == MODE_DRAINING || e->life.mode == MODE_STOPPING)
			return BOUND_DONE;
		if (!e->routes.at[0].endpoint)
			return BOUND_INPUT;
		if (start_one(e, &binding, &n) == PROGRESS_MADE)
			continue;
		*wake_us = binding.wake_us;
		return binding.bound != BOUND_NONE ? binding.bound : bound_without_work(e);
	}
	*wake_us = e->now_us;
	return BOUND_NONE;
}
