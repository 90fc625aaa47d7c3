#include "core/queue.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "input/source.h"

void queue_init(struct queue *q, struct items *tasks, const char *name, int route)
{
	*q = (struct queue){.tasks = tasks, .name = name, .route = route, .home = q};
	q->to.routes = queue_all_routes(q);
	scheduler_init(&q->scheduler, tasks);
	buf_init(&q->prepared.text, SOURCE_MAX_LINE);
	buf_init(&q->prepared.made, SOURCE_MAX_LINE);
	buf_init(&q->prepared.edited, SOURCE_MAX_LINE);
}

void queue_free(struct queue *q)
{
	scheduler_free(&q->scheduler);
	buf_free(&q->prepared.text);
	buf_free(&q->prepared.made);
	buf_free(&q->prepared.edited);
	free(q->held);
}

static void set_state(struct queue *q, uint32_t i, enum item_state state)
{
	if (items_at(q->tasks, i)->state != state)
		items_set_state(q->tasks, i, state);
}

void queue_ready(struct queue *q, uint32_t i, bool front)
{
	set_state(q, i, ITEM_QUEUED);
	scheduler_ready(&q->scheduler, i, front);
}

void queue_wait(struct queue *q, uint32_t i, int64_t due_us)
{
	set_state(q, i, ITEM_WAITING);
	scheduler_wait(&q->home->scheduler, i, due_us);
}

int64_t queue_due_of(const struct queue *q, uint32_t i)
{
	return scheduler_due_of(&q->home->scheduler, i);
}

void queue_hold(struct queue *q, uint32_t i)
{
	set_state(q, i, ITEM_HELD);
	if (q->n_held == q->cap_held) {
		q->cap_held = q->cap_held ? q->cap_held * 2 : 64;
		q->held = xrealloc(q->held, q->cap_held, sizeof(*q->held));
	}
	q->held[q->n_held++] = i;
}

/* Not cancelled, queued again or held by hand meanwhile. */
static bool is_held(const struct item *task)
{
	return task->state == ITEM_HELD && !task->ending && !task->by_hand;
}

bool queue_any_held(struct queue *q)
{
	while (q->first_held < q->n_held && !is_held(items_at(q->tasks, q->held[q->first_held])))
		q->first_held++;
	if (q->first_held < q->n_held)
		return true;
	q->first_held = q->n_held = 0;
	return false;
}

uint32_t queue_release_one(struct queue *q)
{
	uint32_t i;

	if (!queue_any_held(q))
		return ITEM_NONE;
	i = q->held[q->first_held++];
	queue_ready(q, i, true);
	return i;
}

void queue_take_out(struct queue *q, uint32_t i)
{
	if (items_at(q->tasks, i)->state == ITEM_WAITING)
		scheduler_unwait(&q->home->scheduler, i);
	if (q->prepared.there && q->prepared.i == i)
		q->prepared.there = false;
}

/* Only retries can stand before it, and they go in front, too. */
void queue_put_back(struct queue *q)
{
	q->prepared.there = false;
	scheduler_ready(&q->scheduler, q->prepared.i, true);
}

uint32_t queue_all_routes(const struct queue *q)
{
	return q->route == ROUTE_NONE ? ROUTES_ALL : route_bit(q->route);
}

bool queue_is_empty(const struct queue *q)
{
	return !q->prepared.there && scheduler_empty(&q->scheduler);
}

bool queue_all_refused(const struct queue *q)
{
	const struct prepared *p = &q->prepared;

	return (!p->there || items_at(q->tasks, p->i)->rate_attempts) &&
	       scheduler_all_refused(&q->scheduler);
}
