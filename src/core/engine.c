/* The engine: makes its parts, and runs its turns. */
#include "core/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/engine_internal.h"
#include "core/outlook.h"
#include "core/pace_events.h"
#include "core/start.h"
#include "core/question.h"

static void open_work(struct engine *e)
{
	for (struct work *w = e->sources.work; w; w = w->inner) {
		w->engine = e;
		if (w->ops->open)
			w->ops->open(w);
	}
}

struct engine *engine_new(const struct engine_config *config, const struct engine_ops *ops,
	void *ctx, struct ledger *ledger, struct work *work, int64_t now_us, int64_t wall_us)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->config = *config;
	text_sanitise(e->run_name, sizeof(e->run_name), config->run_name, strlen(config->run_name));
	e->ops = *ops;
	e->ctx = ctx;
	e->now_us = e->started_us = now_us;
	e->wall_us = wall_us;
	rng_seed(&e->rng, config->seed);
	items_init(&e->items);
	attempts_init(&e->attempts);
	request_init(&e->request, SOURCE_MAX_LINE);
	intake_init(&e->intake);
	e->intake.part = config->part;
	recorder_init(&e->recorder, ledger, config->result_form);
	costs_init(&e->costs, &config->budget, config->prices);
	priority_log_init(&e->priorities.unwritten);
	observer_init(&e->observer, now_us);
	if (config->looks_only) /* the run has passed */
		e->observer.stats.chart = NULL;
	ticks_init(&e->ticks);
	doubts_init(&e->doubts);
	item_text_init(&e->item_read);
	e->sources.work = work;
	open_work(e);
	return e;
}

void engine_free(struct engine *e)
{
	const struct attempt *a;

	if (!e)
		return;
	TAILQ_FOREACH (a, &e->attempts.list, in_flight)
		attempt_give_up(e, a);
	attempts_free(&e->attempts);
	sources_free(&e->sources);
	routes_free(&e->routes);
	work_free(e->sources.work);
	items_free(&e->items);
	request_free(&e->request);
	intake_free(&e->intake);
	recorder_free(&e->recorder);
	doubts_free(&e->doubts);
	edits_free(&e->edits);
	priority_log_free(&e->priorities.unwritten);
	observer_free(&e->observer);
	item_text_free(&e->item_read);
	free(e);
}

void engine_add_route(struct engine *e, const struct route_config *route)
{
	if (routes_add(&e->routes, route))
		why_init(&e->routes.at[e->routes.n - 1].why, e->now_us);
}

void engine_link_route(struct engine *e, int route, const char *fallback)
{
	routes_link(&e->routes, route, fallback);
}

void engine_set_endpoint(
	struct engine *e, int route, const struct endpoint *endpoint, struct lanes *lanes)
{
	e->routes.at[route].endpoint = endpoint;
	routes_set_lanes(&e->routes, route, lanes);
}

struct lanes *engine_lanes(const struct engine *e)
{
	return e->routes.at[e->routes.chosen].lanes;
}

void engine_set_time(struct engine *e, int64_t now_us, int64_t wall_us)
{
	e->now_us = now_us;
	e->wall_us = wall_us;
}

/* Makes the tasks ready that are due. */
static void take_due(struct engine *e, struct queue *q)
{
	uint32_t i;

	while ((i = scheduler_pop_due(&q->scheduler, e->now_us)) != ITEM_NONE) {
		queue_ready(q, i, true);
		work_ready(e->sources.work, (struct task){q, i});
	}
}

/* Do tasks wait for the ledger to be written? */
static bool wants_writing(const struct engine *e)
{
	return !e->recorder.disk_full &&
	       (e->sources.unwritten || (e->sources.waiters && recorder_has_pending(&e->recorder)));
}

int64_t engine_turn(struct engine *e, int64_t now_us, int64_t wall_us)
{
	int64_t wake_us = NEVER_US, due_us;

	e->now_us = now_us;
	e->wall_us = wall_us;
	stats_advance(&e->observer.stats, now_us, attempts_requests(&e->attempts),
		routes_concurrency(&e->routes));
	for (int i = 0; i < e->sources.n_queues; i++)
		take_due(e, e->sources.queue[i]);
	doubt_redo(e);
	held_check(e);
	held_check_by_hand(e);
	engine_check_answer(e);
	refusals_put_back(e);
	refusals_check_limit(e);
	if (e->priorities.reorder && !e->priorities.more_changes) {
		sources_reorder(&e->sources);
		e->priorities.reorder = false;
	}
	outlook_note(e, start_ready(e, &wake_us));
	routes_asked(&e->routes);
	allowance_asked(e);
	journal_changes(e);
	journal_learned(e, false);
	engine_note_end(e);
	if (wants_writing(e))
		return now_us;
	due_us = sources_next_due(&e->sources);
	if (engine_answer_by_us(e) < wake_us)
		wake_us = engine_answer_by_us(e);
	return due_us < wake_us ? due_us : wake_us;
}
