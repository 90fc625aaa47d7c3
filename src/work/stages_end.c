/* Ends the tasks of a pipeline, and the rows that they belong to. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/outcome.h"
#include "base/alloc.h"
#include "base/json.h"
#include "ledger/stage_records.h"
#include "core/answer.h"
#include "core/attempt.h"
#include "core/held.h"
#include "work/stages_impl.h"

/* ---- the states of the stages ---- */

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

void stages_describe(const struct flow *f, struct buf *out)
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

/* ---- the item's end ---- */

/* Keeps the answers of an item that did not end ok, in case it is tried again. */
static void keep_outputs(struct stages *s, const struct open_row *o)
{
	uint64_t id_hash = record_id_key(&s->work.engine->recorder.keys, o->id.data, o->id.len);

	for (int i = 0; i < s->pipeline->n; i++)
		if (o->recorded & UINT32_C(1) << i)
			stage_outputs_add(&s->outputs, id_hash, i, o->record[i]);
}

static void count_stages(struct stages *s, const struct flow *f)
{
	for (int i = 0; i < s->pipeline->n; i++)
		s->stage[i].skipped += f->stage[i] == FLOW_SKIPPED;
}

/* The cost of all stages together. The tokens of several models have no common price, so that their
 * dollars are written. */
static void describe_cost(const struct engine *e, const struct row_cost *c, struct verdict *all,
	struct result_item *result)
{
	all->tokens_in = c->sum.in;
	all->tokens_out = c->sum.out;
	all->tokens_cached = c->sum.cached;
	all->tokens_cache_write = c->sum.cache_write;
	all->estimated_in = c->sum.estimated_in;
	all->estimated_out = c->sum.estimated_out;
	all->has_cost = !c->unpriced && (c->sum.nano_usd >= 0 || c->model == ROW_MODELS_SEVERAL);
	all->cost_usd = all->has_cost ? c->usd : 0;
	result->model = c->model >= 0 ? e->costs.models.at[c->model].name : NULL;
}

/* Writes the item's final record, of all its stages, and closes it. */
static void end_item(struct stages *s, uint32_t slot, enum item_state state,
	const struct answer *answer, const struct verdict *v)
{
	struct engine *e = s->work.engine;
	struct open_row *o = &s->open[slot];
	const struct item *item = items_at(&e->items, o->item);
	struct verdict all = *v;
	struct result_item result = {.id = buf_str(&o->id),
		.id_len = o->id.len,
		.line = item->line,
		.line_hash = o->line_hash,
		.attempts = item->attempts,
		.retries = o->retries};

	describe_cost(e, &o->cost, &all, &result);
	if (o->metadata.len)
		result.metadata = (struct json_span){o->metadata.data, o->metadata.len};
	buf_clear(&s->text);
	stages_describe(&o->flow, &s->text);
	result.stages = (struct json_span){s->text.data, s->text.len};
	count_stages(s, &o->flow);
	if (state != ITEM_OK)
		keep_outputs(s, o);
	/* it has no task any more, and waits for its record */
	if (item->state != ITEM_IN_FLIGHT)
		items_set_state(&e->items, o->item, ITEM_QUEUED);
	record_final(e, o->item, state, &result, answer, &all);
	stages_close(s, slot);
}

/* Ends the item with an answer from earlier in this session or in another one, or without one. */
static void end_with_output(struct stages *s, uint32_t slot)
{
	const struct flow *f = &s->open[slot].flow;
	struct verdict v = {
		.outcome = OUTCOME_OK, .wait_us = -1, .tokens_in = -1, .tokens_out = -1};
	struct answer a = {.latency_us = -1, .first_byte_us = -1};
	const struct flow_output *last;

	if (flow_answer(f) < 0) {
		end_item(s, slot, ITEM_OK, NULL, &v);
		return;
	}
	last = &f->output[flow_answer(f)];
	a.status = v.status = last->status;
	a.body = last->body;
	a.body_len = last->len;
	v.json = last->json;
	end_item(s, slot, ITEM_OK, &a, &v);
}

static bool is_in_flight(const struct stages *s, const struct open_row *o)
{
	for (int i = 0; i < s->pipeline->n; i++)
		if (o->flow.stage[i] == FLOW_SENT)
			return true;
	return false;
}

static void end_cancelled(struct stages *s, uint32_t slot)
{
	end_item(s, slot, ITEM_CANCELLED, NULL, &engine_cancelled);
}

static void end_failed(struct stages *s, uint32_t slot)
{
	struct stage_failure *f = s->open[slot].failure;

	end_item(s, slot, ITEM_FAILED, &f->answer, &f->verdict);
}

/* Takes the tasks out of their queues that the item does not need any more. */
static void withhold_unneeded(struct stages *s, uint32_t slot)
{
	if (s->open[slot].flow.ending)
		stages_withhold(s, slot);
}

