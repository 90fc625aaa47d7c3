#include "core/answer_scrub.h"
#include "core/engine.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "work/reuse.h"
#include "core/engine_internal.h"
#include "work/pack_work.h"
#include "ledger/result_line.h"
#include "work/stages.h"
#include "core/streaming.h"

/* How long an item that one route failed at lets others pass while its fallback has no room. */
#define ASIDE_US (100 * US_PER_MS)

enum {
	MAX_LINE = 1 << 30,        /* of a record under construction */
	EVENTS_PER_SECOND = 4,     /* of single attempts; the journal has them all */
	KEEP_ATTEMPT_BYTES = 4096, /* metadata memory a finished attempt keeps for the next */
};

void prepared_init(struct prepared *p)
{
	buf_init(&p->text, SOURCE_MAX_LINE);
	buf_init(&p->made, SOURCE_MAX_LINE);
	p->task = ITEM_NONE;
}

void prepared_free(struct prepared *p)
{
	buf_free(&p->text);
	buf_free(&p->made);
}

struct engine *engine_new(const struct engine_config *config, const struct engine_ops *ops,
	void *ctx, struct ledger *ledger, int64_t now_us, int64_t wall_us)
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
	e->reuse = reuse_new(config, ledger);
	items_init(&e->items);
	scheduler_init(&e->scheduler, &e->items);
	idmap_init(&e->by_id);
	idmap_init(&e->ended_by_id);
	prepared_init(&e->prepared);
	buf_init(&e->made, SOURCE_MAX_LINE);
	buf_init(&e->look.made, SOURCE_MAX_LINE);
	request_init(&e->request, SOURCE_MAX_LINE);
	buf_init(&e->line, MAX_LINE);
	buf_init(&e->scratch, MAX_LINE);
	priority_log_init(&e->bump_log);
	buf_init(&e->look.text, SOURCE_MAX_LINE);
	buf_init(&e->look.id, REQUEST_MAX_ID);
	buf_init(&e->look.record, MAX_LINE);
	rng_seed(&e->rng, config->seed);
	error_groups_init(&e->groups);
	past_attempts_init(&e->past);
	if (config->pack > 1)
		e->packing = packing_new(config->pack, config->pack_tokens);
	stats_init(&e->stats, now_us);
	why_init(&e->why, now_us);
	if (config->pipeline)
		e->stages = stages_new(config->pipeline, config->requests);
	return e;
}

static void free_attempts(struct attempt *a)
{
	while (a) {
		struct attempt *next = a->next;

		buf_free(&a->id);
		buf_free(&a->metadata);
		secrets_free(&a->secrets);
		streaming_free(a);
		free(a);
		a = next;
	}
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	free_attempts(e->oldest);
	free_attempts(e->free_attempts);
	reuse_free(e->reuse);
	scheduler_free(&e->scheduler);
	items_free(&e->items);
	idmap_free(&e->by_id);
	free(e->held);
	free(e->redo);
	idmap_free(&e->ended_by_id);
	free(e->ended);
	free(e->results.ring);
	free(e->finals.ring);
	free(e->final);
	prepared_free(&e->prepared);
	stages_free(e->stages);
	buf_free(&e->made);
	buf_free(&e->look.made);
	request_free(&e->request);
	buf_free(&e->line);
	buf_free(&e->scratch);
	priority_log_free(&e->bump_log);
	buf_free(&e->look.text);
	buf_free(&e->look.id);
	buf_free(&e->look.record);
	error_groups_free(&e->groups);
	past_attempts_free(&e->past);
	query_close(&e->query);
	packing_free(e->packing);
	free(e);
}

void engine_add_route(struct engine *e, const struct route_config *route)
{
	routes_add(&e->routes, route);
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

int64_t engine_now(struct engine *e)
{
	if (e->clock.mono_us) {
		e->now_us = e->clock.mono_us();
		e->wall_us = e->clock.wall_us();
	}
	return e->now_us;
}

void engine_set_interactive(struct engine *e, bool interactive)
{
	static const char why[] = "paused when its terminal went away: the same command goes on";

	e->interactive = interactive;
	if (interactive || e->mode != MODE_PAUSED)
		return;
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->events, e->wall_us, EVENT_WARNING, "%s", why);
}

/* ---- starting ---- */

