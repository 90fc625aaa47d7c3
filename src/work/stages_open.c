/* Rows that are open in a pipeline: which are, with what of them is known already. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/stage_records.h"
#include "work/stages.h"

enum {
	OPEN_SPARE = 64, /* rows open beyond twice what may be in flight */
	OPEN_MAX = 8192,
	KEEP_OPEN_BYTES = 4096, /* of text that a free slot keeps for the next row */
};

void open_item_free_failure(struct open_item *o)
{
	if (o->failure)
		free((char *)o->failure->answer.body);
	free(o->failure);
	o->failure = NULL;
}

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
		struct item *task = stages_task(s, stages_task_of(s, slot, i));

		task->attempts = 0;
		task->real_attempts = task->rate_attempts = task->missed = 0;
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
	open_item_free_failure(o);
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
	uint64_t plain_hash; /* of its line, as releases before wrote it */
};

/* Did the stage answer for this very line? */
static bool is_of_line(const struct taking *t, const struct ledger_stage *kept)
{
	const struct hash128 *own = &t->o->line_hash, *told = &kept->line_hash;

	if (!line_hash_has_key(*told))
		return told->low == t->plain_hash;
	return told->high == own->high && told->low == own->low;
}

/* What a stage answered in an earlier session, or before the item failed. */
static void take_kept(void *ctx, int stage, uint64_t offset)
{
	struct taking *t = ctx;
	struct stages *s = t->e->stages;
	struct open_item *o = t->o;
	struct ledger_stage kept;

	if (!ledger_read_stage(t->e->ledger, offset, &kept, &s->text) || !is_of_line(t, &kept) ||
		kept.request_hash != s->request[stage].hash || kept.id_len != o->id.len ||
		memcmp(kept.id, o->id.data, kept.id_len) != 0)
		return;
	flow_done(&o->flow, stage, kept.status, kept.body, kept.body_len,
		json_whole(kept.body, kept.body_len));
	o->record[stage] = offset;
	o->recorded |= UINT32_C(1) << stage;
	s->queue[stage].done++;
	stages_add_tokens(o, kept.tokens_in, kept.tokens_out);
	stages_add_estimated(o, kept.estimated_in, kept.estimated_out);
}

void engine_replay_stage(void *engine, const struct ledger_stage *kept)
{
	struct engine *e = engine;
	struct stages *s = e->stages;
	uint64_t id_hash = record_id_key(&e->keys, kept->id, kept->id_len);
	int stage = pipeline_find(s->pipeline, kept->stage, kept->stage_len);
	uint32_t at;

	if (idmap_get(&e->ended_by_id, id_hash, &at) && e->ended[at].state == ITEM_OK)
		return;
	if (stage >= 0 && kept->forget)
		kept_outputs_forget(&s->kept, id_hash, stage);
	else if (stage >= 0)
		kept_outputs_add(&s->kept, id_hash, stage, kept->offset);
	budget_restore(&e->budget.spent.in, kept->tokens_in, kept->estimated_in);
	budget_restore(&e->budget.spent.out, kept->tokens_out, kept->estimated_out);
}

/* Opens a queued item; false when its line cannot be read and the run stops. */
static bool open_item(struct engine *e, uint32_t i)
{
	struct stages *s = e->stages;
	struct item *item = items_at(&e->items, i);
	uint32_t slot;
	struct open_item *o;
	struct request_line line = {0};
	struct taking taking = {.e = e};
	struct error err = {""};

	if (!engine_line_fetch(e, i, &s->text))
		return false;
	slot = take_slot(s, i, item->priority);
	o = &s->open[slot];
	item->link = slot;
	o->line_hash = line_hash_of(&e->line_key, s->text.data, s->text.len);
	taking.o = o;
	taking.plain_hash = hash_bytes(s->text.data, s->text.len);
	o->tokens_in = o->tokens_out = -1;
	o->estimated_in = o->estimated_out = 0;
	o->retries = 0;
	if (!rows_request(e->config.rows, e->config.format, s->text.data, s->text.len, &s->row,
		    &line, &err)) {
		engine_bad_line_id(e, s->text.data, s->text.len, item->line, &o->id);
		flow_begin(&o->flow, s->pipeline, "", 0);
		stages_refused(e, stages_task_of(s, slot, 0), OUTCOME_BAD_INPUT, err.text);
		return true;
	}
	buf_clear(&o->id);
	request_id(&line, item->line, &o->id);
	buf_clear(&o->metadata);
	if (line.metadata.at)
		json_add_one_line(&o->metadata, line.metadata);
	flow_begin(&o->flow, s->pipeline, buf_str(&s->row), s->row.len);
	kept_outputs_each(
		&s->kept, record_id_key(&e->keys, o->id.data, o->id.len), take_kept, &taking);
	stages_go_on(e, slot);
	return true;
}

/* Rows that the operator holds half way keep no others from going theirs. */
static uint32_t held_by_hand(const struct engine *e)
{
	const struct stages *s = e->stages;
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < s->slots; slot++) {
		const struct item *item = s->open[slot].item == ITEM_NONE
						  ? NULL
						  : items_at(&e->items, s->open[slot].item);

		n += item && item->by_hand && item->state == ITEM_HELD;
	}
	return n;
}

/* Is there a first stage without anything to send, and memory for another row? */
static bool wants_row(const struct engine *e)
{
	const struct stages *s = e->stages;
	int64_t most = 2 * (int64_t)routes_concurrency(&e->routes) + OPEN_SPARE;

	most = most < OPEN_MAX ? most : OPEN_MAX;
	if (s->n_open >= most && (!e->held_by_hand || s->n_open - held_by_hand(e) >= most))
		return false;
	for (int i = 0; i < s->pipeline->n; i++)
		if (!s->pipeline->stage[i].after && !s->queue[i].in_state[ITEM_QUEUED])
			return true;
	return false;
}

bool stages_open_next(struct engine *e)
{
	uint32_t i;

	if (e->mode == MODE_PAUSED || !wants_row(e))
		return false;
	i = scheduler_pop(&e->scheduler);
	return i != ITEM_NONE && open_item(e, i);
}
