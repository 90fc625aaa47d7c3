/* What the engine writes down: events, attempts, final records. Only adds to the ledger's buffers.
 */
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

enum { KEEP_LINE_BYTES = 1 << 20 };

void journal_event(struct engine *e, enum journal_kind kind, const struct buf *fields)
{
	ledger_add_event(
		e->ledger, e->wall_us, kind, fields ? fields->data : "", fields ? fields->len : 0);
	e->journal_added++;
}

void engine_write_start(struct engine *e, const struct buf *fields)
{
	ledger_add_start(e->ledger, e->wall_us, fields->data, fields->len);
	e->journal_added++;
}

void engine_warn(struct engine *e, const char *what, const char *detail)
{
	struct json_writer w = json_writer_to(&e->scratch);

	events_add(&e->events, e->wall_us, EVENT_WARNING, "%s: %s", what, detail);
	buf_clear(&e->scratch);
	json_member_text(&w, "text", what);
	json_member_text(&w, "detail", detail);
	journal_event(e, JOURNAL_WARNING, &e->scratch);
}

void journal_attempt(
	struct engine *e, const struct attempt *attempt, const struct verdict *v, int64_t wait_us)
{
	const struct item *item = items_at(&e->items, attempt->item);
	struct json_writer w = json_writer_to(&e->scratch);

	buf_clear(&e->scratch);
	json_member_string(&w, "id", attempt->id.data, attempt->id.len);
	json_member_int(&w, "line", item->line);
	if (attempt->task.queue->member)
		json_member_text(&w, attempt->task.queue->member, attempt->task.queue->name);
	json_member_int(&w, "attempt", attempt_task(attempt)->attempts);
	json_member_text(&w, "outcome", outcome_name(v->outcome));
	json_member_int(&w, "status", v->status);
	json_member_int(&w, "wait_ms", wait_us / US_PER_MS);
	json_member_text(&w, "message", v->message);
	journal_event(e, JOURNAL_ATTEMPT, &e->scratch);
}

void journal_command(struct engine *e, const char *text, const char *reply)
{
	struct json_writer w = json_writer_to(&e->scratch);

	buf_clear(&e->scratch);
	json_member_text(&w, "text", text);
	json_member_text(&w, "reply", reply);
	journal_event(e, JOURNAL_COMMAND, &e->scratch);
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

void record_known(struct engine *e, uint32_t item, uint64_t journal_offset)
{
	if (e->n_final == e->cap_final) {
		e->cap_final = e->cap_final ? e->cap_final * 2 : 64;
		e->final = xrealloc(e->final, e->cap_final, sizeof(*e->final));
	}
	e->final[e->n_final++] = (struct final_record){journal_offset, item};
}

void record_final(struct engine *e, uint32_t i, enum item_state state,
	const struct result_item *result, const struct answer *a, const struct verdict *v)
{
	struct item *item = items_at(&e->items, i);
	struct pending p = {.item = i,
		.state = (uint8_t)state,
		.outcome = (uint8_t)v->outcome,
		.reused = result->cached || result->same_as_line};
	uint64_t offset;

	item->ending = 1;
	item->by_hand = false;
	if (state == ITEM_FAILED && !a)
		answer_group_failure(e, i, v, result->id, result->id_len, e->wall_us);
	buf_trim(&e->line, KEEP_LINE_BYTES);
	if (!result_line_add(&e->line, result, a, v)) {
		struct verdict too_large = {.outcome = OUTCOME_TOO_LARGE,
			.status = v->status,
			.wait_us = -1,
			.tokens_in = v->tokens_in,
			.tokens_out = v->tokens_out,
			.code = "too_large",
			.message = "the answer is too long for a result line"};
		struct result_item bare = *result;

		bare.stages = (struct json_span){NULL, 0};
		record_final(e, i, ITEM_FAILED, &bare, NULL, &too_large);
		return;
	}
	if (state == ITEM_OK) {
		item_set_place(item, ledger_add_result(e->ledger, e->line.data, e->line.len));
		p.seq = ++e->results_added;
		pending_push(&e->results, p);
		return;
	}
	offset = ledger_add_final(e->ledger, e->wall_us, state, e->line.data, e->line.len);
	item_set_place(item, offset);
	record_known(e, i, offset);
	p.seq = ++e->journal_added;
	pending_push(&e->finals, p);
}

void record_requeued(struct engine *e, const char *id, size_t id_len)
{
	ledger_add_requeued(e->ledger, e->wall_us, id, id_len);
	e->journal_added++;
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
			error_groups_final(&e->groups, item->group, 1);
		if (p.state == ITEM_OK) {
			error_groups_items(&e->groups, item->group, -1);
			item->group = 0;
		}
		items_set_state(&e->items, p.item, p.state);
		if (item->leads)
			work_verb(e->work, p.item, WORK_LEFT);
		stats_ended(&e->stats, p.state, p.outcome, p.reused);
	}
}

/* Their records will never be written: another session does them again. */
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

	settle(e, &e->results, ledger_results_written(e->ledger));
	settle(e, &e->finals, ledger_journal_written(e->ledger));
	work_written(e->work);
	if (status == LEDGER_ERROR) {
		give_up(e, &e->results);
		give_up(e, &e->finals);
	}
	assert(items_balanced(&e->items));
	if (full && !e->disk_full)
		events_add(&e->events, wall_us, EVENT_ERROR,
			"no space left for the results: sending stopped; free some and the run "
			"continues");
	if (!full && e->disk_full)
		events_add(
			&e->events, wall_us, EVENT_INFO, "there is space again: sending continues");
	e->disk_full = full;
}