static struct attempt *attempt_take(struct engine *e)
{
	struct attempt *a = e->free_attempts;

	if (a) {
		e->free_attempts = a->next;
	} else {
		a = xcalloc(1, sizeof(*a));
		buf_init(&a->id, REQUEST_MAX_ID);
		buf_init(&a->metadata, SOURCE_MAX_LINE);
	}
	a->cancel_item = false;
	a->transfer = NULL;
	a->pack = a->pack_next = NULL;
	a->prev = e->newest;
	a->next = NULL;
	*(e->newest ? &e->newest->next : &e->oldest) = a;
	e->newest = a;
	e->in_flight++;
	return a;
}

void engine_attempt_drop(struct engine *e, struct attempt *a)
{
	*(a->prev ? &a->prev->next : &e->oldest) = a->next;
	*(a->next ? &a->next->prev : &e->newest) = a->prev;
	e->in_flight--;
	buf_trim(&a->id, KEEP_ATTEMPT_BYTES);
	buf_trim(&a->metadata, KEEP_ATTEMPT_BYTES);
	secrets_clear(&a->secrets);
	a->next = e->free_attempts;
	e->free_attempts = a;
}

struct attempt *engine_attempt_of(const struct engine *e, uint32_t item)
{
	struct attempt *a = e->oldest;

	if (items_at(&e->items, item)->state != ITEM_IN_FLIGHT)
		return NULL;
	while (a && a->item != item)
		a = a->next;
	return a;
}

struct item *engine_unit(const struct engine *e, const struct attempt *a)
{
	return a->task == ITEM_NONE ? items_at(&e->items, a->item)
				    : stages_task(e->stages, a->task);
}

/* A line that makes no request after all: it needs a base URL and there is none. */
static void refuse_prepared(struct engine *e, struct prepared *p, const char *why)
{
	const struct item *item = items_at(&e->items, p->item);
	struct verdict v = {
		.outcome = OUTCOME_BAD_INPUT, .wait_us = -1, .tokens_in = -1, .tokens_out = -1};
	struct result_item result = {.line = item->line,
		.line_hash = line_hash_of(&e->line_key, p->text.data, p->text.len)};

	if (p->task != ITEM_NONE) {
		stages_refused(e, p->task, OUTCOME_BAD_INPUT, why);
		return;
	}
	buf_clear(&e->scratch);
	request_id(&p->line, item->line, &e->scratch);
	result.id = e->scratch.data;
	result.id_len = e->scratch.len;
	snprintf(v.code, sizeof(v.code), "%s", outcome_name(v.outcome));
	snprintf(v.message, sizeof(v.message), "line %" PRIu32 ": %s", item->line, why);
	events_add(&e->events, e->wall_us, EVENT_WARNING, "%s", v.message);
	record_final(e, p->item, ITEM_FAILED, &result, NULL, &v);
}

/* What the request will cost, before the answer tells it. */
void engine_estimate(struct engine *e, struct prepared *p)
{
	size_t model_len = p->line.model.len;

	p->model[0] = '\0';
	if (model_len > 2)
		text_sanitise(p->model, sizeof(p->model), p->line.model.at + 1, model_len - 2);
	p->tokens =
		estimate_tokens(&e->estimate, p->model, p->line.prompt_bytes, p->line.max_tokens);
	p->spending.in = fmin(p->tokens, request_estimate_tokens(&p->line));
	p->spending.out = p->tokens - p->spending.in;
}

/* The next ready item; while the endpoint is set aside one of the held ones, as a probe. */
static uint32_t next_item(struct engine *e)
{
	uint32_t i = scheduler_pop(&e->scheduler);

	if (i == ITEM_NONE && e->first_held < e->n_held && routes_parked(&e->routes, e->now_us) &&
		engine_release_one(e))
		i = scheduler_pop(&e->scheduler);
	return i;
}

/* Does the pause, which lets retries go on, keep this item? */
static bool waits_for_resume(const struct engine *e, uint32_t item)
{
	return e->mode == MODE_PAUSED && !items_at(&e->items, item)->attempts;
}

/* In front of its queue, behind which no retry can stand: those are put in front, too. */
static void put_back(struct engine *e)
{
	e->prepared.there = false;
	scheduler_ready(&e->scheduler, e->prepared.item, true);
}

