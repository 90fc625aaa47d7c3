#include "work/plain.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "core/attempt.h"
#include "core/engine_internal.h"
#include "core/held.h"
#include "core/start.h"

struct plain {
	struct work work;
	struct queue queue;
};

static void plain_open(struct work *w)
{
	struct plain *p = (struct plain *)w;

	queue_init(&p->queue, &w->engine->items, "", ROUTE_NONE);
	sources_add_queue(&w->engine->sources, &p->queue, true, true);
	w->engine->sources.tasks_are_items = true;
}

static void plain_free(struct work *w)
{
	struct plain *p = (struct plain *)w;

	queue_free(&p->queue);
	free(p);
}

static enum prepare plain_request(struct work *w, struct queue *q)
{
	const struct engine_config *config = &w->engine->config;
	struct prepared *p = &q->prepared;
	struct error err = {""};

	p->item = p->i;
	if (!engine_line_fetch(w->engine, p->item, &p->text))
		return PREPARE_STOP;
	if (parsed_lines_take(&w->engine->intake.parsed, p->item, p->text.data, &p->line) ||
		rows_request(config->rows, config->format, p->text.data, p->text.len, &p->made,
			&p->line, &err)) {
		edits_apply(&w->engine->edits, p->item, &p->line, &p->edited);
		return PREPARE_DONE;
	}
	start_refused(w->engine, (struct task){q, p->i}, p->item, p, OUTCOME_BAD_INPUT, err.text);
	return PREPARE_NONE;
}

static void plain_sent(struct work *w, struct attempt *a, const struct prepared *p)
{
	struct engine *e = w->engine;

	buf_clear(&a->id);
	request_id(&p->line, items_at(&e->items, a->item)->line, &a->id);
	buf_clear(&a->metadata);
	if (p->line.metadata.at)
		json_add_one_line(&a->metadata, p->line.metadata);
	a->line_hash = line_hash_of(&e->recorder.line_key, p->text.data, p->text.len);
	items_set_state(&e->items, a->item, ITEM_IN_FLIGHT);
}

/* Records an item that ended without an attempt. */
static void record_prepared(struct engine *e, const struct task_end *end)
{
	const struct prepared *p = end->prepared;
	struct item *item = items_at(&e->items, p->item);
	struct result_item result = {0};

	if (end->source)
		result = *end->source;
	buf_clear(&e->recorder.scratch);
	request_id(&p->line, item->line, &e->recorder.scratch);
	result.id = e->recorder.scratch.data;
	result.id_len = e->recorder.scratch.len;
	result.line = item->line;
	result.line_hash = line_hash_of(&e->recorder.line_key, p->text.data, p->text.len);
	if (end->verdict->outcome == OUTCOME_OK) {
		result.metadata = p->line.metadata;
		result.attempts = item->attempts;
		item->status = (uint16_t)end->verdict->status;
	}
	record_final(e, p->item, end->verdict->outcome == OUTCOME_OK ? ITEM_OK : ITEM_FAILED,
		&result, end->answer, end->verdict);
}

static void record_attempt(struct engine *e, const struct task_end *end, enum item_state state)
{
	const struct attempt *a = end->attempt;
	const struct item *item = items_at(&e->items, a->item);
	struct result_item result = {.id = a->id.data,
		.id_len = a->id.len,
		.line = item->line,
		.line_hash = a->line_hash,
		.attempts = item->attempts,
		.packed = a->leader ? a->members : 1,
		.edited = edits_has(&e->edits, a->item),
		.model = e->costs.models.at[a->cost_row].name};

	if (a->metadata.len)
		result.metadata = (struct json_span){a->metadata.data, a->metadata.len};
	if (e->routes.n > 1)
		result.endpoint = e->routes.at[a->route].name;
	record_final(e, a->item, state, &result, end->answer, end->verdict);
}

/* The attempt ended as if it had not been sent: cancels, holds or queues the item. */
static void queue_again(struct engine *e, const struct task_end *end)
{
	const struct attempt *a = end->attempt;

	if (a->cancel_item)
		record_attempt(e, end, ITEM_CANCELLED);
	else if (items_at(&e->items, a->item)->by_hand)
		held_by_hand(e, a->item);
	else
		queue_ready(end->task.queue, a->item, true);
}

static void plain_ended(struct work *w, const struct task_end *end)
{
	struct engine *e = w->engine;
	struct task task = end->task;

	if (!end->attempt) {
		record_prepared(e, end);
		return;
	}
	if (end->verdict && end->verdict->outcome == OUTCOME_OK) {
		record_attempt(e, end, ITEM_OK);
		return;
	}
	switch (end->decision.action) {
	case RETRY_FINAL:
		record_attempt(e, end, ITEM_FAILED);
		break;
	case RETRY_LATER:
		queue_wait(task.queue, task.i, end->decision.due_us);
		break;
	case RETRY_HELD:
		held_add(e, task, end->verdict->outcome);
		break;
	case RETRY_BY_HAND:
		held_by_hand(e, task.i);
		break;
	case RETRY_AGAIN:
		queue_again(e, end);
		break;
	}
}

static bool plain_row(const struct work *w, uint32_t item, struct task_row *row)
{
	const struct plain *p = (const struct plain *)w;
	const struct item *task = items_at(p->queue.tasks, item);

	/* in a run that is only looked at, nothing is due */
	if (task->state != ITEM_WAITING || w->engine->config.looks_only)
		return false;
	*row = (struct task_row){.name = "",
		.attempts = task->attempts,
		.max_attempts = w->engine->config.max_attempts,
		.due_us = scheduler_due_of(&p->queue.scheduler, item)};
	return true;
}

static const struct work_ops plain_ops = {.name = "plain",
	.open = plain_open,
	.free = plain_free,
	.request = plain_request,
	.sent = plain_sent,
	.ended = plain_ended,
	.row = plain_row};

struct work *plain_new(void)
{
	struct plain *p = xcalloc(1, sizeof(*p));

	p->work.ops = &plain_ops;
	return &p->work;
}