static int by_item_then_age(const void *a, const void *b)
{
	const struct final_record *x = a, *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The errors file holds the items that are failed or cancelled now: of each the last record. */
static bool write_errors(struct engine *e, struct error *err)
{
	uint64_t *offset = xmalloc((e->n_final + 1) * sizeof(*offset));
	size_t n = 0;
	bool ok;

	if (e->n_final) /* without any, final is NULL */
		qsort(e->final, e->n_final, sizeof(*e->final), by_item_then_age);
	for (size_t i = 0; i < e->n_final; i++) {
		uint32_t item = e->final[i].item;
		enum item_state state = items_at(&e->items, item)->state;

		if (i + 1 < e->n_final && e->final[i + 1].item == item)
			continue;
		if (state == ITEM_FAILED || state == ITEM_CANCELLED)
			offset[n++] = e->final[i].offset;
	}
	ok = ledger_write_errors(e->ledger, offset, n, err);
	free(offset);
	return ok;
}

static void add_counts(struct json_writer *w, const struct item_counts *c)
{
	json_member_object(w, "items");
	json_member_uint(w, "queued", c->queued);
	json_member_uint(w, "waiting", c->waiting);
	json_member_uint(w, "in_flight", c->in_flight);
	json_member_uint(w, "held", c->held);
	json_member_uint(w, "ok", c->ok);
	json_member_uint(w, "failed", c->failed);
	json_member_uint(w, "cancelled", c->cancelled);
	json_member_uint(w, "total", c->total);
	json_close_object(w);
}

/* Milliseconds; nothing for what is not known. */
static void add_ms(struct json_writer *w, const char *name, int64_t us)
{
	if (us >= 0)
		json_member_double(w, name, (double)us / (double)US_PER_MS, 1);
}

static void add_streams(struct json_writer *w, const struct stream_summary *s)
{
	if (!s->any)
		return;
	json_member_object(w, "streams");
	add_ms(w, "first_token_ms_p50", s->first_token_p50_us);
	add_ms(w, "first_token_ms_p99", s->first_token_p99_us);
	add_ms(w, "gap_ms_p50", s->gap_p50_us);
	add_ms(w, "gap_ms_p99", s->gap_p99_us);
	if (s->tokens_per_s >= 0)
		json_member_double(w, "tokens_per_s", s->tokens_per_s, 1);
	json_close_object(w);
}

/* How long answers took. */
static void add_times(struct json_writer *w, const struct session_times *v)
{
	if (v->speed_up >= 0)
		json_member_double(w, "speed_up", v->speed_up, 2);
	add_streams(w, &v->streams);
	json_member_object(w, "latency_ms");
	add_ms(w, "avg", v->avg_us);
	add_ms(w, "p50", v->p50_us);
	add_ms(w, "p90", v->p90_us);
	add_ms(w, "p99", v->p99_us);
	add_ms(w, "max", v->max_us);
	json_close_object(w);
}

/* What the session came to, for reports. */
static void add_session(struct engine *e, struct json_writer *w)
{
	double usd = budget_usd(&e->budget);
	struct stats_view s;

	stats_view(&e->stats, e->now_us, 0, &s);
	json_member_object(w, "session");
	json_member_uint(w, "requests", s.attempts);
	json_member_uint(w, "ok", s.outcomes[OUTCOME_OK]);
	json_member_uint(w, "retries", s.retries);
	json_member_uint(w, "tokens_in", s.tokens_in);
	json_member_uint(w, "tokens_out", s.tokens_out);
	if (s.resent)
		json_member_uint(w, "resent", s.resent);
	if (e->doubtful)
		json_member_uint(w, "doubtful", e->doubtful);
	for (int i = 0; i < e->n_figures; i++)
		if (*e->figure[i].n)
			json_member_uint(w, e->figure[i].name, *e->figure[i].n);
	if (usd >= 0)
		json_member_double(w, "usd_of_run", usd, 6);
	add_times(w, &s.session);
	json_close_object(w);
}

/* What the sending was bound by. */
static void add_why(struct engine *e, struct json_writer *w)
{
	double share[BOUND_COUNT];

	why_session_shares(&e->why, e->now_us, share);
	json_member_object(w, "why");
	for (int i = 0; i < BOUND_COUNT; i++)
		if (share[i] >= 0.005)
			json_member_double(w, bound_name((enum bound)i), share[i], 2);
	json_close_object(w);
}

bool engine_write_end(struct engine *e, int64_t now_us, int64_t wall_us, struct error *err)
{
	struct json_writer w = json_writer_to(&e->scratch);

	e->now_us = now_us;
	e->wall_us = wall_us;
	journal_learnt(e, true);
	buf_clear(&e->scratch);
	json_member_text(&w, "reason", e->note);
	json_member_int(&w, "exit_code", engine_exit_code(e));
	if (ledger_was_lost(e->ledger))
		json_member_bool(&w, "lost", true);
	json_member_int(&w, "elapsed_ms", stats_elapsed(&e->stats, now_us) / US_PER_MS);
	add_counts(&w, &e->items.counts);
	add_session(e, &w);
	add_why(e, &w);
	journal_event(e, JOURNAL_STOP, &e->scratch);
	if (ledger_flush(e->ledger, err) != LEDGER_OK)
		return false;
	return write_errors(e, err);
}
