#include "core/refusals.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "api/expect.h"
#include "api/provider.h"
#include "base/clock.h"
#include "base/hash.h"
#include "core/engine_internal.h"

/* So many items must have ended before a share of errors says anything. */
enum { SHARE_OF_LEAST = 50 };

uint64_t refusal_signature(const struct verdict *v)
{
	char text[sizeof(v->code) + sizeof(v->message) + 2];
	size_t len = 0;

	text[len++] = (char)(v->status / 100);
	text[len++] = (char)(v->status % 100);
	for (const char *c = v->code; *c; c++)
		text[len++] = *c;
	for (const char *c = v->message; *c; c++)
		if (!isdigit((unsigned char)*c))
			text[len++] = *c;
	return hash_bytes(text, len);
}

int refusal_least(const struct provider *p, const struct verdict *v)
{
	if (v->outcome == OUTCOME_AUTH || (v->outcome == OUTCOME_QUOTA && v->status == 402))
		return 2;
	return v->outcome == OUTCOME_CLIENT_ERROR && (v->status == 404 || v->status == 412) &&
	       p->answers_json;
}

bool refusal_is(const struct attempt *a, const struct verdict *v)
{
	return refusal_least(a->provider, v) ||
	       (v->outcome == OUTCOME_CLIENT_ERROR && lane_refuses(a->lane->lane));
}

/* Has the queue no task that was not refused yet? One that was may be prepared as the next probe.
 */
static bool has_refused_only(const struct queue *q)
{
	return scheduler_empty(&q->scheduler) &&
	       (!q->prepared.there || items_at(q->tasks, q->prepared.i)->real_attempts);
}

/* Is nothing left that could pass, but a few items that were refused, too? */
static bool is_rest(const struct engine *e, const struct attempt *a)
{
	const struct queue *q = a->task.queue;

	return e->intake.input_ended && !a->lane->traffic.in_flight && has_refused_only(q) &&
	       has_refused_only(q->home) && has_refused_only(e->sources.entry) &&
	       scheduler_next_due(&q->home->scheduler) == NEVER_US &&
	       q->n_held - q->first_held < REFUSALS_ALIKE;
}

/* Was another item of the lane answered while this one was in flight? */
static bool others_passed(const struct attempt *a)
{
	return a->lane->traffic.ok && a->lane->traffic.passed_us > a->started_us;
}

bool refusal_is_final(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	const struct route *route = &e->routes.at[a->route];
	struct item *task = attempt_task(a);
	int least = refusal_least(a->provider, v);

	/* the file may hold another key soon */
	if (v->status == 401 && route->endpoint->key_changes)
		return false;
	task->real_attempts += task->real_attempts < UINT8_MAX;
	if (task->others_passed && task->real_attempts >= least)
		return true;
	if (least == 1 && others_passed(a))
		return true;
	task->others_passed = false;
	if (task->real_attempts < 2 || !is_rest(e, a) ||
		!(a->lane->traffic.ok || (least < 2 && route->passed)))
		return false;
	/* the next of the rest need not wait */
	lane_probe_soon(a->lane->lane, e->now_us);
	return true;
}

/* ---- many alike ---- */

void refusals_note_ok(struct route_lane *lane)
{
	lane->refusals.n = 0;
}

/* Could other tasks of the lane show that it is not these items? */
static bool more_to_come(const struct engine *e, const struct queue *q)
{
	return !e->intake.input_ended || !queue_is_empty(q) || !queue_is_empty(q->home) ||
	       !queue_is_empty(e->sources.entry);
}

void refusals_note_failed(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	struct refusals *r = &a->lane->refusals;
	uint64_t signature = refusal_signature(v);

	if (expects_failed(v) || items_at(&e->items, a->item)->put_back || r->due ||
		(v->outcome != OUTCOME_CLIENT_ERROR && v->outcome != OUTCOME_AUTH &&
			v->outcome != OUTCOME_QUOTA))
		return;
	if (r->signature != signature)
		r->n = 0;
	r->signature = signature;
	r->item[r->n++] = a->item;
	r->queue = a->task.queue;
	if (r->n < REFUSALS_ALIKE)
		return;
	r->n = 0;
	if (!a->lane->traffic.ok || !more_to_come(e, a->task.queue) || e->life.mode != MODE_RUNNING)
		return;
	r->due = e->holds.put_back_due = true;
	lane_refuse(a->lane->lane, e->now_us);
}

/* A row of a pipeline begins anew; an item is held where it failed. */
static void put_back(struct engine *e, struct queue *q, uint32_t i)
{
	struct item *item = items_at(&e->items, i);

	if (item->state != ITEM_FAILED || item->ending)
		return;
	item->put_back = true;
	if (!e->sources.tasks_are_items)
		engine_act(e, ACTION_RETRY, i, false);
	else if (!engine_take_back(e, i))
		held_add(e, (struct task){q, i}, (enum outcome)item->outcome);
}

void refusals_put_back(struct engine *e)
{
	/* they have failed once their records are written */
	if (!e->holds.put_back_due || recorder_has_pending(&e->recorder))
		return;
	e->holds.put_back_due = false;
	for (int i = 0; i < e->routes.n; i++)
		for (int k = 0; k < LANES_MOST; k++) {
			struct route_lane *lane = e->routes.at[i].lane[k];

			if (!lane || !lane->refusals.due)
				continue;
			lane->refusals.due = false;
			for (int n = 0; n < REFUSALS_ALIKE; n++)
				put_back(e, lane->refusals.queue, lane->refusals.item[n]);
		}
}

/* ---- --stop-on-errors ---- */

void refusals_check_limit(struct engine *e)
{
	uint64_t failed = e->recorder.failed, ended = e->recorder.ended;
	double share = e->config.stop_share;
	char why[160];

	if ((!e->config.stop_errors && share <= 0) || e->life.mode != MODE_RUNNING)
		return;
	if ((!e->config.stop_errors || failed < (uint64_t)e->config.stop_errors) &&
		(share <= 0 || ended < SHARE_OF_LEAST || (double)failed < share * (double)ended))
		return;
	snprintf(why, sizeof(why),
		"%" PRIu64 " of %" PRIu64 " items failed: stopped by --stop-on-errors; run again "
		"to continue",
		failed, ended);
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_ERROR, "%s", why);
}
