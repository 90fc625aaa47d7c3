/* What becomes of a pipeline's tasks when their attempts end, and of the rows they belong to. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/outcome.h"
#include "base/alloc.h"
#include "base/json.h"
#include "work/reuse.h"
#include "ledger/stage_records.h"
#include "work/stages.h"

/* ---- what is told of the stages ---- */

static void add_output(const struct flow *f, int stage, struct buf *out)
{
	const struct flow_output *o = &f->output[stage];

	switch (f->stage[stage]) {
	case FLOW_DONE:
		buf_addf(out, "{\"status_code\":%d,\"body\":", o->status);
		if (o->json.at)
			json_add_one_line(out, (struct json_span){o->body, o->len});
		else
			json_add_string(out, o->body, o->len);
		buf_addc(out, '}');
		break;
	case FLOW_SKIPPED:
		buf_adds(out, "{\"skipped\":true}");
		break;
	case FLOW_FAILED:
		buf_adds(out, "{\"failed\":true}");
		break;
	case FLOW_SENT:
		buf_adds(out, "{\"in_flight\":true}");
		break;
	case FLOW_WAITING:
		buf_adds(out, "{\"waiting\":true}");
		break;
	default:
		buf_adds(out, "null");
		break;
	}
}

void stages_describe_outputs(const struct flow *f, struct buf *out)
{
	buf_addc(out, '{');
	for (int i = 0; i < f->p->n; i++) {
		const char *name = f->p->stage[i].name;

		if (i)
			buf_addc(out, ',');
		json_add_string(out, name, strlen(name));
		buf_addc(out, ':');
		add_output(f, i, out);
	}
	buf_addc(out, '}');
}