void stages_advance(struct stages *s, uint32_t slot)
{
	struct open_row *o = &s->open[slot];

	withhold_unneeded(s, slot);
	flow_advance(&o->flow);
	if (o->cancelled && !is_in_flight(s, o)) {
		end_cancelled(s, slot);
		return;
	}
	switch (flow_ended(&o->flow)) {
	case FLOW_ENDED_OK:
		end_with_output(s, slot);
		return;
	case FLOW_ENDED_FAILED:
		end_failed(s, slot);
		return;
	case FLOW_OPEN:
		break;
	}
	stages_queue_ready(s, slot);
	stages_refresh(s, slot);
}

void stages_cancel(struct stages *s, uint32_t slot)
{
	struct open_row *o = &s->open[slot];

	o->cancelled = true;
	attempts_cancel(s->work.engine, o->item);
	stages_withhold(s, slot);
	if (!is_in_flight(s, o))
		end_cancelled(s, slot);
}

/* ---- answers ---- */

static struct ledger_stage record_of(const struct stages *s, struct open_row *o, int stage)
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
	s->work.engine->sources.unwritten = s->n_unwritten;
}

/* Stages that need the answer start only when it is in the journal. */
static void journal_answer(struct stages *s, uint32_t slot, int stage, const struct answer *answer,
	const struct cost_record *cost)
{
	struct engine *e = s->work.engine;
	struct open_row *o = &s->open[slot];
	struct ledger_stage record = record_of(s, o, stage);

	record.status = answer->status;
	record.cost = *cost;
	record.body = answer->body_len ? answer->body : "";
	record.body_len = answer->body_len;
	o->record[stage] = ledger_add_stage(e->recorder.ledger, e->wall_us, &record);
	o->recorded |= UINT32_C(1) << stage;
	o->journaled = ++e->recorder.journal_added;
	await_writing(s, slot);
}

/* Reports to the other sources that the answer of a stage is useless, so that they do not supply
 * it. */
static void report_useless(struct stages *s, const struct open_row *o, int stage)
{
	struct request_line line = {0};
	struct stage_lack lack;
	struct buf text;

	buf_init(&text, SOURCE_MAX_LINE);
	if (stage_request_fill(&s->request[stage], &o->flow, &text, &line, &lack, NULL))
		work_useless(s->work.engine->sources.work, &s->stage[stage].queue, &line);
	buf_free(&text);
}

void stages_forget(struct stages *s, uint32_t slot, int stage)
{
	struct engine *e = s->work.engine;
	struct open_row *o = &s->open[slot];
	struct ledger_stage record = record_of(s, o, stage);

	report_useless(s, o, stage);
	record.forget = true;
	ledger_add_stage(e->recorder.ledger, e->wall_us, &record);
	e->recorder.journal_added++;
	o->recorded &= ~(UINT32_C(1) << stage);
	stage_outputs_forget(
		&s->outputs, record_id_key(&e->recorder.keys, o->id.data, o->id.len), stage);
}

void stages_forget_row(struct stages *s, const struct buf *id)
{
	struct engine *e = s->work.engine;
	uint64_t key = record_id_key(&e->recorder.keys, id->data, id->len);

	for (int stage = 0; stage < s->pipeline->n; stage++) {
		const char *name = s->pipeline->stage[stage].name;
		const struct ledger_stage record = {.id = id->data,
			.id_len = id->len,
			.stage = name,
			.stage_len = strlen(name),
			.forget = true};

		ledger_add_stage(e->recorder.ledger, e->wall_us, &record);
		e->recorder.journal_added++;
		stage_outputs_forget(&s->outputs, key, stage);
	}
}

static struct cost_record cost_of_end(const struct stages *s, const struct task_end *end)
{
	const struct model_costs *models = &s->work.engine->costs.models;

	return cost_record_of(
		end->verdict, end->attempt ? models->at[end->attempt->cost_row].name : NULL);
}

static void take_answer(struct stages *s, int stage, const struct task_end *end)
{
	const struct answer *answer = end->answer;
	const struct verdict *v = end->verdict;
	const struct cost_record cost = cost_of_end(s, end);
	uint32_t slot = end->task.i;
	struct open_row *o = &s->open[slot];

	s->stage[stage].done++;
	stages_idle(s, stage, slot);
	open_row_add_cost(s->work.engine, o, &cost);
	flow_done(&o->flow, stage, answer->status, answer->body_len ? answer->body : "",
		answer->body_len, v->json);
	withhold_unneeded(s, slot);
	flow_advance(&o->flow);
	if (flow_ended(&o->flow) == FLOW_ENDED_OK && flow_answer(&o->flow) == stage) {
		end_item(s, slot, ITEM_OK, answer, v);
		return;
	}
	if (flow_ended(&o->flow) == FLOW_ENDED_OK) {
		end_with_output(s, slot);
		return;
	}
	journal_answer(s, slot, stage, answer, &cost);
	stages_advance(s, slot);
}

