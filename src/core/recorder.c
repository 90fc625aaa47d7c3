/* Adds events, attempts and final records to the buffers of the ledger. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/outcome.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "core/answer.h"
#include "core/attempt.h"
#include "core/engine_internal.h"
#include "ledger/result_line.h"
#include "ledger/read_back.h"

enum {
	KEEP_LINE_BYTES = 1 << 20,
	MAX_LINE = 1 << 30, /* of a record under construction */
};

void recorder_init(struct recorder *r, struct ledger *ledger, enum result_form form)
{
	*r = (struct recorder){.ledger = ledger, .form = form};
	r->keys = record_keys_of(ledger_key(ledger));
	r->line_key = hash_key_for(ledger_key(ledger), "lines");
	buf_init(&r->line, MAX_LINE);
	buf_init(&r->scratch, MAX_LINE);
}

void recorder_free(struct recorder *r)
{
	free(r->results.ring);
	free(r->finals.ring);
	free(r->final);
	free(r->kept);
	buf_free(&r->line);
	buf_free(&r->scratch);
}

void recorder_event(
	struct recorder *r, int64_t wall_us, enum journal_kind kind, const struct buf *fields)
{
	ledger_add_event(
		r->ledger, wall_us, kind, fields ? fields->data : "", fields ? fields->len : 0);
	r->journal_added++;
}

void journal_event(struct engine *e, enum journal_kind kind, const struct buf *fields)
{
	recorder_event(&e->recorder, e->wall_us, kind, fields);
}

void engine_warn(struct engine *e, const char *what, const char *detail)
{
	struct json_writer w = json_writer_to(&e->recorder.scratch);

	events_add(&e->observer.events, e->wall_us, EVENT_WARNING, "%s: %s", what, detail);
	buf_clear(&e->recorder.scratch);
	json_member_text(&w, "text", what);
	json_member_text(&w, "detail", detail);
	journal_event(e, JOURNAL_WARNING, &e->recorder.scratch);
}

void journal_attempt(
	struct engine *e, const struct attempt *attempt, const struct verdict *v, int64_t wait_us)
{
	const struct item *item = items_at(&e->items, attempt->item);
	struct json_writer w = json_writer_to(&e->recorder.scratch);

	buf_clear(&e->recorder.scratch);
	json_member_string(&w, "id", attempt->id.data, attempt->id.len);
	json_member_int(&w, "line", item->line);
	if (attempt->task.queue->member)
		json_member_text(&w, attempt->task.queue->member, attempt->task.queue->name);
	else if (e->routes.n > 1)
		json_member_text(&w, "endpoint", e->routes.at[attempt->route].name);
	if (lanes_count(e->routes.at[attempt->route].lanes) > 1)
		json_member_text(&w, "model", attempt->lane->model);
	json_member_int(&w, "attempt", attempt_task(attempt)->attempts);
	json_member_text(&w, "outcome", outcome_name(v->outcome));
	json_member_int(&w, "status", v->status);
	json_member_int(&w, "wait_ms", wait_us / US_PER_MS);
	json_member_int(&w, "latency_ms", (e->now_us - attempt->started_us) / US_PER_MS);
	json_member_text(&w, "message", v->message);
	journal_event(e, JOURNAL_ATTEMPT, &e->recorder.scratch);
}

void journal_command(struct engine *e, const char *text, const char *by, const char *reply)
{
	struct json_writer w = json_writer_to(&e->recorder.scratch);

	buf_clear(&e->recorder.scratch);
	json_member_text(&w, "text", text);
	if (by)
		json_member_text(&w, "by", by);
	json_member_text(&w, "reply", reply);
	journal_event(e, JOURNAL_COMMAND, &e->recorder.scratch);
}

static void pending_push(struct pending_queue *q, struct pending p)
{
	if (q->len == q->cap) {
		size_t cap = q->cap ? q->cap * 2 : 256;
		struct pending *ring = xmalloc(cap * sizeof(*ring));

		for (size_t i = 0; i < q->len; i++)
			ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
		free(q->ring);
		*q = (struct pending_queue){.ring = ring, .len = q->len, .cap = cap};
	}
	q->ring[(q->head + q->len++) & (q->cap - 1)] = p;
}

void recorder_known(struct recorder *r, uint32_t item, uint64_t journal_offset)
{
	if (r->n_final == r->cap_final) {
		r->cap_final = r->cap_final ? r->cap_final * 2 : 64;
		r->final = xrealloc(r->final, r->cap_final, sizeof(*r->final));
	}
	r->final[r->n_final++] = (struct final_record){journal_offset, item};
}

void recorder_keep(struct recorder *r, uint64_t journal_offset)
{
	if (r->n_kept == r->cap_kept) {
		r->cap_kept = r->cap_kept ? r->cap_kept * 2 : 64;
		r->kept = xrealloc(r->kept, r->cap_kept, sizeof(*r->kept));
	}
	r->kept[r->n_kept++] = journal_offset;
}

/* The time at which an item ends now: never 0, which is none. */
static int64_t ended_us(const struct engine *e)
{
	int64_t us = e->now_us - e->started_us;

	return us > 0 ? us : 1;
}