static int64_t sum(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

void stages_add_tokens(struct open_item *o, int64_t in, int64_t out)
{
	o->tokens_in = sum(o->tokens_in, in);
	o->tokens_out = sum(o->tokens_out, out);
}

void stages_add_estimated(struct open_item *o, int64_t in, int64_t out)
{
	o->estimated_in += in > 0 ? in : 0;
	o->estimated_out += out > 0 ? out : 0;
}

/* ---- the item's end ---- */

/* What was done stays known, for whoever tries the item again. */
static void keep_outputs(struct engine *e, const struct open_item *o)
{
	uint64_t id_hash = record_id_key(&e->keys, o->id.data, o->id.len);

	for (int i = 0; i < e->stages->pipeline->n; i++)
		if (o->recorded & UINT32_C(1) << i)
			kept_outputs_add(&e->stages->kept, id_hash, i, o->record[i]);
}

static void count_stages(struct stages *s, const struct flow *f)
{
	for (int i = 0; i < s->pipeline->n; i++)
		s->queue[i].skipped += f->stage[i] == FLOW_SKIPPED;
}

/* Writes the item's final record, of all its stages, and closes it. */
static void end_item(struct engine *e, uint32_t slot, enum item_state state,
	const struct answer *answer, const struct verdict *v)
{
	struct stages *s = e->stages;
	struct open_item *o = &s->open[slot];
	const struct item *item = items_at(&e->items, o->item);
	struct verdict all = *v;
	struct result_item result = {.id = buf_str(&o->id),
		.id_len = o->id.len,
		.line = item->line,
		.line_hash = o->line_hash,
		.attempts = item->attempts,
		.retries = o->retries};

	all.tokens_in = o->tokens_in;
	all.tokens_out = o->tokens_out;
	all.estimated_in = o->estimated_in;
	all.estimated_out = o->estimated_out;
	if (o->metadata.len)
		result.metadata = (struct json_span){o->metadata.data, o->metadata.len};
	buf_clear(&s->text);
	stages_describe_outputs(&o->flow, &s->text);
	result.stages = (struct json_span){s->text.data, s->text.len};
	count_stages(s, &o->flow);
	if (state != ITEM_OK)
		keep_outputs(e, o);
	/* It waits for its record; none of its tasks does anything for it any more. */
	if (item->state != ITEM_IN_FLIGHT)
		items_set_state(&e->items, o->item, ITEM_QUEUED);
	record_final(e, o->item, state, &result, answer, &all);
	stages_close(e, slot);
}

/* Its answer came before: earlier in this session, in another one, or none was needed. */
static void end_with_output(struct engine *e, uint32_t slot)
{
	const struct flow *f = &e->stages->open[slot].flow;
	struct verdict v = {
		.outcome = OUTCOME_OK, .wait_us = -1, .tokens_in = -1, .tokens_out = -1};
	struct answer a = {.latency_us = -1, .first_byte_us = -1};
	const struct flow_output *last;

	if (flow_answer(f) < 0) {
		end_item(e, slot, ITEM_OK, NULL, &v);
		return;
	}
	last = &f->output[flow_answer(f)];
	a.status = v.status = last->status;
	a.body = last->body;
	a.body_len = last->len;
	v.json = last->json;
	end_item(e, slot, ITEM_OK, &a, &v);
}

static bool is_in_flight(const struct stages *s, const struct open_item *o)
{
	for (int i = 0; i < s->pipeline->n; i++)
		if (o->flow.stage[i] == FLOW_SENT)
			return true;
	return false;
}

static void end_cancelled(struct engine *e, uint32_t slot)
{
	end_item(e, slot, ITEM_CANCELLED, NULL, &engine_cancelled);
}

static void end_failed(struct engine *e, uint32_t slot)
{
	struct stage_failure *f = e->stages->open[slot].failure;

	end_item(e, slot, ITEM_FAILED, &f->answer, &f->verdict);
}

/* Those that are not needed any more leave their queues. */
static void drop_needless(struct engine *e, uint32_t slot)
{
	const struct open_item *o = &e->stages->open[slot];

	if (o->flow.ending)
		stages_withhold(e, slot);
}

void stages_go_on(struct engine *e, uint32_t slot)
{
	struct stages *s = e->stages;
	struct open_item *o = &s->open[slot];

	drop_needless(e, slot);
	flow_advance(&o->flow);
	if (o->cancelled && !is_in_flight(s, o)) {
		end_cancelled(e, slot);
		return;
	}
	switch (flow_ended(&o->flow)) {
	case FLOW_ENDED_OK:
		end_with_output(e, slot);
		return;
	case FLOW_ENDED_FAILED:
		end_failed(e, slot);
		return;
	case FLOW_OPEN:
		break;
	}
	stages_queue_ready(e, slot);
	stages_refresh(e, slot);
}

void stages_cancel(struct engine *e, uint32_t slot)
{
	struct open_item *o = &e->stages->open[slot];

	o->cancelled = true;
	for (struct attempt *a = e->oldest; a; a = a->next) {
		if (a->item != o->item)
			continue;
		a->cancel_item = true;
		e->ops.cancel(e->ctx, a->route, a->transfer);
	}
	stages_withhold(e, slot);
	if (!is_in_flight(e->stages, o))
		end_cancelled(e, slot);
}

/* ---- answers ---- */

static struct ledger_stage record_of(const struct stages *s, struct open_item *o, int stage)
{
	const char *name = s->pipeline->stage[stage].name;

	return (struct ledger_stage){.id = buf_str(&o->id),
		.id_len = o->id.len,
		.stage = name,
		.stage_len = strlen(name),
		.line_hash = o->line_hash,
		.request_hash = s->request[stage].hash};
}

static void await_writing(struct stages *s, uint32_t slot)
{
	if (s->n_unwritten == s->cap_unwritten) {
		s->cap_unwritten = s->cap_unwritten ? s->cap_unwritten * 2 : 64;
		s->unwritten = xrealloc(s->unwritten, s->cap_unwritten, sizeof(*s->unwritten));
	}
	s->unwritten[s->n_unwritten++] = slot;
}

/* Nothing that builds on the answer starts before it is in the journal. */
static void journal_answer(struct engine *e, uint32_t slot, int stage, const struct answer *answer,
	const struct verdict *v)
{
	struct stages *s = e->stages;
	struct open_item *o = &s->open[slot];
	struct ledger_stage record = record_of(s, o, stage);

	record.status = answer->status;
	record.tokens_in = v->tokens_in;
	record.tokens_out = v->tokens_out;
	record.estimated_in = v->estimated_in;
	record.estimated_out = v->estimated_out;
	record.body = answer->body_len ? answer->body : "";
	record.body_len = answer->body_len;
	o->record[stage] = ledger_add_stage(e->ledger, e->wall_us, &record);
	o->recorded |= UINT32_C(1) << stage;
	o->journaled = ++e->journal_added;
	await_writing(s, slot);
}

/* Nor is it to come out of a cache again. */
static void forget_cached(struct engine *e, const struct open_item *o, int stage)
{
	struct request_line line = {0};
	struct stage_lack lack;
	struct buf text;

	buf_init(&text, SOURCE_MAX_LINE);
	if (stage_request_fill(&e->stages->request[stage], &o->flow, &text, &line, &lack, NULL))
		reuse_forget_stage(e, &line, stage);
	buf_free(&text);
}

void stages_forget(struct engine *e, uint32_t slot, int stage)
{
	struct stages *s = e->stages;
	struct open_item *o = &s->open[slot];
	struct ledger_stage record = record_of(s, o, stage);

	if (e->reuse)
		forget_cached(e, o, stage);
	record.forget = true;
	ledger_add_stage(e->ledger, e->wall_us, &record);
	e->journal_added++;
	o->recorded &= ~(UINT32_C(1) << stage);
	kept_outputs_forget(&s->kept, record_id_key(&e->keys, o->id.data, o->id.len), stage);
}

void stages_forget_row(struct engine *e)
{
	const struct buf *id = &e->look.id;
	uint64_t key = record_id_key(&e->keys, id->data, id->len);
	const struct pipeline *p = e->stages->pipeline;

	for (int stage = 0; stage < p->n; stage++) {
		const char *name = p->stage[stage].name;
		const struct ledger_stage record = {.id = id->data,
			.id_len = id->len,
			.stage = name,
			.stage_len = strlen(name),
			.forget = true};

		ledger_add_stage(e->ledger, e->wall_us, &record);
		e->journal_added++;
		kept_outputs_forget(&e->stages->kept, key, stage);
	}
}

void stages_answered(
	struct engine *e, uint32_t task, const struct answer *answer, const struct verdict *v)
{
	struct stages *s = e->stages;
	uint32_t slot = stages_slot_of_task(e->stages, task);
	struct open_item *o = &s->open[slot];
	int stage = stages_stage_of(s, task);

	s->queue[stage].done++;
	stages_task_state(e, task, TASK_IDLE);
	stages_add_tokens(o, v->tokens_in, v->tokens_out);
	stages_add_estimated(o, v->estimated_in, v->estimated_out);
	flow_done(&o->flow, stage, answer->status, answer->body_len ? answer->body : "",
		answer->body_len, v->json);
	drop_needless(e, slot);
	flow_advance(&o->flow);
	if (flow_ended(&o->flow) == FLOW_ENDED_OK && flow_answer(&o->flow) == stage) {
		end_item(e, slot, ITEM_OK, answer, v);
		return;
	}
	if (flow_ended(&o->flow) == FLOW_ENDED_OK) {
		end_with_output(e, slot);
		return;
	}
	journal_answer(e, slot, stage, answer, v);
	stages_go_on(e, slot);
}

static void keep_failure(struct open_item *o, const struct answer *answer, const struct verdict *v)
{
	struct stage_failure *f;

	if (o->failure)
		return;
	f = o->failure = xcalloc(1, sizeof(*f));
	f->verdict = *v;
	f->answer = *answer;
	f->answer.headers = f->answer.body = f->answer.error = NULL;
	f->answer.headers_len = 0;
	f->answer.stream = NULL;
	if (answer->body_len)
		f->answer.body = xstrndup(answer->body, answer->body_len);
	else
		f->answer.body = xstrdup("");
	if (v->json.at)
		f->verdict.json.at = f->answer.body + (v->json.at - answer->body);
}

/* The stage failed for good, and with it the item, once what is in flight of it has answered. */
static void fail_stage(
	struct engine *e, uint32_t task, const struct answer *answer, const struct verdict *v)
{
	struct stages *s = e->stages;
	uint32_t slot = stages_slot_of_task(e->stages, task);
	struct open_item *o = &s->open[slot];
	int stage = stages_stage_of(s, task);
	struct verdict named = *v;

	snprintf(named.message, sizeof(named.message), "stage %s: %.*s",
		s->pipeline->stage[stage].name, (int)(sizeof(v->message) - PIPELINE_MAX_NAME - 10),
		v->message);
	s->queue[stage].failed++;
	stages_task_state(e, task, TASK_IDLE);
	keep_failure(o, answer, &named);
	flow_failed(&o->flow, stage);
	stages_go_on(e, slot);
}

void stages_refused(struct engine *e, uint32_t task, enum outcome outcome, const char *why)
{
	struct open_item *o = &e->stages->open[stages_slot_of_task(e->stages, task)];
	const struct item *item = items_at(&e->items, o->item);
	struct answer none = {.result = NET_ERROR, .latency_us = -1, .first_byte_us = -1};
	struct verdict v = {.outcome = outcome, .wait_us = -1, .tokens_in = -1, .tokens_out = -1};

	snprintf(v.code, sizeof(v.code), "%s", outcome_name(outcome));
	snprintf(v.message, sizeof(v.message), "line %" PRIu32 ": %s", item->line, why);
	events_add(&e->events, e->wall_us, EVENT_WARNING, "%s", v.message);
	engine_group_failure(e, o->item, &v, buf_str(&o->id), o->id.len, e->wall_us);
	fail_stage(e, task, &none, &v);
}

/* The endpoint refuses us, not the item: the task is set aside and spends no attempt. */
static void hold_task(struct engine *e, uint32_t task, enum outcome outcome)
{
	struct stages *s = e->stages;
	struct stage_queue *q = &s->queue[stages_stage_of(s, task)];

	if (!stages_any_held(s))
		e->parked_since_us = e->now_us;
	e->parked_outcome = outcome;
	flow_again(&s->open[stages_slot_of_task(e->stages, task)].flow, stages_stage_of(s, task));
	stages_task_state(e, task, ITEM_HELD);
	if (q->n_held == q->cap_held) {
		q->cap_held = q->cap_held ? q->cap_held * 2 : 64;
		q->held = xrealloc(q->held, q->cap_held, sizeof(*q->held));
	}
	q->held[q->n_held++] = task;
	stages_refresh(e, stages_slot_of_task(e->stages, task));
}

/* Not in flight any more; what comes next is the item's hold. */
static void rest(struct engine *e, uint32_t task)
{
	struct stages *s = e->stages;

	flow_again(&s->open[stages_slot_of_task(e->stages, task)].flow, stages_stage_of(s, task));
	stages_task_state(e, task, TASK_IDLE);
	stages_refresh(e, stages_slot_of_task(e->stages, task));
}

void stages_failed(struct engine *e, struct attempt *a, struct retry_decision d,
	const struct answer *answer, const struct verdict *v)
{
	struct stages *s = e->stages;
	uint32_t slot = stages_slot_of_task(e->stages, a->task);
	struct open_item *o = &s->open[slot];
	int stage = stages_stage_of(s, a->task);

	/* The item is done without it. */
	if (o->flow.ending && !o->failure) {
		stages_task_state(e, a->task, TASK_IDLE);
		flow_drop(&o->flow, stage);
		stages_go_on(e, slot);
		return;
	}
	if (o->failure || o->cancelled)
		d.action = RETRY_FINAL;
	switch (d.action) {
	case RETRY_FINAL:
		fail_stage(e, a->task, answer, v);
		break;
	case RETRY_LATER:
		flow_waits(&o->flow, stage);
		stages_task_state(e, a->task, ITEM_WAITING);
		scheduler_wait(&s->queue[stage].scheduler, a->task, d.due_us);
		stages_refresh(e, slot);
		break;
	case RETRY_SET_ASIDE:
		hold_task(e, a->task, v->outcome);
		break;
	case RETRY_BY_HAND:
		rest(e, a->task);
		break;
	}
}

void stages_cancelled(struct engine *e, struct attempt *a)
{
	uint32_t slot = stages_slot_of_task(e->stages, a->task);

	if (!e->stages->open[slot].cancelled) {
		if (items_at(&e->items, a->item)->by_hand)
			rest(e, a->task);
		else
			stages_again(e, a->task);
		return;
	}
	flow_again(&e->stages->open[slot].flow, stages_stage_of(e->stages, a->task));
	stages_task_state(e, a->task, TASK_IDLE);
	stages_go_on(e, slot);
}
