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
	e->holds.outcome = outcome;
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

/* Has a route passed that has the same key as the queue? Routes with the same lanes have. */
static bool has_passed(const struct engine *e, const struct queue *q)
{
	const struct routes *r = &e->routes;

	for (int i = 0; i < r->n; i++)
		if (r->at[i].passed &&
			(q->to.routes & UINT32_C(1) << i ||
				(q->route != ROUTE_NONE &&
					r->at[i].lanes == r->at[q->route].lanes)))
			return true;
	return false;
}

/* Drains the run: the key or quota of the queue was refused from the start. */
static void give_up(struct engine *e, const struct queue *q)
{
	bool key = e->holds.outcome == OUTCOME_AUTH;
	const char *name = q->name;
	char why[160];

	if (!name[0] && __builtin_popcount(q->to.routes) == 1 && e->routes.n > 1)
		name = e->routes.at[__builtin_ctz(q->to.routes)].name;
	snprintf(why, sizeof(why), "%s%s%s from the start: %s, then run again", name,
		name[0] ? ": " : "", key ? "the key was rejected" : "quota exhausted",
		key ? "check it" : "raise it");
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_ERROR, "%s", e->life.note);
}

static bool any_is_refused(const struct engine *e)
{
	for (int i = 0; i < e->sources.n_queues; i++)
		if (held_queue_is_refused(e, e->sources.queue[i]))
			return true;
	return false;
}

void held_check(struct engine *e)
{
	bool patient = e->life.interactive || e->life.mode != MODE_RUNNING ||
		       (e->holds.outcome != OUTCOME_AUTH && e->holds.outcome != OUTCOME_QUOTA);

	/* the time runs on while probes fail, though the probe may be the only held task */
	if (!any_is_refused(e))
		e->holds.since_us = 0;
	for (int i = 0; i < e->sources.n_queues; i++) {
		struct queue *q = e->sources.queue[i];

		if (!queue_any_held(q))
			continue;
		if (!held_queue_is_refused(e, q)) {
			while (held_release_one(e, q))
				;
			continue;
		}
		if (patient || e->now_us - e->holds.since_us < HEADLESS_PATIENCE_US ||
			has_passed(e, q))
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

void held_check_by_hand(struct engine *e)
{
	char why[120];

	if (e->life.interactive || e->life.mode != MODE_RUNNING || !engine_only_held_by_hand(e))
		return;
	snprintf(why, sizeof(why),
		"%" PRIu64 " items are held by hand: run the same command to continue with them",
		e->holds.by_hand);
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING, "%s", why);
}