bool engine_prepare(struct engine *e)
{
	struct prepared *p = &e->prepared;
	struct error err = {""};

	if (p->there && waits_for_resume(e, p->item))
		put_back(e);
	while (!p->there) {
		p->item = next_item(e);
		if (p->item == ITEM_NONE)
			return false;
		if (waits_for_resume(e, p->item)) {
			put_back(e);
			return false;
		}
		if (!engine_line_fetch(e, p->item, &p->text))
			return false;
		p->line = (struct request_line){0};
		if (!template_request(e->config.template, e->config.format, p->text.data,
			    p->text.len, &p->made, &p->line, &err)) {
			refuse_prepared(e, p, err.text);
			continue;
		}
		engine_estimate(e, p);
		p->there = true;
		p->looked = false;
	}
	return true;
}

/* What results and records will tell of the attempt's item. */
static void describe(struct engine *e, const struct prepared *p, struct attempt *a)
{
	if (a->task != ITEM_NONE) {
		stages_describe(e->stages, a);
		return;
	}
	buf_clear(&a->id);
	request_id(&p->line, items_at(&e->items, a->item)->line, &a->id);
	buf_clear(&a->metadata);
	if (p->line.metadata.at)
		json_add_one_line(&a->metadata, p->line.metadata);
	a->line_hash = line_hash_of(&e->line_key, p->text.data, p->text.len);
}

struct attempt *engine_attempt_begin(struct engine *e, struct prepared *p, int way)
{
	struct attempt *a = attempt_take(e);

	p->there = false;
	a->item = p->item;
	a->task = p->task;
	a->route = way;
	a->started_us = e->now_us;
	a->provider = provider_of(e->routes.at[way].endpoint->provider, &p->line);
	memcpy(a->model, p->model, sizeof(a->model));
	a->prompt_bytes = p->line.prompt_bytes;
	a->spending = p->spending;
	a->keyed = reuse_key(e, p, way, &a->key);
	describe(e, p, a);
	engine_unit(e, a)->attempts++;
	if (a->task != ITEM_NONE)
		stages_started(e, a->task);
	else
		items_set_state(&e->items, p->item, ITEM_IN_FLIGHT);
	budget_reserve(&e->budget, a->spending);
	return a;
}

/* It cannot be started at all: the run ends. */
static void not_started(struct engine *e, struct attempt *a, const char *why)
{
	while (a) {
		struct attempt *rider = a->pack_next;

		if (a->task == ITEM_NONE) {
			items_set_state(&e->items, a->item, ITEM_QUEUED);
			scheduler_ready(&e->scheduler, a->item, true);
		} else {
			stages_again(e, a->task);
		}
		e->riders -= a->pack && a->pack != a;
		engine_attempt_drop(e, a);
		a = rider;
	}
	engine_abort(e, why, e->wall_us);
}

int engine_start(struct engine *e, struct prepared *p, int way)
{
	struct route *route = &e->routes.at[way];
	double tokens = p->tokens;
	struct error err = {""};
	struct attempt *a;
	int riders = 0;

	if (!request_build(route->endpoint, &p->line, &e->request, &err)) {
		p->there = false;
		refuse_prepared(e, p, err.text);
		return 0;
	}
	a = engine_attempt_begin(e, p, way);
	if (e->packing)
		riders = pack_gather(e, a, &tokens);
	lane_sent(route->lane, e->now_us, tokens, &a->ticket);
	route_started(route);
	stats_started(&e->stats, engine_unit(e, a)->attempts > 1);
	scrub_note_request(a, &e->request);
	streaming_prepare(e, a, &e->request);
	/* gathering may have met a line that ends the run */
	if (e->mode != MODE_STOPPING)
		a->transfer = e->ops.start(e->ctx, way, &e->request, a, &err);
	if (a->pack)
		pack_started(a);
	if (!a->transfer)
		not_started(e, a, err.text);
	return riders;
}

/* The next request would pass the budget: what is in flight finishes, then the run stops. */
static void stop_for_budget(struct engine *e)
{
	char why[160];

	snprintf(why, sizeof(why),
		"budget reached: %.0f tokens, $%.2f spent; raise it and run again to go on",
		e->budget.spent.in + e->budget.spent.out, budget_cost(&e->budget, e->budget.spent));
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->events, e->wall_us, EVENT_WARNING, "%s", why);
}

