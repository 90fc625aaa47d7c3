#include "core/held.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "core/engine_internal.h"

/* How long a headless run continues whose key or quota is refused from its first answer on: the key
 * may be mistyped, and no operator sees it. */
#define HEADLESS_PATIENCE_US (120 * US_PER_S)

void held_add(struct engine *e, struct task t, enum outcome outcome)
{
	if (!e->holds.since_us)
		e->holds.since_us = e->now_us;
	t.queue->refused_by = outcome;
	queue_hold(t.queue, t.i);
}

bool held_release_one(struct engine *e, struct queue *q)
{
	uint32_t i = queue_release_one(q);

	if (i == ITEM_NONE)
		return false;
	work_ready(e->sources.work, (struct task){q, i});
	return true;
}

uint64_t held_release_all(struct engine *e)
{
	uint64_t n = 0;

	for (int i = 0; i < e->sources.n_queues; i++)
		while (held_release_one(e, e->sources.queue[i]))
			n++;
	return n;
}

bool held_queue_is_refused(const struct engine *e, const struct queue *q)
{
	return !q->mixed && routes_breakers_open(&e->routes, &q->to, e->now_us);
}

/* Do tasks of the queue wait until others show whether the refusal was theirs alone? */
static bool is_in_question(const struct engine *e, const struct queue *q)
{
	for (int i = 0; i < e->routes.n && !q->mixed; i++)
		if (q->to.lane[i] && lane_in_question(q->to.lane[i]->lane))
			return true;
	return false;
}

/* Is another task in flight that may answer the question? */
static bool has_witness(const struct engine *e, const struct queue *q)
{
	for (int i = 0; i < e->routes.n; i++)
		if (q->to.lane[i] && q->to.lane[i]->traffic.in_flight)
			return true;
	return false;
}

bool held_may_probe(const struct engine *e, const struct queue *q)
{
	return held_queue_is_refused(e, q) || (is_in_question(e, q) && !has_witness(e, q));
}

/* Has a route passed that has the same key as the queue? Routes with the same lanes have. */
static bool has_passed(const struct engine *e, const struct queue *q)
{
	const struct routes *r = &e->routes;

	for (int i = 0; i < r->n; i++)
		if (r->at[i].passed && (q->to.routes & route_bit(i) ||
					       (q->route != ROUTE_NONE &&
						       r->at[i].lanes == r->at[q->route].lanes)))
			return true;
	return false;
}

/* Drains the run: the key, the quota or the model of the queue was refused from the start. */
static void give_up(struct engine *e, const struct queue *q)
{
	static const char *const causes[OUTCOME_COUNT] = {
		[OUTCOME_AUTH] = "the key was rejected from the start: check it",
		[OUTCOME_QUOTA] = "quota exhausted from the start: raise it",
		[OUTCOME_CLIENT_ERROR] = "all remaining items are refused: fix the cause"};
	const char *name = q->name;
	char why[160];

	/* a key is that of the endpoint, whatever the model */
	if (!name[0] && __builtin_popcount(q->to.routes) == 1 && e->routes.n > 1)
		name = e->routes.at[__builtin_ctz(q->to.routes)].name;
	if (q->refused_by != OUTCOME_AUTH && queue_is_split_off(q) && q->to.model[0])
		name = q->to.model;
	snprintf(why, sizeof(why), "%s%s%s, then run again", name, name[0] ? ": " : "",
		causes[q->refused_by]);
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_ERROR, "%s", e->life.note);
}

static bool lane_has_passed(const struct engine *e, const struct queue *q)
{
	for (int i = 0; i < e->routes.n; i++)
		if (q->to.lane[i] && q->to.lane[i]->traffic.ok)
			return true;
	return false;
}

