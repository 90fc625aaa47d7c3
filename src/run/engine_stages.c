/* Rows on their way through a pipeline: which are open, what of them is ready, what starts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "run/engine_cache.h"
#include "run/ledger_stages.h"
#include "run/stages.h"

enum {
	OPEN_SPARE = 64, /* rows open beyond twice what may be in flight */
	OPEN_MAX = 8192,
	KEEP_OPEN_BYTES = 4096, /* of text that a free slot keeps for the next row */
};

struct stages *stages_new(const struct pipeline *p, const struct stage_request *requests)
{
	struct stages *s = xcalloc(1, sizeof(*s));

	s->pipeline = p;
	s->request = requests;
	s->first_free = ITEM_NONE;
	items_init(&s->tasks);
	for (int i = 0; i < p->n; i++) {
		scheduler_init(&s->queue[i].scheduler, &s->tasks);
		prepared_init(&s->queue[i].prepared);
	}
	kept_outputs_init(&s->kept);
	buf_init(&s->row, SOURCE_MAX_LINE);
	buf_init(&s->text, SIZE_MAX / 2);
	return s;
}

static void free_failure(struct open_item *o)
{
	if (o->failure)
		free((char *)o->failure->answer.body);
	free(o->failure);
	o->failure = NULL;
}

void stages_free(struct stages *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->pipeline->n; i++) {
		scheduler_free(&s->queue[i].scheduler);
		prepared_free(&s->queue[i].prepared);
		free(s->queue[i].held);
	}
	for (uint32_t i = 0; i < s->slots; i++) {
		flow_free(&s->open[i].flow);
		free_failure(&s->open[i]);
		buf_free(&s->open[i].id);
		buf_free(&s->open[i].metadata);
	}
	free(s->open);
	free(s->unwritten);
	items_free(&s->tasks);
	kept_outputs_free(&s->kept);
	buf_free(&s->row);
	buf_free(&s->text);
	free(s);
}

/* ---- tasks ---- */

struct item *stages_task(const struct stages *s, uint32_t task)
{
	return items_at(&s->tasks, task);
}

int stages_max_attempts(const struct stages *s, ptrdiff_t stage)
{
	return (int)s->pipeline->stage[stage].max_attempts;
}

int stages_stage_of(const struct stages *s, uint32_t task)
{
	return (int)(task % (uint32_t)s->pipeline->n);
}

static uint32_t slot_of_task(const struct stages *s, uint32_t task)
{
	return task / (uint32_t)s->pipeline->n;
}

static uint32_t task_of(const struct stages *s, uint32_t slot, int stage)
{
	return slot * (uint32_t)s->pipeline->n + (uint32_t)stage;
}

/* An open item's link is its slot. */
uint32_t stages_slot_of(const struct stages *s, const struct engine *e, uint32_t item)
{
	uint32_t slot = items_at(&e->items, item)->link;

	return slot < s->slots && s->open[slot].item == item ? slot : ITEM_NONE;
}

void stages_task_state(struct engine *e, uint32_t task, enum item_state state)
{
	struct stages *s = e->stages;
	struct stage_queue *q = &s->queue[stages_stage_of(s, task)];

	q->in_state[stages_task(s, task)->state]--;
	q->in_state[state]++;
	items_set_state(&s->tasks, task, state);
}

static void make_ready(struct engine *e, uint32_t task, bool front)
{
	struct stages *s = e->stages;

	stages_task_state(e, task, ITEM_QUEUED);
	scheduler_ready(&s->queue[stages_stage_of(s, task)].scheduler, task, front);
}

void stages_again(struct engine *e, uint32_t task)
{
	struct stages *s = e->stages;
	uint32_t slot = slot_of_task(s, task);

	flow_again(&s->open[slot].flow, stages_stage_of(s, task));
	make_ready(e, task, true);
	stages_refresh(e, slot);
}

/* ---- the item's state ---- */

