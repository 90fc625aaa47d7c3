/* The engine: made of its parts, and turned. */
#include "core/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/attempt.h"
#include "core/doubt.h"
#include "core/engine_internal.h"
#include "core/held.h"
#include "core/start.h"

enum { MAX_LINE = 1 << 30 /* of a record under construction */ };

struct engine *engine_new(const struct engine_config *config, const struct engine_ops *ops,
	void *ctx, struct ledger *ledger, struct work *work, int64_t now_us, int64_t wall_us)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->config = *config;
	text_sanitise(e->run_name, sizeof(e->run_name), config->run_name, strlen(config->run_name));
	e->ops = *ops;
	e->ctx = ctx;
	e->ledger = ledger;
	e->keys = record_keys_of(ledger_key(ledger));
	e->line_key = hash_key_for(ledger_key(ledger), "lines");
	e->now_us = now_us;
	e->wall_us = wall_us;
	e->bytes_total = -1;
	e->budget = config->budget;
	items_init(&e->items);
	idmap_init(&e->by_id);
	idmap_init(&e->ended_by_id);
	buf_init(&e->made, SOURCE_MAX_LINE);
	request_init(&e->request, SOURCE_MAX_LINE);
	buf_init(&e->line, MAX_LINE);
	buf_init(&e->scratch, MAX_LINE);
	priority_log_init(&e->bump_log);
	item_text_init(&e->look);
	rng_seed(&e->rng, config->seed);
	error_groups_init(&e->groups);
	past_attempts_init(&e->past);
	stats_init(&e->stats, now_us);
	why_init(&e->why, now_us);
	TAILQ_INIT(&e->attempts);
	TAILQ_INIT(&e->free_attempts);
	e->work = work;
	work_open(work, e);
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	attempts_free(e);
	work_free(e->work);
	items_free(&e->items);
	idmap_free(&e->by_id);
	free(e->redo);
	idmap_free(&e->ended_by_id);
	free(e->ended);
	free(e->results.ring);
	free(e->finals.ring);
	free(e->final);
	buf_free(&e->made);
	request_free(&e->request);
	buf_free(&e->line);
	buf_free(&e->scratch);
	priority_log_free(&e->bump_log);
	item_text_free(&e->look);
	error_groups_free(&e->groups);
	past_attempts_free(&e->past);
	free(e);
}

void engine_add_route(struct engine *e, const struct route_config *route)
{
	routes_add(&e->routes, route);
}

void engine_add_queue(struct engine *e, struct queue *q, bool entry, bool sends)
{
	if (entry)
		e->entry = q;
	if (sends)
		e->queue[e->n_queues++] = q;
}

void engine_add_figure(struct engine *e, const char *name, const uint64_t *n)
{
	e->figure[e->n_figures++] = (struct figure){name, n};
}

void engine_link_route(struct engine *e, int route, const char *fallback)
{
	routes_link(&e->routes, route, fallback);
}

void engine_set_endpoint(struct engine *e, int route, const struct endpoint *endpoint)
{
	e->routes.at[route].endpoint = endpoint;
	journal_warm_start(e, &e->routes.at[route]);
}

struct lane *engine_lane(const struct engine *e)
{
	return e->routes.at[e->routes.chosen].lane;
}

void engine_set_time(struct engine *e, int64_t now_us, int64_t wall_us)
{
	e->now_us = now_us;
	e->wall_us = wall_us;
}

void engine_set_interactive(struct engine *e, bool interactive)
{
	static const char why[] = "paused when its terminal closed: run the same command to resume";

	e->interactive = interactive;
	if (interactive || e->mode != MODE_PAUSED)
		return;
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->events, e->wall_us, EVENT_WARNING, "%s", why);
}

static void note_end(struct engine *e)
{
	const struct item_counts *c = &e->items.counts;
	bool complete = engine_complete(e);

	stats_rest(&e->stats, e->now_us, complete);
	why_rest(&e->why, e->now_us, complete);
	if (!complete) {
		e->ended_logged = false;
		return;
	}
	if (e->ended_logged)
		return;
	e->ended_logged = true;
	events_add(&e->events, e->wall_us, c->failed ? EVENT_WARNING : EVENT_INFO,
		"finished: %" PRIu64 " ok, %" PRIu64 " failed, %" PRIu64 " cancelled", c->ok,
		c->failed, c->cancelled);
}

/* What has waited long enough is ready again. */
static void take_due(struct engine *e, struct queue *q)
{
	uint32_t i;

	while ((i = scheduler_pop_due(&q->scheduler, e->now_us)) != ITEM_NONE) {
		queue_ready(q, i, true);
		work_ready(e->work, (struct task){q, i});
	}
}

/* Will writing what was added to the ledger let more go? */
static bool wants_writing(const struct engine *e)
{
	return !e->disk_full && (e->unwritten || (e->apart && (e->results.len || e->finals.len)));
}

static void reorder(struct engine *e)
{
	for (int i = 0; i < e->n_queues; i++)
		scheduler_reorder(&e->queue[i]->scheduler);
	if (!e->tasks_are_items)
		scheduler_reorder(&e->entry->scheduler);
	e->reorder = false;
}

int64_t engine_turn(struct engine *e, int64_t now_us, int64_t wall_us)
{
	int64_t wake_us = NEVER_US;

	e->now_us = now_us;
	e->wall_us = wall_us;
	stats_advance(&e->stats, now_us, attempts_requests(e), routes_concurrency(&e->routes));
	for (int i = 0; i < e->n_queues; i++)
		take_due(e, e->queue[i]);
	engine_redo_doubtful(e);
	held_check(e);
	held_check_by_hand(e);
	if (e->reorder && !e->bumping)
		reorder(e);
	why_set(&e->why, now_us, start_ready(e, &wake_us));
	journal_changes(e);
	journal_learnt(e, false);
	note_end(e);
	if (wants_writing(e))
		return now_us;
	for (int i = 0; i < e->n_queues; i++) {
		int64_t due_us = scheduler_next_due(&e->queue[i]->scheduler);

		wake_us = due_us < wake_us ? due_us : wake_us;
	}
	return wake_us;
}
