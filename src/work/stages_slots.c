/* The places of open rows: each row has a slot, and at each stage the task of that place. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/held.h"
#include "work/stages_impl.h"

enum { KEEP_OPEN_BYTES = 4096 /* of text that a free slot keeps for the next row */ };

/* ---- the tasks of a row ---- */

/* An open item's link is its slot. */
uint32_t stages_slot_of(const struct stages *s, uint32_t item)
{
	uint32_t slot = items_at(&s->work.engine->items, item)->link;

	return slot < s->slots && s->open[slot].item == item ? slot : ITEM_NONE;
}

void stages_idle(struct stages *s, int stage, uint32_t slot)
{
	items_set_state(&s->stage[stage].tasks, slot, TASK_IDLE);
}

void stages_refresh(struct stages *s, uint32_t slot)
{
	/* the most active one counts */
	static const enum item_state order[] = {
		ITEM_IN_FLIGHT, ITEM_QUEUED, ITEM_WAITING, ITEM_HELD};
	struct engine *e = s->work.engine;
	const struct open_row *o = &s->open[slot];
	struct item *item = items_at(&e->items, o->item);
	uint32_t found = 0;
	enum item_state state = ITEM_QUEUED; /* its last answer is not in the journal yet */

	if (item->ending)
		return;
	for (int i = 0; i < s->pipeline->n; i++)
		found |= UINT32_C(1) << stages_task(s, i, slot)->state;
	for (int i = 3; i >= 0; i--)
		if (found & UINT32_C(1) << order[i])
			state = order[i];
	if (item->by_hand && state != ITEM_IN_FLIGHT) {
		if (item->state != ITEM_HELD)
			held_by_hand(e, o->item);
		return;
	}
	if (item->state != state)
		items_set_state(&e->items, o->item, state);
}

void stages_queue_ready(struct stages *s, uint32_t slot)
{
	struct engine *e = s->work.engine;
	struct open_row *o = &s->open[slot];

	if (o->cancelled || items_at(&e->items, o->item)->by_hand ||
		o->journaled > ledger_journal_written(e->recorder.ledger))
		return;
	for (int i = 0; i < s->pipeline->n; i++)
		if (o->flow.stage[i] == FLOW_READY && stages_task(s, i, slot)->state == TASK_IDLE)
			queue_ready(&s->stage[i].queue, slot, false);
}

void stages_withhold(struct stages *s, uint32_t slot)
{
	struct open_row *o = &s->open[slot];

	for (int i = 0; i < s->pipeline->n; i++) {
		enum item_state state = stages_task(s, i, slot)->state;

		if (state == TASK_IDLE || state == ITEM_IN_FLIGHT)
			continue;
		sources_take_out(&s->work.engine->sources, &s->stage[i].queue, slot);
		stages_idle(s, i, slot);
		if (o->flow.stage[i] == FLOW_WAITING)
			flow_again(&o->flow, i);
	}
}

/* ---- slots ---- */

void open_row_free_failure(struct open_row *o)
{
	if (o->failure)
		free((char *)o->failure->answer.body);
	free(o->failure);
	o->failure = NULL;
}

static void add_slot(struct stages *s)
{
	uint32_t slot = s->slots++;
	struct open_row *o;

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
		items_add(&s->stage[i].tasks);
		stages_idle(s, i, slot);
	}
}

uint32_t stages_take_slot(struct stages *s, uint32_t item, int8_t priority)
{
	uint32_t slot;

	if (s->first_free == ITEM_NONE)
		add_slot(s);
	slot = s->first_free;
	s->first_free = s->open[slot].next_free;
	s->open[slot].item = item;
	s->n_open++;
	for (int i = 0; i < s->pipeline->n; i++) {
		struct item *task = stages_task(s, i, slot);

		task->attempts = 0;
		item_forgive(task);
		task->status = 0;
		task->outcome = OUTCOME_OK;
		task->share = 0;
		task->priority = priority;
	}
	return slot;
}

void stages_close(struct stages *s, uint32_t slot)
{
	struct open_row *o = &s->open[slot];

	stages_withhold(s, slot);
	flow_free(&o->flow);
	open_row_free_failure(o);
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

/* ---- what a row costs ---- */

static int64_t sum(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

static int64_t positive(int64_t n)
{
	return n > 0 ? n : 0;
}

void open_row_add_cost(struct engine *e, struct open_row *o, const struct cost_record *r)
{
	struct row_cost *c = &o->cost;
	double usd = cost_of_record(e, r);
	int model;

	c->sum.in = sum(c->sum.in, r->in);
	c->sum.out = sum(c->sum.out, r->out);
	c->sum.estimated_in += positive(r->estimated_in);
	c->sum.estimated_out += positive(r->estimated_out);
	c->sum.cached += positive(r->cached);
	c->sum.cache_write += positive(r->cache_write);
	c->sum.nano_usd = sum(c->sum.nano_usd, r->nano_usd);
	if (r->in < 0 && r->out < 0 && r->nano_usd < 0 && r->estimated_in <= 0 &&
		r->estimated_out <= 0)
		return; /* it was free */
	c->unpriced = c->unpriced || usd < 0;
	c->usd += usd > 0 ? usd : 0;
	model = cost_row_of(e, r);
	c->model = c->model == ROW_MODEL_NONE || c->model == model ? model : ROW_MODELS_SEVERAL;
}
