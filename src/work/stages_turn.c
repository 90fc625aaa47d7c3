/* Rows on their way through a pipeline: what of them is ready, what starts. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "work/reuse.h"
#include "work/stages.h"

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
		open_item_free_failure(&s->open[i]);
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
	uint32_t slot = stages_slot_of_task(s, task);

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
		found |= UINT32_C(1) << stages_task(s, stages_task_of(s, slot, i))->state;
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

/* ---- queues ---- */

void stages_queue_ready(struct engine *e, uint32_t slot)
{
	struct stages *s = e->stages;
	struct open_item *o = &s->open[slot];

	if (o->cancelled || items_at(&e->items, o->item)->by_hand ||
		o->journaled > ledger_journal_written(e->ledger))
		return;
	for (int i = 0; i < s->pipeline->n; i++) {
		uint32_t task = stages_task_of(s, slot, i);

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
		uint32_t task = stages_task_of(s, slot, i);
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
		struct item *task = stages_task(s, stages_task_of(s, slot, i));

		task->priority = priority;
		e->reorder = e->reorder || task->linked;
	}
}

void stages_forgive(struct engine *e, uint32_t slot)
{
	for (int i = 0; i < e->stages->pipeline->n; i++) {
		struct item *task = stages_task(e->stages, stages_task_of(e->stages, slot, i));

		task->real_attempts = task->rate_attempts = task->missed = 0;
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
		stages_refresh(e, stages_slot_of_task(s, task));
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

/* Stages with one lane have one key. */
static bool has_passed(const struct routes *r, const struct lane *lane)
{
	for (int i = 0; i < r->n; i++)
		if (r->at[i].lane == lane && r->at[i].ok)
			return true;
	return false;
}

const char *stages_refused_from_start(const struct engine *e)
{
	for (int i = 0; i < e->stages->pipeline->n; i++)
		if (e->stages->queue[i].in_state[ITEM_HELD] &&
			!has_passed(&e->routes, e->routes.at[i].lane))
			return e->routes.at[i].name;
	return NULL;
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
			flow_again(&s->open[stages_slot_of_task(s, task)].flow, i);
			make_ready(e, task, true);
			stages_refresh(e, stages_slot_of_task(s, task));
		}
		if (!q->in_state[ITEM_HELD] || lane_parked(e->routes.at[i].lane))
			continue;
		while (release_one(e, q))
			;
	}
}

bool stages_all_refused(const struct stages *s)
{
	for (int i = 0; i < s->pipeline->n; i++) {
		const struct prepared *p = &s->queue[i].prepared;

		if ((p->there && !stages_task(s, p->task)->rate_attempts) ||
			!scheduler_all_refused(&s->queue[i].scheduler))
			return false;
	}
	return true;
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
	const struct open_item *o = &s->open[stages_slot_of_task(s, task)];
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
		stages_forget(e, stages_slot_of_task(s, task), lack.stage);
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
	if (stages_open_next(e))
		return true;
	if (*bound == BOUND_NONE)
		*bound = engine_bound_without_work(e);
	return false;
}

void stages_describe(const struct stages *s, struct attempt *a)
{
	const struct open_item *o = &s->open[stages_slot_of_task(s, a->task)];

	buf_clear(&a->id);
	buf_add(&a->id, o->id.data, o->id.len);
	buf_clear(&a->metadata);
	a->line_hash = o->line_hash;
}

void stages_started(struct engine *e, uint32_t task)
{
	struct stages *s = e->stages;
	uint32_t slot = stages_slot_of_task(s, task);

	items_at(&e->items, s->open[slot].item)->attempts++;
	s->open[slot].retries += stages_task(s, task)->attempts > 1;
	flow_sent(&s->open[slot].flow, stages_stage_of(s, task));
	stages_task_state(e, task, ITEM_IN_FLIGHT);
	stages_refresh(e, slot);
}