void stages_refresh(struct engine *e, uint32_t slot)
{
	/* the most active one counts */
	static const enum item_state order[] = {
		ITEM_IN_FLIGHT, ITEM_QUEUED, ITEM_WAITING, ITEM_HELD};
	const struct stages *s = e->stages;
	const struct open_item *o = &s->open[slot];
	struct item *item = items_at(&e->items, o->item);
	uint32_t found = 0;
	enum item_state state = ITEM_QUEUED; /* with its last answer on the way to the journal */

	if (item->ending)
		return;
	for (int i = 0; i < s->pipeline->n; i++)
		found |= UINT32_C(1) << stages_task(s, task_of(s, slot, i))->state;
	for (int i = 3; i >= 0; i--)
		if (found & UINT32_C(1) << order[i])
			state = order[i];
	if (item->by_hand && state != ITEM_IN_FLIGHT) {
		if (item->state != ITEM_HELD)
			engine_hold_by_hand(e, o->item);
		return;
	}
	if (item->state != state)
		items_set_state(&e->items, o->item, state);
}

/* ---- opening ---- */

static void add_slot(struct stages *s)
{
	uint32_t slot = s->slots++;
	struct open_item *o;

	if (!(slot & (slot - 1))) /* doubles */
		s->open = xrealloc(s->open, slot ? (size_t)slot * 2 : 1, sizeof(*s->open));
	o = &s->open[slot];
	memset(o, 0, sizeof(*o));
	buf_init(&o->id, REQUEST_MAX_ID);
	buf_init(&o->metadata, SOURCE_MAX_LINE);
	o->item = ITEM_NONE;
	o->next_free = s->first_free;
	s->first_free = slot;
	for (int i = 0; i < s->pipeline->n; i++) {
		items_set_state(&s->tasks, items_add(&s->tasks), TASK_IDLE);
		s->queue[i].in_state[TASK_IDLE]++;
	}
}

static uint32_t take_slot(struct stages *s, uint32_t item, int8_t priority)
{
	uint32_t slot;

	if (s->first_free == ITEM_NONE)
		add_slot(s);
	slot = s->first_free;
	s->first_free = s->open[slot].next_free;
	s->open[slot].item = item;
	s->n_open++;
	for (int i = 0; i < s->pipeline->n; i++) {
		struct item *task = stages_task(s, task_of(s, slot, i));

		task->attempts = 0;
		task->real_attempts = task->rate_attempts = 0;
		task->status = 0;
		task->outcome = OUTCOME_OK;
		task->priority = priority;
	}
	return slot;
}

void stages_close(struct engine *e, uint32_t slot)
{
	struct stages *s = e->stages;
	struct open_item *o = &s->open[slot];

	stages_withhold(e, slot);
	flow_free(&o->flow);
	free_failure(o);
	buf_trim(&o->id, KEEP_OPEN_BYTES);
	buf_trim(&o->metadata, KEEP_OPEN_BYTES);
	o->cancelled = false;
	o->journaled = 0;
	o->recorded = 0;
	o->item = ITEM_NONE;
	o->next_free = s->first_free;
	s->first_free = slot;
	s->n_open--;
}

struct taking {
	struct engine *e;
	struct open_item *o;
};

/* What a stage answered in an earlier session, or before the item failed. */
static void take_kept(void *ctx, int stage, uint64_t offset)
{
	struct taking *t = ctx;
	struct stages *s = t->e->stages;
	struct open_item *o = t->o;
	struct ledger_stage kept;

	if (!ledger_read_stage(t->e->ledger, offset, &kept, &s->text) ||
		kept.line_hash != o->line_hash || kept.request_hash != s->request[stage].hash ||
		kept.id_len != o->id.len || memcmp(kept.id, o->id.data, kept.id_len) != 0)
		return;
	flow_done(&o->flow, stage, kept.status, kept.body, kept.body_len);
	o->record[stage] = offset;
	o->recorded |= UINT32_C(1) << stage;
	s->queue[stage].done++;
	stages_add_tokens(o, kept.tokens_in, kept.tokens_out);
}

