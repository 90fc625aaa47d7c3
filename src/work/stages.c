/* Rows of a pipeline as a source of work: the queues of the stages, and the tasks in them. */
#include "work/stages.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "core/attempt.h"
#include "core/start.h"
#include "work/stages_impl.h"

/* ---- actions on an open item ---- */

static void set_task_priorities(struct stages *s, uint32_t slot)
{
	struct engine *e = s->work.engine;

	for (int i = 0; i < s->pipeline->n; i++) {
		struct item *task = stages_task(s, i, slot);

		task->priority = items_at(&e->items, s->open[slot].item)->priority;
		e->priorities.reorder = e->priorities.reorder || task->linked;
	}
}

static void forgive_tasks(struct stages *s, uint32_t slot)
{
	for (int i = 0; i < s->pipeline->n; i++)
		item_forgive(stages_task(s, i, slot));
}

static bool stages_verb(struct work *w, uint32_t item, enum work_verb verb)
{
	struct stages *s = (struct stages *)w;
	uint32_t slot = stages_slot_of(s, item);

	if (verb == WORK_REDO) {
		stages_forget_row(s, &w->engine->item_read.id);
		return true;
	}
	if (slot == ITEM_NONE)
		return false;
	switch (verb) {
	case WORK_WITHHOLD:
		stages_withhold(s, slot);
		return true;
	case WORK_RESUME:
		if (items_at(&w->engine->items, item)->state == ITEM_IN_FLIGHT)
			stages_queue_ready(s, slot);
		else
			stages_advance(s, slot);
		return true;
	case WORK_FORGIVE:
		forgive_tasks(s, slot);
		return true;
	case WORK_PRIORITY:
		set_task_priorities(s, slot);
		return true;
	case WORK_CANCEL:
		stages_cancel(s, slot);
		return true;
	case WORK_REDO:
	case WORK_RELEASE_WAITERS:
	case WORK_STOP_WAITING:
		break;
	}
	return false;
}

/* ---- calls of the core ---- */

static void stages_open(struct work *w)
{
	struct stages *s = (struct stages *)w;

	queue_init(&s->unopened, &w->engine->items, "", ROUTE_NONE);
	sources_add_queue(&w->engine->sources, &s->unopened, true, false);
	for (int i = 0; i < s->pipeline->n; i++) {
		struct queue *q = &s->stage[i].queue;

		queue_init(q, &s->stage[i].tasks, s->pipeline->stage[i].name, i);
		q->member = "stage";
		/* the rows choose the model: tasks are handed on before they may be sent */
		q->mixed = s->request[i].varies;
		q->max_attempts = (int)s->pipeline->stage[i].max_attempts;
		sources_add_queue(&w->engine->sources, q, false, true);
	}
}

static void stages_free(struct work *w)
{
	struct stages *s = (struct stages *)w;

	for (int i = 0; i < s->pipeline->n; i++) {
		queue_free(&s->stage[i].queue);
		items_free(&s->stage[i].tasks);
	}
	for (uint32_t i = 0; i < s->slots; i++) {
		flow_free(&s->open[i].flow);
		open_row_free_failure(&s->open[i]);
		buf_free(&s->open[i].id);
		buf_free(&s->open[i].metadata);
	}
	queue_free(&s->unopened);
	free(s->open);
	free(s->unwritten);
	stage_outputs_free(&s->outputs);
	buf_free(&s->row);
	buf_free(&s->text);
	free(s);
}

static bool stages_next(struct work *w)
{
	return stages_open_next((struct stages *)w);
}

static enum prepare stages_request(struct work *w, struct queue *q)
{
	struct stages *s = (struct stages *)w;
	struct prepared *p = &q->prepared;
	const struct open_row *o = &s->open[p->i];
	struct stage_lack lack;
	struct error err = {""};
	int stage = stage_of(s, q);

