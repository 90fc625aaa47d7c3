/* Opens rows of a pipeline, with the answers that are known already. */
#include <string.h>

#include "ledger/stage_records.h"
#include "core/start.h"
#include "work/stages_impl.h"

enum {
	OPEN_SPARE = 64, /* open rows beyond twice the limit of requests in flight */
	OPEN_MAX = 8192,
};

struct restoring {
	struct stages *s;
	struct open_row *o;
	uint64_t plain_hash; /* of its line, as earlier releases wrote it */
};

/* Did the stage answer for this very line? */
static bool answers_line(const struct restoring *t, const struct ledger_stage *kept)
{
	const struct hash128 *own = &t->o->line_hash, *recorded = &kept->line_hash;

	if (!line_hash_has_key(*recorded))
		return recorded->low == t->plain_hash;
	return recorded->high == own->high && recorded->low == own->low;
}

/* Restores an answer of an earlier session, or from before the item failed. */
static void restore_output(void *ctx, int stage, uint64_t offset)
{
	struct restoring *t = ctx;
	struct stages *s = t->s;
	struct open_row *o = t->o;
	struct ledger_stage kept;

	if (!ledger_read_stage(s->work.engine->recorder.ledger, offset, &kept, &s->text) ||
		!answers_line(t, &kept) || kept.request_hash != s->request[stage].hash ||
		kept.id_len != o->id.len || memcmp(kept.id, o->id.data, kept.id_len) != 0)
		return;
	flow_done(&o->flow, stage, kept.status, kept.body, kept.body_len,
		json_whole(kept.body, kept.body_len));
	o->record[stage] = offset;
	o->recorded |= UINT32_C(1) << stage;
	s->stage[stage].done++;
	open_row_add_cost(s->work.engine, o, &kept.cost);
}

void stages_replay(void *ctx, const struct ledger_stage *kept)
{
	struct stages *s = ctx;
	struct engine *e = s->work.engine;
	uint64_t id_hash = record_id_key(&e->recorder.keys, kept->id, kept->id_len);
	int stage = pipeline_find(s->pipeline, kept->stage, kept->stage_len);
	bool ended_ok = intake_ended_ok(&e->intake, id_hash);

	/* one that is asked again keeps the answers of the stages that have not changed */
	if (ended_ok && !e->config.redo_changed)
		return;
	if (stage >= 0 && kept->forget)
		stage_outputs_forget(&s->outputs, id_hash, stage);
	else if (stage >= 0)
		stage_outputs_add(&s->outputs, id_hash, stage, kept->offset);
	if (!ended_ok) /* else its result has the cost */
		cost_restore(e, &kept->cost);
}

/* Ends a row that makes no requests, as a failure of its first stage. */
static void refuse_row(struct stages *s, uint32_t slot, const char *why)
{
	struct engine *e = s->work.engine;
	struct open_row *o = &s->open[slot];

	engine_bad_line_id(
		e, s->text.data, s->text.len, items_at(&e->items, o->item)->line, &o->id);
	flow_begin(&o->flow, s->pipeline, "", 0);
	start_refused(
		e, (struct task){&s->stage[0].queue, slot}, o->item, NULL, OUTCOME_BAD_INPUT, why);
}

/* Opens a queued item; false when its line cannot be read and the run stops. */
static bool open_row(struct stages *s, uint32_t i)
{
	struct engine *e = s->work.engine;
	struct item *item = items_at(&e->items, i);
	uint32_t slot;
	struct open_row *o;
	struct request_line line = {0};
	struct restoring restoring = {.s = s};
	struct error err = {""};

	if (!engine_line_fetch(e, i, &s->text))
		return false;
	slot = stages_take_slot(s, i, item->priority);
	o = &s->open[slot];
	item->link = slot;
	o->line_hash = line_hash_of(&e->recorder.line_key, s->text.data, s->text.len);
	restoring.o = o;
	restoring.plain_hash = hash_bytes(s->text.data, s->text.len);
	o->cost = (struct row_cost){
		.sum = {.in = -1, .out = -1, .nano_usd = -1}, .model = ROW_MODEL_NONE};
	o->retries = 0;
	if (!rows_request(e->config.rows, e->config.format, s->text.data, s->text.len, &s->row,
		    &line, &err)) {
		refuse_row(s, slot, err.text);
		return true;
	}
	buf_clear(&o->id);
	request_id(&line, item->line, &o->id);
	buf_clear(&o->metadata);
	if (line.metadata.at)
		json_add_one_line(&o->metadata, line.metadata);
	flow_begin(&o->flow, s->pipeline, buf_str(&s->row), s->row.len);
	stage_outputs_each(&s->outputs, record_id_key(&e->recorder.keys, o->id.data, o->id.len),
		restore_output, &restoring);
	stages_advance(s, slot);
	return true;
}

/* Open rows that the operator holds: they do not count against the limit of open rows. */
static uint32_t rows_held_by_hand(const struct stages *s)
{
	const struct engine *e = s->work.engine;
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < s->slots; slot++) {
		const struct item *item = s->open[slot].item == ITEM_NONE
						  ? NULL
						  : items_at(&e->items, s->open[slot].item);

		n += item && item->by_hand && item->state == ITEM_HELD;
	}
	return n;
}

/* Has a first stage nothing to send, and is there memory for another row? */
static bool wants_row(const struct stages *s)
{
	const struct engine *e = s->work.engine;
	int64_t together = e->config.per_request > 1 ? e->config.per_request : 1;
	int64_t most = 2 * together * routes_concurrency(&e->routes) + OPEN_SPARE;

	most = most < OPEN_MAX ? most : OPEN_MAX;
	if (s->n_open >= most && (!e->holds.by_hand || s->n_open - rows_held_by_hand(s) >= most))
		return false;
	for (int i = 0; i < s->pipeline->n; i++) {
		const struct queue *q = &s->stage[i].queue;

		if (!s->pipeline->stage[i].after && !q->prepared.there &&
			scheduler_empty(&q->scheduler))
			return true;
	}
	return false;
}

bool stages_open_next(struct stages *s)
{
	uint32_t i;

	if (s->work.engine->life.mode == MODE_PAUSED || !wants_row(s))
		return false;
	i = scheduler_pop(&s->unopened.scheduler);
	return i != ITEM_NONE && open_row(s, i);
}