void engine_replay_stage(void *engine, const struct ledger_stage *kept)
{
	struct engine *e = engine;
	struct stages *s = e->stages;
	uint64_t id_hash = hash_bytes(kept->id, kept->id_len);
	int stage = pipeline_find(s->pipeline, kept->stage, kept->stage_len);
	uint32_t at;
	bool known = idmap_get(&e->ended_by_id, id_hash, &at);

	if (stage < 0 || (known && e->ended[at].state == ITEM_OK))
		return;
	if (kept->forget)
		kept_outputs_forget(&s->kept, id_hash, stage);
	else
		kept_outputs_add(&s->kept, id_hash, stage, kept->offset);
	/* that of an item which ended has been counted with it */
	if (known)
		return;
	e->budget.spent.in += kept->tokens_in > 0 ? (double)kept->tokens_in : 0;
	e->budget.spent.out += kept->tokens_out > 0 ? (double)kept->tokens_out : 0;
}

/* Opens a queued item; false when its line cannot be read and the run stops. */
static bool open_item(struct engine *e, uint32_t i)
{
	struct stages *s = e->stages;
	struct item *item = items_at(&e->items, i);
	uint32_t slot;
	struct open_item *o;
	struct request_line line = {0};
	struct error err = {""};

	if (!e->ops.fetch(e->ctx, item->offset, item->length, &s->text, &err)) {
		engine_abort(e, err.text, e->wall_us);
		return false;
	}
	slot = take_slot(s, i, item->priority);
	o = &s->open[slot];
	item->link = slot;
	o->line_hash = hash_bytes(s->text.data, s->text.len);
	o->tokens_in = o->tokens_out = -1;
	if (!template_request(e->config.template, e->config.format, s->text.data, s->text.len,
		    &s->row, &line, &err)) {
		engine_bad_line_id(s->text.data, s->text.len, item->line, &o->id);
		flow_begin(&o->flow, s->pipeline, "", 0);
		stages_refused(e, task_of(s, slot, 0), OUTCOME_BAD_INPUT, err.text);
		return true;
	}
	buf_clear(&o->id);
	request_id(&line, item->line, &o->id);
	buf_clear(&o->metadata);
	if (line.metadata.at)
		json_add_one_line(&o->metadata, line.metadata);
	flow_begin(&o->flow, s->pipeline, buf_str(&s->row), s->row.len);
	kept_outputs_each(&s->kept, item->id_hash, take_kept, &(struct taking){e, o});
	stages_go_on(e, slot);
	return true;
}

/* Is there a first stage without anything to send, and memory for another row? */
static bool wants_row(const struct engine *e)
{
	const struct stages *s = e->stages;
	int64_t most = 2 * (int64_t)routes_concurrency(&e->routes) + OPEN_SPARE;

	if (s->n_open >= (most < OPEN_MAX ? most : OPEN_MAX))
		return false;
	for (int i = 0; i < s->pipeline->n; i++)
		if (!s->pipeline->stage[i].after && !s->queue[i].in_state[ITEM_QUEUED])
			return true;
	return false;
}

/* Opens the next row; false when there is none or it should not be. */
static bool open_next(struct engine *e)
{
	uint32_t i;

	if (e->mode == MODE_PAUSED || !wants_row(e))
		return false;
	i = scheduler_pop(&e->scheduler);
	return i != ITEM_NONE && open_item(e, i);
}

/* ---- queues ---- */

void stages_queue_ready(struct engine *e, uint32_t slot)
{
	struct stages *s = e->stages;
	struct open_item *o = &s->open[slot];

	if (o->cancelled || items_at(&e->items, o->item)->by_hand ||
		o->journaled > ledger_journal_written(e->ledger))
		return;
	for (int i = 0; i < s->pipeline->n; i++) {
		uint32_t task = task_of(s, slot, i);

		if (o->flow.stage[i] == FLOW_READY && stages_task(s, task)->state == TASK_IDLE)
			make_ready(e, task, false);
	}
}

