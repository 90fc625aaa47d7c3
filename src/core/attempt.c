#include "core/attempt.h"

#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "base/alloc.h"
#include "core/engine_internal.h"
#include "core/streaming.h"

enum { KEEP_BYTES = 4096 /* of metadata that a finished attempt keeps for the next */ };

static struct attempt *take(struct attempts *all)
{
	struct attempt *a = TAILQ_FIRST(&all->free);

	if (a) {
		TAILQ_REMOVE(&all->free, a, in_flight);
	} else {
		a = xcalloc(1, sizeof(*a));
		buf_init(&a->id, REQUEST_MAX_ID);
		buf_init(&a->metadata, SOURCE_MAX_LINE);
	}
	a->cancel_item = a->again = a->has_key = a->asks_usage = false;
	a->transfer = NULL;
	a->leader = a->next_member = NULL;
	TAILQ_INSERT_TAIL(&all->list, a, in_flight);
	all->in_flight++;
	return a;
}

static struct attempt *begin(struct engine *e, struct queue *q, int route, bool joins)
{
	struct prepared *p = &q->prepared;
	struct attempt *a = take(&e->attempts);

	p->there = false;
	a->item = p->item;
	a->task = (struct task){q, p->i};
	a->route = route;
	a->lane = q->to.lane[route];
	a->started_us = e->now_us;
	a->provider = provider_of(e->routes.at[route].endpoint->provider, &p->line);
	memcpy(a->model, p->model, sizeof(a->model));
	a->prompt_bytes = p->line.prompt_bytes;
	a->spending = p->spending;
	a->cost_row = p->cost_row;
	attempt_task(a)->attempts++;
	work_sent(e->sources.work, a, p);
	budget_reserve(&e->costs.budget, a->spending);
	allowance_started(e, a, joins);
	return a;
}

struct attempt *attempt_begin(struct engine *e, struct queue *q, int route)
{
	return begin(e, q, route, false);
}

struct attempt *attempt_join(
	struct engine *e, struct queue *q, struct attempt *leader, struct attempt *last)
{
	struct attempt *a = begin(e, q, leader->route, true);

	a->leader = leader;
	last->next_member = a;
	e->attempts.sharing++;
	return a;
}

void attempt_give_up(const struct engine *e, const struct attempt *a)
{
	const struct lane_answer none = {.outcome = OUTCOME_CANCELLED, .wait_us = -1, .tokens = -1};

	allowance_ended(e, a, &(struct spending){0, 0, 0});
	/* those that share a request have one ticket */
	if (!a->leader || a->leader == a)
		lane_answered(a->lane->lane, e->now_us, &a->ticket, &none);
}

void attempt_drop(struct attempts *all, struct attempt *a)
{
	TAILQ_REMOVE(&all->list, a, in_flight);
	all->in_flight--;
	all->sharing -= a->leader && a->leader != a;
	buf_trim(&a->id, KEEP_BYTES);
	buf_trim(&a->metadata, KEEP_BYTES);
	secrets_clear(&a->secrets);
	TAILQ_INSERT_HEAD(&all->free, a, in_flight);
}

static void free_all(struct attempt_list *list)
{
	struct attempt *a;

	while ((a = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, a, in_flight);
		buf_free(&a->id);
		buf_free(&a->metadata);
		secrets_free(&a->secrets);
		streaming_free(a);
		free(a);
	}
}

void attempts_init(struct attempts *all)
{
	*all = (struct attempts){.in_flight = 0};
	TAILQ_INIT(&all->list);
	TAILQ_INIT(&all->free);
}

void attempts_free(struct attempts *all)
{
	free_all(&all->list);
	free_all(&all->free);
}

struct attempt *attempt_of(const struct engine *e, uint32_t item)
{
	struct attempt *a;

	if (items_at(&e->items, item)->state != ITEM_IN_FLIGHT)
		return NULL;
	TAILQ_FOREACH (a, &e->attempts.list, in_flight)
		if (a->item == item)
			return a;
	return NULL;
}

/* Are all items of the request to be cancelled? Then its transfer is, too. */
static bool none_wants(const struct attempt *a)
{
	for (a = a->leader; a; a = a->next_member)
		if (!a->cancel_item)
			return false;
	return true;
}

int attempts_cancel(struct engine *e, uint32_t item)
{
	struct attempt *a;
	int n = 0;

	TAILQ_FOREACH (a, &e->attempts.list, in_flight) {
		if (a->item != item)
			continue;
		n++;
		a->cancel_item = true;
		if (!a->leader || none_wants(a))
			e->ops.cancel(e->ctx, a->route, a->transfer);
		if (e->sources.tasks_are_items)
			break;
	}
	return n;
}

const char *attempts_abort(struct engine *e, uint32_t item)
{
	struct attempt *a;

	TAILQ_FOREACH (a, &e->attempts.list, in_flight)
		if (a->item == item && a->leader && a->leader->members > 1)
			return "shares its request with others: cancel it, then retry it";
	TAILQ_FOREACH (a, &e->attempts.list, in_flight) {
		if (a->item != item || a->again || a->cancel_item)
			continue;
		a->again = true;
		e->ops.cancel(e->ctx, a->route, a->transfer);
	}
	return NULL;
}

int attempts_requests(const struct attempts *all)
{
	return (int)(all->in_flight - all->sharing);
}
