#include "core/sources.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

void sources_add_queue(struct sources *s, struct queue *q, bool entry, bool sends)
{
	if (entry)
		s->entry = q;
	if (sends)
		s->queue[s->n_queues++] = q;
}

/* ---- split off ---- */

static bool is_split_off(const struct queue *q)
{
	return q->home != q;
}

/* Those with fewer routes go first: others can go elsewhere. */
static struct queue *split_off(struct sources *s, uint32_t routes)
{
	struct queue *q = xcalloc(1, sizeof(*q));
	int at = s->n_queues++;

	queue_init(q, s->entry->tasks, s->entry->name, ROUTE_NONE);
	q->routes = routes;
	q->home = s->entry;
	q->max_attempts = s->entry->max_attempts;
	while (at > 0 &&
		__builtin_popcount(s->queue[at - 1]->routes) < __builtin_popcount(routes)) {
		s->queue[at] = s->queue[at - 1];
		at--;
	}
	s->queue[at] = q;
	return q;
}

struct queue *sources_queue_for(struct sources *s, const struct routes *r,
	const struct request_line *line, struct error *err)
{
	uint32_t set;

	if (!s->tasks_are_items)
		return s->entry;
	if (!routes_for(r, line, &set, err))
		return NULL;
	for (int i = 0; i < s->n_queues; i++)
		if (s->queue[i]->routes == set)
			return s->queue[i];
	if (s->n_queues < QUEUES_MAX)
		return split_off(s, set);
	error_set(err, "the models of the endpoints make more than %d groups of endpoints",
		QUEUES_MAX - 1);
	return NULL;
}

void sources_take_out(struct sources *s, uint32_t item)
{
	queue_take_out(s->entry, item);
	for (int i = 0; i < s->n_queues; i++)
		if (is_split_off(s->queue[i]) && s->queue[i]->prepared.i == item)
			s->queue[i]->prepared.there = false;
}

void sources_free(struct sources *s)
{
	for (int i = 0; i < s->n_queues; i++) {
		if (!is_split_off(s->queue[i]))
			continue;
		queue_free(s->queue[i]);
		free(s->queue[i]);
	}
	s->n_queues = 0;
}

void sources_add_figures(struct sources *s, const struct figures *figures)
{
	s->figures[s->n_figures++] = *figures;
}

void sources_reorder(struct sources *s)
{
	for (int i = 0; i < s->n_queues; i++)
		scheduler_reorder(&s->queue[i]->scheduler);
	if (!s->tasks_are_items)
		scheduler_reorder(&s->entry->scheduler);
}

int64_t sources_next_due(const struct sources *s)
{
	int64_t next_us = NEVER_US;

	for (int i = 0; i < s->n_queues; i++) {
		int64_t due_us = scheduler_next_due(&s->queue[i]->scheduler);

		next_us = due_us < next_us ? due_us : next_us;
	}
	return next_us;
}

bool sources_all_refused(const struct sources *s)
{
	for (int i = 0; i < s->n_queues; i++)
		if (!queue_all_refused(s->queue[i]))
			return false;
	return queue_all_refused(s->entry);
}

/* Has an earlier queue prepared a task of the same item? */
static bool is_prepared_before(const struct sources *s, int queue)
{
	for (int i = 0; i < queue; i++)
		if (s->queue[i]->prepared.there &&
			s->queue[i]->prepared.item == s->queue[queue]->prepared.item)
			return true;
	return false;
}

uint64_t sources_prepared(const struct sources *s, const struct items *items)
{
	uint64_t n = 0;

	for (int i = 0; i < s->n_queues; i++) {
		const struct prepared *p = &s->queue[i]->prepared;

		n += p->there && items_at(items, p->item)->state == ITEM_QUEUED &&
		     !is_prepared_before(s, i);
	}
	return n;
}
