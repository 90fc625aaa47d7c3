#include "core/start.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/outcome.h"
#include "base/clock.h"
#include "core/allowance.h"
#include "core/answer_scrub.h"
#include "core/attempt.h"
#include "core/engine_internal.h"
#include "core/held.h"
#include "core/pace_events.h"
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

	if (i == ITEM_NONE && queue_any_held(q) && held_may_probe(e, q) && held_release_one(e, q))
		i = scheduler_pop(&q->scheduler);
	return i;
}

/* Must the prepared task wait for the end of a pause in which only retries go on? */
static bool waits_for_resume(const struct engine *e, const struct queue *q)
{
	return e->life.mode == MODE_PAUSED && !items_at(q->tasks, q->prepared.i)->attempts;
}

/* Hands the prepared task to the queue for its routes and its model, unless this is it. */
static enum prepare hand_over(struct engine *e, struct queue *q)
{
	struct prepared *p = &q->prepared, theirs;
	struct error err = {""};
	struct queue *to;

	to = sources_queue_for(&e->sources, &e->routes, q->home, &p->line, &err);
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

		attempt_give_up(e, a);
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
	share_sent(route->share, a->lane->index, e->now_us, tokens, &a->ticket);
	traffic_started(&a->lane->traffic);
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
	if (e->items.counts.waiting)
		return BOUND_BACKOFF;
	if (!e->items.counts.queued && e->items.counts.held)
		return e->items.counts.held == e->holds.by_hand ? BOUND_PAUSE : BOUND_HOLD;
	return BOUND_DONE;
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

	if (!q->has_lanes) {
		routes_find_lanes(&e->routes, &q->to, e->now_us, journal_warm_start, e);
		q->has_lanes = true;
	}
	return routes_pick(
		&e->routes, &q->to, e->now_us, p->tokens, (int)items_at(q->tasks, p->i)->avoid - 1);
}

enum progress { PROGRESS_MADE, PROGRESS_NONE, PROGRESS_END };

/* What bounds the sending: of the queues that may not send, the one with the most ready tasks. */
struct binding {
	enum bound bound;
	int64_t wake_us;
	uint64_t most_ready;
};

/* The next task was refused: in this turn it would be again. */
static void note_refusal(struct engine *e, struct queue *q, struct binding *binding,
	const struct route_choice *choice)
{
	q->refused = e->turn;
	if (choice->at_us < binding->wake_us)
		binding->wake_us = choice->at_us;
	if (q->tasks->counts.queued > binding->most_ready) {
		binding->most_ready = q->tasks->counts.queued;
		binding->bound = choice->bound;
	}
}

/* By the run's owner. Answers that came since the request was prepared may have shown that it costs
 * less. */
static bool is_permitted(struct engine *e, struct prepared *p, int64_t *wake_us)
{
	int64_t at_us = NEVER_US;

	if (allowance_permits(e, p, &at_us))
		return true;
	cost_estimate(e, p);
	return allowance_permits(e, p, wake_us);
}

/* Starts the prepared task of the queue if it may. */
static enum progress start_from(
	struct engine *e, struct queue *q, struct binding *binding, int *started)
{
	const struct item *task = items_at(q->tasks, q->prepared.i);
	struct route_choice choice;

	if (task->state != ITEM_QUEUED || task->ending) {
		q->prepared.there = false;
		return PROGRESS_MADE;
	}
	if (start_known(e, q))
		return PROGRESS_MADE;
	if (cost_over_budget(e, &q->prepared, &binding->bound))
		return PROGRESS_END;
	if (!is_permitted(e, &q->prepared, &binding->wake_us)) {
		binding->bound = BOUND_CLIENT;
		return PROGRESS_END;
	}
	choice = pick(e, q);
	if (choice.route != ROUTE_NONE) {
		q->served = ++e->sources.starts;
		*started += start(e, q, choice.route);
		return PROGRESS_MADE;
	}
	if (task->avoid) {
		wait_for_room(e, q, choice.at_us);
		return PROGRESS_MADE;
	}
	note_refusal(e, q, binding, &choice);
	return PROGRESS_NONE;
}