/* Is nothing under way but what is refused? */
static bool only_refused_left(const struct engine *e)
{
	if (!e->intake.input_ended || e->attempts.in_flight || e->items.counts.waiting)
		return false;
	for (int i = 0; i < e->sources.n_queues; i++)
		if (!queue_is_empty(e->sources.queue[i]) &&
			!held_queue_is_refused(e, e->sources.queue[i]))
			return false;
	return true;
}

/* May the key of a route of the queue change while the run goes on? */
static bool key_changes(const struct engine *e, const struct queue *q)
{
	for (int i = 0; i < e->routes.n; i++)
		if (q->to.routes & route_bit(i) && e->routes.at[i].endpoint->key_changes)
			return true;
	return false;
}

/* Does a headless run end because of the queue? Nobody is there to repair the cause. */
static bool ends_the_run(const struct engine *e, const struct queue *q)
{
	if (e->now_us - e->holds.since_us < HEADLESS_PATIENCE_US)
		return false;
	switch (q->refused_by) {
	case OUTCOME_AUTH:
		return !has_passed(e, q) && !key_changes(e, q);
	case OUTCOME_QUOTA:
		return !has_passed(e, q);
	case OUTCOME_CLIENT_ERROR:
		return !lane_has_passed(e, q) && only_refused_left(e);
	default:
		return false;
	}
}

static bool any_is_refused(const struct engine *e)
{
	for (int i = 0; i < e->sources.n_queues; i++)
		if (held_queue_is_refused(e, e->sources.queue[i]))
			return true;
	return false;
}

/* Others passed: what is refused again is the item's own fault. */
static void release_passed(struct engine *e, struct queue *q)
{
	uint32_t i;

	while ((i = queue_release_one(q)) != ITEM_NONE) {
		items_at(q->tasks, i)->others_passed = true;
		work_ready(e->sources.work, (struct task){q, i});
	}
}

void held_check(struct engine *e)
{
	bool patient = e->life.interactive || e->life.mode != MODE_RUNNING;

	/* the time runs on while probes fail, though the probe may be the only held task */
	if (!any_is_refused(e))
		e->holds.since_us = 0;
	for (int i = 0; i < e->sources.n_queues; i++) {
		struct queue *q = e->sources.queue[i];

		if (!queue_any_held(q))
			continue;
		if (!held_queue_is_refused(e, q) && !is_in_question(e, q)) {
			release_passed(e, q);
			continue;
		}
		if (patient || !ends_the_run(e, q))
			continue;
		give_up(e, q);
		return;
	}
}

void held_by_hand(struct engine *e, uint32_t i)
{
	items_at(&e->items, i)->by_hand = true;
	e->holds.by_hand++;
	items_set_state(&e->items, i, ITEM_HELD);
	if (items_at(&e->items, i)->leader)
		work_verb(e->sources.work, i, WORK_RELEASE_WAITERS);
}

/* Is work left, but only for what the operator paused? */
static bool only_paused(const struct engine *e)
{
	bool all = routes_paused(&e->routes, ROUTES_ALL), any = false;

	if (e->attempts.in_flight || recorder_has_pending(&e->recorder) || e->sources.unwritten ||
		engine_complete(e) || (!all && !e->intake.input_ended))
		return false;
	for (int i = 0; i < e->sources.n_queues; i++) {
		const struct queue *q = e->sources.queue[i];

		if (queue_is_empty(q) && scheduler_next_due(&q->scheduler) == NEVER_US)
			continue;
		if (!all && !routes_paused(&e->routes, q->to.routes))
			return false;
		any = true;
	}
	return all || any;
}

void held_check_by_hand(struct engine *e)
{
	char why[120];

	if (e->life.interactive || e->life.left || e->life.mode != MODE_RUNNING)
		return;
	if (engine_only_held_by_hand(e))
		snprintf(why, sizeof(why),
			"%" PRIu64 " items are held by hand: the same command continues with them",
			e->holds.by_hand);
	else if (only_paused(e))
		snprintf(why, sizeof(why),
			"all remaining items are paused: the same command continues with them");
	else
		return;
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING, "%s", why);
}