static void keep_failure(struct open_row *o, const struct answer *answer, const struct verdict *v)
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

/* The stage failed for good. The item fails with it once its requests in flight are answered. */
static void fail_stage(struct stages *s, int stage, uint32_t slot, const struct answer *answer,
	const struct verdict *v)
{
	struct open_row *o = &s->open[slot];
	struct verdict named = *v;

	snprintf(named.message, sizeof(named.message), "stage %s: %.*s",
		s->pipeline->stage[stage].name, (int)(sizeof(v->message) - PIPELINE_MAX_NAME - 10),
		v->message);
	s->stage[stage].failed++;
	stages_idle(s, stage, slot);
	keep_failure(o, answer, &named);
	flow_failed(&o->flow, stage);
	stages_advance(s, slot);
}

/* Fails a task that could not be sent. */
static void refuse_task(struct stages *s, int stage, uint32_t slot, const struct verdict *v)
{
	const struct answer none = {.result = NET_ERROR, .latency_us = -1, .first_byte_us = -1};
	struct engine *e = s->work.engine;
	struct open_row *o = &s->open[slot];
	const struct error_where where = {.id = buf_str(&o->id),
		.id_len = o->id.len,
		.place = s->pipeline->stage[stage].name};

	observer_group(&e->observer, items_at(&e->items, o->item), v, &where, e->wall_us);
	fail_stage(s, stage, slot, &none, v);
}

/* The task is not in flight any more, and its item is held. */
static void make_idle(struct stages *s, int stage, uint32_t slot)
{
	flow_again(&s->open[slot].flow, stage);
	stages_idle(s, stage, slot);
	stages_refresh(s, slot);
}

/* Drops a task that its item, which is ending, does not need. */
static void drop_task(struct stages *s, int stage, uint32_t slot)
{
	stages_idle(s, stage, slot);
	flow_drop(&s->open[slot].flow, stage);
	stages_advance(s, slot);
}

static void fail_attempt(struct stages *s, int stage, const struct task_end *end)
{
	enum retry_action action = end->decision.action;
	uint32_t slot = end->task.i;
	struct open_row *o = &s->open[slot];
	struct cost_record cost;

	if (o->flow.ending && !o->failure) {
		drop_task(s, stage, slot);
		return;
	}
	if (o->failure || o->cancelled)
		action = RETRY_FINAL;
	switch (action) {
	case RETRY_FINAL:
		cost = cost_of_end(s, end);
		open_row_add_cost(s->work.engine, o, &cost);
		fail_stage(s, stage, slot, end->answer, end->verdict);
		break;
	case RETRY_LATER:
		flow_waits(&o->flow, stage);
		queue_wait(end->task.queue, slot, end->decision.due_us);
		stages_refresh(s, slot);
		break;
	case RETRY_HELD:
		flow_again(&o->flow, stage);
		held_add(s->work.engine, end->task, end->verdict->outcome);
		stages_refresh(s, slot);
		break;
	case RETRY_BY_HAND:
		make_idle(s, stage, slot);
		break;
	case RETRY_AGAIN:
		break;
	}
}

/* The attempt ended as if it had not been sent: cancels the item, or queues the task again. */
static void return_task(struct stages *s, int stage, const struct task_end *end)
{
	uint32_t slot = end->task.i;
	struct open_row *o = &s->open[slot];

	if (o->cancelled) {
		flow_again(&o->flow, stage);
		stages_idle(s, stage, slot);
		stages_advance(s, slot);
	} else if (o->flow.ending) {
		drop_task(s, stage, slot);
	} else if (items_at(&s->work.engine->items, o->item)->by_hand) {
		make_idle(s, stage, slot);
	} else {
		flow_again(&o->flow, stage);
		queue_ready(end->task.queue, slot, true);
		stages_refresh(s, slot);
	}
}

void stages_ended(struct work *w, const struct task_end *end)
{
	struct stages *s = (struct stages *)w;
	int stage = stage_of(s, end->task.queue);
	bool ok = end->verdict && end->verdict->outcome == OUTCOME_OK;

	if (end->attempt && end->answer)
		s->open[end->task.i].retries += (int)end->answer->resent;
	if (ok)
		take_answer(s, stage, end);
	else if (!end->attempt)
		refuse_task(s, stage, end->task.i, end->verdict);
	else if (end->decision.action == RETRY_AGAIN)
		return_task(s, stage, end);
	else
		fail_attempt(s, stage, end);
}