/* Of two queues with equal rights: the one whose next task has the higher priority, then the one
 * whose task is older. One start of SCHEDULER_AGEING goes to the queue that has waited longest. */
static bool goes_before(const struct engine *e, const struct queue *a, const struct queue *b)
{
	const struct item *x = items_at(a->tasks, a->prepared.i);
	const struct item *y = items_at(b->tasks, b->prepared.i);

	if (e->sources.starts % SCHEDULER_AGEING == SCHEDULER_AGEING - 1)
		return a->served < b->served;
	if (x->priority != y->priority)
		return x->priority > y->priority;
	return a->prepared.item < b->prepared.item;
}

static bool have_equal_rights(const struct queue *a, const struct queue *b)
{
	return a == b ||
	       (a->home == b->home && a->mixed == b->mixed &&
		       __builtin_popcount(a->to.routes) == __builtin_popcount(b->to.routes));
}

/* Prepares the next tasks of the queues from *at downwards that have equal rights, and sets *at to
 * the queue before them. Returns the queue whose task should start first; NULL: none can. made: a
 * task moved or ended meanwhile. */
static struct queue *first_of_equals(struct engine *e, int *at, bool *made)
{
	struct queue *const *queue = e->sources.queue;
	const struct queue *rank = queue[*at];
	struct queue *best = NULL;

	for (; *at >= 0 && have_equal_rights(queue[*at], rank); --*at) {
		struct queue *q = queue[*at];
		enum prepare prepare;

		if (q->mixed || q->refused == e->turn)
			continue;
		prepare = start_prepare(e, q);
		*made = *made || prepare == PREPARE_NONE;
		if (prepare == PREPARE_NONE)
			break; /* the list of queues may be another now */
		if (prepare == PREPARE_DONE && (!best || goes_before(e, q, best)))
			best = q;
	}
	return best;
}

bool start_hand_on(struct engine *e, struct queue *q)
{
	return q->mixed && !queue_is_empty(q) && start_prepare(e, q) == PREPARE_NONE;
}

static bool hand_on_any(struct engine *e)
{
	for (int i = e->sources.n_queues - 1; i >= 0; i--)
		if (start_hand_on(e, e->sources.queue[i]))
			return true;
	return false;
}

/* Later queues go first, so that items are finished before others are begun. */
static enum progress start_one(struct engine *e, struct binding *binding, int *started)
{
	if (hand_on_any(e))
		return PROGRESS_MADE;
	for (int i = e->sources.n_queues - 1; i >= 0;) {
		int first = i;
		bool made = false;
		struct queue *q = first_of_equals(e, &i, &made);
		enum progress progress;

		if (made)
			return PROGRESS_MADE;
		if (!q)
			continue;
		progress = start_from(e, q, binding, started);
		if (progress != PROGRESS_NONE)
			return progress;
		i = first; /* the next best of them */
	}
	return work_next(e->sources.work) ? PROGRESS_MADE : PROGRESS_NONE;
}

/* Will the lanes of all tasks that are known refuse them for long? Those of other models may not.
 */
static bool is_long_wait(const struct engine *e, const struct binding *binding)
{
	switch (binding->bound) {
	case BOUND_HOLD:
		return true;
	case BOUND_SERVER:
	case BOUND_ADAPTIVE:
	case BOUND_SHARED:
		return binding->wake_us - e->now_us >= US_PER_S;
	default:
		return false;
	}
}

enum bound start_ready(struct engine *e, int64_t *wake_us)
{
	struct binding binding = {.bound = BOUND_NONE, .wake_us = *wake_us};

	e->routes.turn = ++e->turn;
	for (int n = 0; n < STARTS; n++) {
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
		e->intake.looks_ahead = is_long_wait(e, &binding);
		return binding.bound != BOUND_NONE ? binding.bound : bound_without_work(e);
	}
	*wake_us = e->now_us;
	return BOUND_NONE;
}