void stages_withhold(struct engine *e, uint32_t slot)
{
	struct stages *s = e->stages;
	struct open_item *o = &s->open[slot];

	for (int i = 0; i < s->pipeline->n; i++) {
		struct stage_queue *q = &s->queue[i];
		uint32_t task = task_of(s, slot, i);
		enum item_state state = stages_task(s, task)->state;

		if (state == TASK_IDLE || state == ITEM_IN_FLIGHT)
			continue;
		if (state == ITEM_WAITING)
			scheduler_unwait(&q->scheduler, task);
		if (q->prepared.there && q->prepared.task == task)
			q->prepared.there = false;
		stages_task_state(e, task, TASK_IDLE);
		if (o->flow.stage[i] == FLOW_WAITING)
			flow_again(&o->flow, i);
	}
}

void stages_bump(struct engine *e, uint32_t slot)
{
	struct stages *s = e->stages;
	int8_t priority = items_at(&e->items, s->open[slot].item)->priority;

	for (int i = 0; i < s->pipeline->n; i++) {
		struct item *task = stages_task(s, task_of(s, slot, i));

		task->priority = priority;
		e->reorder = e->reorder || task->linked;
	}
}

void stages_forgive(struct engine *e, uint32_t slot)
{
	for (int i = 0; i < e->stages->pipeline->n; i++) {
		struct item *task = stages_task(e->stages, task_of(e->stages, slot, i));

		task->real_attempts = task->rate_attempts = 0;
	}
}

void stages_reorder(struct stages *s)
{
	for (int i = 0; i < s->pipeline->n; i++)
		scheduler_reorder(&s->queue[i].scheduler);
}

void stages_flushed(struct engine *e)
{
	struct stages *s = e->stages;
	uint64_t written = ledger_journal_written(e->ledger);
	size_t left = 0;

	for (size_t i = 0; i < s->n_unwritten; i++) {
		uint32_t slot = s->unwritten[i];

		if (s->open[slot].item == ITEM_NONE)
			continue;
		if (s->open[slot].journaled > written) {
			s->unwritten[left++] = slot;
			continue;
		}
		stages_queue_ready(e, slot);
		stages_refresh(e, slot);
	}
	s->n_unwritten = left;
}

static bool release_one(struct engine *e, struct stage_queue *q)
{
	struct stages *s = e->stages;

	while (q->first_held < q->n_held) {
		uint32_t task = q->held[q->first_held++];

		if (stages_task(s, task)->state != ITEM_HELD)
			continue;
		make_ready(e, task, true);
		stages_refresh(e, slot_of_task(s, task));
		return true;
	}
	q->first_held = q->n_held = 0;
	return false;
}

bool stages_any_held(const struct stages *s)
{
	for (int i = 0; i < s->pipeline->n; i++)
		if (s->queue[i].in_state[ITEM_HELD])
			return true;
	return false;
}

uint64_t stages_release_held(struct engine *e)
{
	uint64_t n = 0;

	for (int i = 0; i < e->stages->pipeline->n; i++)
		while (release_one(e, &e->stages->queue[i]))
			n++;
	return n;
}

void stages_turn(struct engine *e)
{
	struct stages *s = e->stages;
	uint32_t task;

	for (int i = 0; i < s->pipeline->n; i++) {
		struct stage_queue *q = &s->queue[i];

		while ((task = scheduler_pop_due(&q->scheduler, e->now_us)) != ITEM_NONE) {
			flow_again(&s->open[slot_of_task(s, task)].flow, i);
			make_ready(e, task, true);
			stages_refresh(e, slot_of_task(s, task));
		}
		if (!q->in_state[ITEM_HELD] || lane_parked(e->routes.at[i].lane))
			continue;
		while (release_one(e, q))
			;
	}
}

int64_t stages_next_due(const struct stages *s)
{
	int64_t next_us = NEVER_US;

	for (int i = 0; i < s->pipeline->n; i++) {
		int64_t due_us = scheduler_next_due(&s->queue[i].scheduler);

		next_us = due_us < next_us ? due_us : next_us;
	}
	return next_us;
}

void stages_woke(struct stages *s, int64_t slept_us)
{
	for (int i = 0; i < s->pipeline->n; i++)
		scheduler_shift(&s->queue[i].scheduler, slept_us);
}

