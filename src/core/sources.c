#include "core/sources.h"

#include "base/clock.h"

void sources_add_queue(struct sources *s, struct queue *q, bool entry, bool sends)
{
	if (entry)
		s->entry = q;
	if (sends)
		s->queue[s->n_queues++] = q;
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
