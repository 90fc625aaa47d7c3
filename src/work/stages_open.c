/* Opens rows of a pipeline, with the answers that are known already. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/stage_records.h"
#include "core/start.h"
#include "work/stages_impl.h"

enum {
	OPEN_SPARE = 64, /* open rows beyond twice the limit of requests in flight */
	OPEN_MAX = 8192,
	KEEP_OPEN_BYTES = 4096, /* of text that a free slot keeps for the next row */
};

void open_row_free_failure(struct open_row *o)
{
	if (o->failure)
		free((char *)o->failure->answer.body);
	free(o->failure);
	o->failure = NULL;
}

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

	if (intake_ended_ok(&e->intake, id_hash))
		return;
	if (stage >= 0 && kept->forget)
		stage_outputs_forget(&s->outputs, id_hash, stage);
	else if (stage >= 0)
		stage_outputs_add(&s->outputs, id_hash, stage, kept->offset);
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
	slot = take_slot(s, i, item->priority);
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