/* ---- starting ---- */

/* The next ready task of a stage; while its endpoint is set aside a held one, as a probe. */
static uint32_t next_task(struct engine *e, int stage)
{
	struct stage_queue *q = &e->stages->queue[stage];
	uint32_t task = scheduler_pop(&q->scheduler);

	if (task == ITEM_NONE && q->in_state[ITEM_HELD] && lane_parked(e->routes.at[stage].lane) &&
		release_one(e, q))
		task = scheduler_pop(&q->scheduler);
	return task;
}

/* Fills the stage's request for the task; false when that cannot be. */
static bool fill(struct engine *e, int stage, uint32_t task)
{
	struct stages *s = e->stages;
	struct prepared *p = &s->queue[stage].prepared;
	const struct open_item *o = &s->open[slot_of_task(s, task)];
	struct stage_lack lack;
	struct error err = {""};

	p->line = (struct request_line){0};
	p->looked = false;
	if (stage_request_fill(&s->request[stage], &o->flow, &p->text, &p->line, &lack, &err)) {
		p->task = task;
		p->item = o->item;
		engine_estimate(e, p);
		return true;
	}
	if (lack.stage >= 0)
		stages_forget(e, slot_of_task(s, task), lack.stage);
	stages_refused(
		e, task, lack.stage >= 0 ? OUTCOME_BAD_RESPONSE : OUTCOME_BAD_INPUT, err.text);
	return false;
}

/* Has the stage something to send? A pause lets only go what was sent before. */
static bool prepare(struct engine *e, int stage)
{
	struct stages *s = e->stages;
	struct prepared *p = &s->queue[stage].prepared;

	for (;;) {
		uint32_t task = p->there ? p->task : next_task(e, stage);

		if (task == ITEM_NONE)
			return false;
		if (e->mode == MODE_PAUSED && !stages_task(s, task)->attempts) {
			p->there = false;
			scheduler_ready(&s->queue[stage].scheduler, task, true);
			return false;
		}
		p->there = p->there || fill(e, stage, task);
		if (p->there)
			return true;
	}
}

bool stages_start(struct engine *e, int64_t *wake_us, enum bound *bound)
{
	struct stages *s = e->stages;
	uint32_t most_ready = 0;

	*bound = BOUND_NONE;
	for (int i = s->pipeline->n - 1; i >= 0; i--) {
		struct stage_queue *q = &s->queue[i];
		struct route_choice choice;

		if (!prepare(e, i))
			continue;
		if (e->reuse && !q->prepared.looked && reuse_take_stage(e, &q->prepared, i))
			return true;
		if (engine_over_budget(e, &q->prepared, bound))
			return false;
		choice = routes_ask(&e->routes, i, e->now_us, q->prepared.tokens);
		if (choice.route != ROUTE_NONE) {
			engine_start(e, &q->prepared, i);
			return true;
		}
		*wake_us = choice.at_us < *wake_us ? choice.at_us : *wake_us;
		if (q->in_state[ITEM_QUEUED] > most_ready) {
			most_ready = q->in_state[ITEM_QUEUED];
			*bound = choice.bound;
		}
	}
	if (open_next(e))
		return true;
	if (*bound == BOUND_NONE)
		*bound = engine_bound_without_work(e);
	return false;
}

void stages_describe(const struct stages *s, struct attempt *a)
{
	const struct open_item *o = &s->open[slot_of_task(s, a->task)];

	buf_clear(&a->id);
	buf_add(&a->id, o->id.data, o->id.len);
	buf_clear(&a->metadata);
	a->line_hash = o->line_hash;
}

void stages_started(struct engine *e, uint32_t task)
{
	struct stages *s = e->stages;
	uint32_t slot = slot_of_task(s, task);

	items_at(&e->items, s->open[slot].item)->attempts++;
	flow_sent(&s->open[slot].flow, stages_stage_of(s, task));
	stages_task_state(e, task, ITEM_IN_FLIGHT);
	stages_refresh(e, slot);
}