bool engine_over_budget(struct engine *e, const struct prepared *p, enum bound *bound)
{
	if (budget_allows(&e->budget, p->spending))
		return false;
	*bound = BOUND_CONCURRENCY; /* until the next answer is settled */
	if (e->in_flight && budget_may_allow(&e->budget, p->spending))
		return true;
	stop_for_budget(e);
	*bound = BOUND_DONE;
	return true;
}

/* Why nothing starts although the lane would let it. */
enum bound engine_bound_without_work(const struct engine *e)
{
	if (e->mode == MODE_PAUSED)
		return BOUND_PAUSE;
	if (!e->input_ended)
		return BOUND_INPUT;
	if (engine_only_by_hand(e))
		return BOUND_PAUSE;
	return e->items.counts.waiting ? BOUND_BACKOFF : BOUND_DONE;
}

/* It may only go where there is no room: others need not wait for it. */
static void step_aside(struct engine *e, int64_t until_us)
{
	uint32_t i = e->prepared.item;

	e->prepared.there = false;
	items_set_state(&e->items, i, ITEM_WAITING);
	scheduler_wait(&e->scheduler, i,
		until_us < e->now_us + ASIDE_US ? until_us : e->now_us + ASIDE_US);
}

static enum bound start_ready(struct engine *e, int64_t *wake_us)
{
	for (int n = 0; n < ENGINE_STARTS; n++) {
		struct route_choice choice;
		const struct item *item;
		enum bound bound;

		if (e->disk_full || (e->mode == MODE_PAUSED && !e->retries_go_on))
			return BOUND_PAUSE;
		if (e->mode == MODE_DRAINING || e->mode == MODE_STOPPING)
			return BOUND_DONE;
		if (!e->routes.at[0].endpoint)
			return BOUND_INPUT;
		if (e->stages) {
			if (!stages_start(e, wake_us, &bound))
				return bound;
			continue;
		}
		if (!engine_prepare(e))
			return engine_bound_without_work(e);
		item = items_at(&e->items, e->prepared.item);
		if (item->state != ITEM_QUEUED || item->ending) {
			e->prepared.there = false;
			continue;
		}
		if (e->reuse && !e->prepared.looked && reuse_take(e))
			continue;
		if (engine_over_budget(e, &e->prepared, &bound))
			return bound;
		choice = routes_pick(
			&e->routes, e->now_us, e->prepared.tokens, (int)item->avoid - 1);
		if (choice.route == ROUTE_NONE && item->avoid) {
			step_aside(e, choice.at_us);
			continue;
		}
		if (choice.route == ROUTE_NONE) {
			*wake_us = choice.at_us;
			return choice.bound;
		}
		n += engine_start(e, &e->prepared, choice.route);
	}
	*wake_us = e->now_us;
	return BOUND_NONE;
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

int64_t engine_turn(struct engine *e, int64_t now_us, int64_t wall_us)
{
	int64_t wake_us = NEVER_US, due_us;
	uint32_t i;

	e->now_us = now_us;
	e->wall_us = wall_us;
	stats_advance(&e->stats, now_us, engine_requests(e), routes_concurrency(&e->routes));
	if (e->stages)
		stages_turn(e);
	while ((i = scheduler_pop_due(&e->scheduler, now_us)) != ITEM_NONE) {
		items_set_state(&e->items, i, ITEM_QUEUED);
		scheduler_ready(&e->scheduler, i, true);
	}
	engine_redo_doubtful(e);
	engine_mind_held(e);
	engine_mind_by_hand(e);
	bulk_step(e, QUERY_STEP_UNITS);
	if (e->reorder && !bulk_has_work(e)) {
		scheduler_reorder(&e->scheduler);
		if (e->stages)
			stages_reorder(e->stages);
		e->reorder = false;
	}
	why_set(&e->why, now_us, start_ready(e, &wake_us));
	journal_changes(e);
	journal_learnt(e, false);
	note_end(e);
	if (bulk_has_work(e) || reuse_wants_turn(e))
		return now_us;
	due_us = e->stages ? stages_next_due(e->stages) : scheduler_next_due(&e->scheduler);
	return due_us < wake_us ? due_us : wake_us;
}
