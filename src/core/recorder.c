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
#include "core/answer.h"
#include "core/attempt.h"
#include "core/engine_internal.h"
#include "ledger/result_line.h"

enum { KEEP_LINE_BYTES = 1 << 20 };

void journal_event(struct engine *e, const char *event, const struct buf *fields)
{
	ledger_add_event(
		e->ledger, e->wall_us, event, fields ? fields->data : "", fields ? fields->len : 0);
	e->journal_added++;
}

void engine_write_start(struct engine *e, const struct buf *fields)
{
	ledger_add_start(e->ledger, e->wall_us, fields->data, fields->len);
	e->journal_added++;
}

static void add_member(struct buf *b, const char *name, const char *text, size_t len)
{
	if (b->len)
		buf_addc(b, ',');
	json_add_string(b, name, strlen(name));
	buf_addc(b, ':');
	json_add_string(b, text, len);
}

void engine_warn(struct engine *e, const char *what, const char *detail)
{
	struct buf *b = &e->scratch;

	events_add(&e->events, e->wall_us, EVENT_WARNING, "%s: %s", what, detail);
	buf_clear(b);
	add_member(b, "text", what, strlen(what));
	add_member(b, "detail", detail, strlen(detail));
	journal_event(e, "warning", b);
}

static void add_number(struct buf *b, const char *name, int64_t n)
{
	buf_addf(b, "%s\"%s\":%" PRId64, b->len ? "," : "", name, n);
}

void journal_attempt(
	struct engine *e, const struct attempt *attempt, const struct verdict *v, int64_t wait_us)
{
	const struct item *item = items_at(&e->items, attempt->item);
	struct buf *b = &e->scratch;
	const char *name = outcome_name(v->outcome);

	buf_clear(b);
	add_member(b, "id", attempt->id.data, attempt->id.len);
	add_number(b, "line", item->line);
	if (attempt->task.queue->member)
		add_member(b, attempt->task.queue->member, attempt->task.queue->name,
			strlen(attempt->task.queue->name));
	add_number(b, "attempt", attempt_task(attempt)->attempts);
	add_member(b, "outcome", name, strlen(name));
	add_number(b, "status", v->status);
	add_number(b, "wait_ms", wait_us / US_PER_MS);
	add_member(b, "message", v->message, strlen(v->message));
	journal_event(e, "attempt", b);
}

void journal_command(struct engine *e, const char *text, const char *reply)
{
	struct buf *b = &e->scratch;

	buf_clear(b);
	add_member(b, "text", text, strlen(text));
	add_member(b, "reply", reply, strlen(reply));
	journal_event(e, "command", b);
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
			.message = "the answer does not fit into a result line"};
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
			"no space left for the results: sending stopped; free some and it goes on");
	if (!full && e->disk_full)
		events_add(
			&e->events, wall_us, EVENT_INFO, "there is space again: sending goes on");
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

static void add_counts(struct buf *b, const struct item_counts *c)
{
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {{"queued", c->queued}, {"waiting", c->waiting}, {"in_flight", c->in_flight},
		{"held", c->held}, {"ok", c->ok}, {"failed", c->failed},
		{"cancelled", c->cancelled}, {"total", c->total}};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		buf_addf(b, "%s\"%s\":%" PRIu64, i ? "," : "", counts[i].name, counts[i].n);
}

/* Milliseconds; nothing for what is not known. */
static void add_ms(struct buf *b, const char *name, int64_t us)
{
	if (us >= 0)
		buf_addf(b, "%s\"%s\":%.1f", b->data[b->len - 1] == '{' ? "" : ",", name,
			(double)us / (double)US_PER_MS);
}

static void add_streams(struct buf *b, const struct stream_summary *s)
{
	if (!s->any)
		return;
	buf_adds(b, ",\"streams\":{");
	add_ms(b, "first_token_ms_p50", s->first_token_p50_us);
	add_ms(b, "first_token_ms_p99", s->first_token_p99_us);
	add_ms(b, "gap_ms_p50", s->gap_p50_us);
	add_ms(b, "gap_ms_p99", s->gap_p99_us);
	if (s->tokens_per_s >= 0)
		buf_addf(b, ",\"tokens_per_s\":%.1f", s->tokens_per_s);
	buf_addc(b, '}');
}

/* How long answers took. */
static void add_times(struct buf *b, const struct session_times *v)
{
	if (v->speed_up >= 0)
		buf_addf(b, ",\"speed_up\":%.2f", v->speed_up);
	add_streams(b, &v->streams);
	buf_adds(b, ",\"latency_ms\":{");
	add_ms(b, "avg", v->avg_us);
	add_ms(b, "p50", v->p50_us);
	add_ms(b, "p90", v->p90_us);
	add_ms(b, "p99", v->p99_us);
	add_ms(b, "max", v->max_us);
	buf_addc(b, '}');
}

/* What the session came to, for reports. */
static void add_session(struct engine *e, struct buf *b)
{
	double usd = budget_usd(&e->budget);
	struct stats_view s;

	stats_view(&e->stats, e->now_us, 0, &s);
	buf_addf(b,
		",\"session\":{\"requests\":%" PRIu64 ",\"ok\":%" PRIu64 ",\"retries\":%" PRIu64,
		s.attempts, s.outcomes[OUTCOME_OK], s.retries);
	buf_addf(
		b, ",\"tokens_in\":%" PRIu64 ",\"tokens_out\":%" PRIu64, s.tokens_in, s.tokens_out);
	if (s.resent)
		buf_addf(b, ",\"resent\":%" PRIu64, s.resent);
	if (e->doubtful)
		buf_addf(b, ",\"doubtful\":%" PRIu64, e->doubtful);
	for (int i = 0; i < e->n_figures; i++)
		if (*e->figure[i].n)
			buf_addf(b, ",\"%s\":%" PRIu64, e->figure[i].name, *e->figure[i].n);
	if (usd >= 0)
		buf_addf(b, ",\"usd_of_run\":%.6f", usd);
	add_times(b, &s.session);
	buf_addc(b, '}');
}

/* What the sending was bound by. */
static void add_why(struct engine *e, struct buf *b)
{
	double share[BOUND_COUNT];
	bool first = true;

	why_session_shares(&e->why, e->now_us, share);
	buf_adds(b, ",\"why\":{");
	for (int i = 0; i < BOUND_COUNT; i++) {
		if (share[i] < 0.005)
			continue;
		buf_addf(b, "%s\"%s\":%.2f", first ? "" : ",", bound_name((enum bound)i), share[i]);
		first = false;
	}
	buf_addc(b, '}');
}

bool engine_write_end(struct engine *e, int64_t now_us, int64_t wall_us, struct error *err)
{
	struct buf *b = &e->scratch;

	e->now_us = now_us;
	e->wall_us = wall_us;
	journal_learnt(e, true);
	buf_clear(b);
	add_member(b, "reason", e->note, strlen(e->note));
	add_number(b, "exit_code", engine_exit_code(e));
	if (ledger_was_lost(e->ledger))
		buf_adds(b, ",\"lost\":true");
	add_number(b, "elapsed_ms", stats_elapsed(&e->stats, now_us) / US_PER_MS);
	buf_adds(b, ",\"items\":{");
	add_counts(b, &e->items.counts);
	buf_addc(b, '}');
	add_session(e, b);
	add_why(e, b);
	journal_event(e, "stop", b);
	if (ledger_flush(e->ledger, err) != LEDGER_OK)
		return false;
	return write_errors(e, err);
}