void record_final(struct engine *e, uint32_t i, enum item_state state,
	const struct result_item *result, const struct answer *a, const struct verdict *v)
{
	struct result_item timed = *result;
	struct item *item = items_at(&e->items, i);
	struct recorder *r = &e->recorder;
	struct pending p = {.item = i,
		.state = (uint8_t)state,
		.outcome = (uint8_t)v->outcome,
		.reused = result_item_is_reused(result)};
	uint64_t offset;

	item->ending = 1;
	item->by_hand = false;
	if (state == ITEM_FAILED && !a)
		observer_group(&e->observer, item, v,
			&(struct error_where){.id = result->id, .id_len = result->id_len},
			e->wall_us);
	timed.form = r->form;
	timed.ended_us = ended_us(e);
	timed.session = r->session;
	buf_trim(&r->line, KEEP_LINE_BYTES);
	if (!result_line_add(&r->line, &timed, a, v)) {
		struct verdict too_large = {.outcome = OUTCOME_TOO_LARGE,
			.status = v->status,
			.wait_us = -1,
			.tokens_in = v->tokens_in,
			.tokens_out = v->tokens_out,
			.code = "too_large",
			.message = "the answer is too long for a result line"};
		const struct result_item bare = result_item_bare(result);

		record_final(e, i, ITEM_FAILED, &bare, NULL, &too_large);
		return;
	}
	r->ended++;
	if (state == ITEM_OK) {
		item_set_place(item, ledger_add_result(r->ledger, r->line.data, r->line.len));
		p.seq = ++r->results_added;
		pending_push(&r->results, p);
		return;
	}
	r->failed += state == ITEM_FAILED;
	offset = ledger_add_final(r->ledger, e->wall_us, state, r->line.data, r->line.len);
	item_set_place(item, offset);
	recorder_known(r, i, offset);
	p.seq = ++r->journal_added;
	pending_push(&r->finals, p);
}

void recorder_requeued(struct recorder *r, int64_t wall_us, const char *id, size_t id_len)
{
	ledger_add_requeued(r->ledger, wall_us, id, id_len);
	r->journal_added++;
}

bool recorder_has_pending(const struct recorder *r)
{
	return r->results.len || r->finals.len;
}

static void settle(struct engine *e, struct pending_queue *q, uint64_t written)
{
	while (q->len && q->ring[q->head].seq <= written) {
		struct pending p = q->ring[q->head];
		struct item *item = items_at(&e->items, p.item);

		q->head = (q->head + 1) & (q->cap - 1);
		q->len--;
		item->ending = 0;
		item->outcome = p.outcome;
		if (p.state == ITEM_FAILED)
			error_groups_final(&e->observer.groups, item->group, 1);
		if (p.state == ITEM_OK) {
			error_groups_items(&e->observer.groups, item->group, -1);
			item->group = 0;
		}
		items_set_state(&e->items, p.item, p.state);
		if (item->leader)
			work_verb(e->sources.work, p.item, WORK_RELEASE_WAITERS);
		stats_ended(&e->observer.stats, p.state, p.outcome, p.reused, item->attempts > 0);
	}
}

/* Queues the items again whose records will never be written: another session sends them. */
static void give_up(struct engine *e, struct pending_queue *q)
{
	for (; q->len; q->len--, q->head = (q->head + 1) & (q->cap - 1)) {
		uint32_t i = q->ring[q->head].item;

		items_at(&e->items, i)->ending = 0;
		items_set_state(&e->items, i, ITEM_QUEUED);
	}
}

void engine_flushed(struct engine *e, enum ledger_status status, int64_t wall_us)
{
	bool full = status == LEDGER_FULL;

	settle(e, &e->recorder.results, ledger_results_written(e->recorder.ledger));
	settle(e, &e->recorder.finals, ledger_journal_written(e->recorder.ledger));
	work_written(e->sources.work);
	if (status == LEDGER_ERROR) {
		give_up(e, &e->recorder.results);
		give_up(e, &e->recorder.finals);
	}
	assert(items_balanced(&e->items));
	if (full && !e->recorder.disk_full)
		events_add(&e->observer.events, wall_us, EVENT_ERROR,
			"no space left for the results: sending is paused; free some space and the "
			"run continues");
	if (!full && e->recorder.disk_full)
		events_add(&e->observer.events, wall_us, EVENT_INFO,
			"space is available again: sending continues");
	e->recorder.disk_full = full;
}

static int by_item_then_age(const void *a, const void *b)
{
	const struct final_record *x = a, *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

bool recorder_write_errors(struct recorder *r, const struct items *items, struct error *err)
{
	uint64_t *offset = xmalloc((r->n_final + r->n_kept + 1) * sizeof(*offset));
	size_t n = 0;
	bool ok;

	if (r->n_final) /* without any, final is NULL */
		qsort(r->final, r->n_final, sizeof(*r->final), by_item_then_age);
	for (size_t i = 0; i < r->n_final; i++) {
		uint32_t item = r->final[i].item;
		enum item_state state = items_at(items, item)->state;

		if (i + 1 < r->n_final && r->final[i + 1].item == item)
			continue;
		if (state == ITEM_FAILED || state == ITEM_CANCELLED)
			offset[n++] = r->final[i].offset;
	}
	for (size_t i = 0; i < r->n_kept; i++)
		offset[n++] = r->kept[i];
	ok = ledger_write_errors(r->ledger, offset, n, err);
	free(offset);
	return ok;
}