	p->item = o->item;
	if (stage_request_fill(&s->request[stage], &o->flow, &p->text, &p->line, &lack, &err))
		return PREPARE_DONE;
	if (lack.stage >= 0)
		stages_forget(s, p->i, lack.stage);
	start_refused(w->engine, (struct task){q, p->i}, p->item, p,
		lack.stage >= 0 ? OUTCOME_BAD_RESPONSE : OUTCOME_BAD_INPUT, err.text);
	return PREPARE_NONE;
}

static void stages_sent(struct work *w, struct attempt *a, const struct prepared *p)
{
	struct stages *s = (struct stages *)w;
	int stage = stage_of(s, a->task.queue);
	struct open_row *o = &s->open[p->i];

	buf_clear(&a->id);
	buf_add(&a->id, o->id.data, o->id.len);
	buf_clear(&a->metadata);
	a->line_hash = o->line_hash;
	items_at(&w->engine->items, o->item)->attempts++;
	o->retries += attempt_task(a)->attempts > 1;
	flow_sent(&o->flow, stage);
	items_set_state(&s->stage[stage].tasks, p->i, ITEM_IN_FLIGHT);
	stages_refresh(s, p->i);
}

static void stages_ready(struct work *w, struct task t)
{
	struct stages *s = (struct stages *)w;
	int stage = stage_of(s, t.queue);

	if (s->open[t.i].flow.stage[stage] == FLOW_WAITING)
		flow_again(&s->open[t.i].flow, stage);
	stages_refresh(s, t.i);
}

static void stages_written(struct work *w)
{
	struct stages *s = (struct stages *)w;
	uint64_t written = ledger_journal_written(w->engine->recorder.ledger);
	size_t left = 0;

	for (size_t i = 0; i < s->n_unwritten; i++) {
		uint32_t slot = s->unwritten[i];

		if (s->open[slot].item == ITEM_NONE)
			continue;
		if (s->open[slot].journaled > written) {
			s->unwritten[left++] = slot;
			continue;
		}
		stages_queue_ready(s, slot);
		stages_refresh(s, slot);
	}
	s->n_unwritten = left;
	w->engine->sources.unwritten = left;
}

static bool stages_row(const struct work *w, uint32_t item, struct task_row *row)
{
	const struct stages *s = (const struct stages *)w;
	uint32_t slot = stages_slot_of(s, item);
	bool found = false;

	for (int i = 0; slot != ITEM_NONE && i < s->pipeline->n; i++) {
		const struct queue *q = &s->stage[i].queue;
		const struct item *task = stages_task(s, i, slot);
		int64_t due_us;

		if (task->state != ITEM_WAITING)
			continue;
		due_us = scheduler_due_of(&q->scheduler, slot);
		if (found && due_us >= row->due_us)
			continue;
		found = true;
		*row = (struct task_row){.name = q->name,
			.attempts = task->attempts,
			.max_attempts =
				q->max_attempts ? q->max_attempts : w->engine->config.max_attempts,
			.due_us = due_us};
	}
	return found;
}

static const struct work_ops stages_ops = {.name = "stages",
	.open = stages_open,
	.free = stages_free,
	.next = stages_next,
	.request = stages_request,
	.sent = stages_sent,
	.ended = stages_ended,
	.ready = stages_ready,
	.written = stages_written,
	.verb = stages_verb,
	.row = stages_row};

struct work *stages_new(const struct pipeline *p, const struct stage_request *requests)
{
	struct stages *s = xcalloc(1, sizeof(*s));

	s->work.ops = &stages_ops;
	s->pipeline = p;
	s->request = requests;
	s->first_free = ITEM_NONE;
	stage_outputs_init(&s->outputs);
	buf_init(&s->row, SOURCE_MAX_LINE);
	buf_init(&s->text, SIZE_MAX / 2);
	return &s->work;
}

struct stages *stages_of(struct work *chain)
{
	while (chain && chain->ops != &stages_ops)
		chain = chain->inner;
	return (struct stages *)chain;
}
