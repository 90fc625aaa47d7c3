#include "core/sources.h"
#include "core/binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

static void insert(struct sources *s, int at, struct queue *q)
{
	if (s->n_queues == s->cap_queues) {
		s->cap_queues = s->cap_queues ? s->cap_queues * 2 : 8;
		s->queue = xrealloc(s->queue, (size_t)s->cap_queues, sizeof(*s->queue));
	}
	memmove(&s->queue[at + 1], &s->queue[at], (size_t)(s->n_queues - at) * sizeof(*s->queue));
	s->queue[at] = q;
	s->n_queues++;
}

void sources_add_queue(struct sources *s, struct queue *q, bool entry, bool sends)
{
	if (entry)
		s->entry = q;
	if (sends)
		insert(s, s->n_queues, q);
}

/* ---- split off ---- */

/* Its place: next to its home, those with fewer routes first, as other tasks can go elsewhere. */
static struct queue *split_off(struct sources *s, struct queue *home, const struct destination *to)
{
	struct queue *q = xcalloc(1, sizeof(*q));
	int at = 0;

	queue_init(q, home->tasks, home->name, home->route);
	q->to = *to;
	q->home = home;
	q->member = home->member;
	q->max_attempts = home->max_attempts;
	while (s->queue[at] != home)
		at++;
	for (at++; at < s->n_queues && s->queue[at]->home == home &&
		   __builtin_popcount(s->queue[at]->to.routes) >= __builtin_popcount(to->routes);
		at++)
		;
	insert(s, at, q);
	return q;
}

static bool is_model(const char *model, const struct request_line *line)
{
	size_t len = strlen(model);
	char name[MODEL_SIZE];

	/* most models are plain text */
	if (len && line->model.len == len + 2 && !memcmp(line->model.at + 1, model, len))
		return true;
	request_model(line, name, sizeof(name));
	return !strcmp(model, name);
}

static bool goes_to(const struct destination *to, uint32_t set, const struct request_line *line)
{
	return to->known && to->routes == set && is_model(to->model, line);
}

/* Further models of the same routes share the last queue, as they share the last lane. */
static struct queue *add_destination(
	struct sources *s, struct queue *home, uint32_t set, const struct request_line *line)
{
	struct destination to = {.routes = set, .known = true};
	int models = 0;

	for (int i = 0; i < s->n_queues; i++) {
		if (s->queue[i]->home != home || s->queue[i]->to.routes != set ||
			!s->queue[i]->to.known)
			continue;
		models++;
		if (!strcmp(s->queue[i]->to.model, LANES_OTHER_MODELS))
			return s->queue[i];
	}
	if (models < LANES_MOST - 1)
		request_model(line, to.model, sizeof(to.model));
	else
		snprintf(to.model, sizeof(to.model), LANES_OTHER_MODELS);
	return split_off(s, home, &to);
}

/* The tasks of the queue had one destination so far; now there is another. Its ready tasks go to a
 * queue for the first one, and from now on it only hands on what comes. */
static void divide(struct sources *s, struct queue *home)
{
	struct queue *first;

	if (home->prepared.there)
		queue_put_back(home);
	first = split_off(s, home, &home->to);
	first->has_lanes = home->has_lanes;
	scheduler_move_ready(&home->scheduler, &first->scheduler);
	home->mixed = true;
	home->to = (struct destination){.routes = queue_all_routes(home)};
}

struct queue *sources_queue_for(struct sources *s, const struct routes *r, struct queue *home,
	const struct request_line *line, struct error *err)
{
	uint32_t set = home->to.routes;

	/* rows go nowhere: their stages do */
	if (home == s->entry && !s->tasks_are_items)
		return home;
	if (s->tasks_are_items && !routes_for(r, line, &set, err))
		return NULL;
	if (!home->mixed) {
		if (!home->to.known) {
			home->to.known = true;
			home->to.routes = set;
			request_model(line, home->to.model, sizeof(home->to.model));
			return home;
		}
		if (goes_to(&home->to, set, line))
			return home;
		divide(s, home);
	}
	for (int i = 0; i < s->n_queues; i++)
		if (s->queue[i]->home == home && goes_to(&s->queue[i]->to, set, line))
			return s->queue[i];
	return add_destination(s, home, set, line);
}

void sources_take_out(struct sources *s, struct queue *home, uint32_t i)
{
	queue_take_out(home, i);
	for (int k = 0; k < s->n_queues; k++)
		if (s->queue[k]->home == home && s->queue[k]->prepared.there &&
			s->queue[k]->prepared.i == i)
			s->queue[k]->prepared.there = false;
}

bool sources_any_empty(const struct sources *s)
{
	for (int i = 0; i < s->n_queues; i++)
		if (queue_is_split_off(s->queue[i]) && s->queue[i]->home == s->entry &&
			queue_is_empty(s->queue[i]))
			return true;
	return false;
}

void sources_free(struct sources *s)
{
	for (int i = 0; i < s->n_queues; i++) {
		if (!queue_is_split_off(s->queue[i]))
			continue;
		queue_free(s->queue[i]);
		free(s->queue[i]);
	}
	free(s->queue);
	s->queue = NULL;
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
