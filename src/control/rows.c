/* Items as rows of lists: the active ones, and those of the query that is open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/engine_internal.h"
#include "control/view.h"
#include "work/stages.h"
#include "core/streaming.h"

enum { ROWS_MAX = 4096 };

/* A query that nobody asked for this long gives its memory back. */
#define QUERY_FORGOTTEN_US US_PER_MIN

/* What the item itself tells. */
static void fill_item(const struct engine *e, uint32_t i, struct item_row *row)
{
	const struct item *item = items_at(&e->items, i);

	memset(row, 0, sizeof(*row));
	row->line = item->line;
	row->state = item->state;
	row->outcome = item->outcome;
	row->attempt = item->attempts;
	row->max_attempts = e->stages ? 0 : e->config.max_attempts;
	row->age_us = row->idle_us = -1;
	row->status = item->status;
	if (item->state != ITEM_WAITING)
		return;
	if (e->stages)
		row->due_us = stages_due_of(e, i, row);
	else
		row->due_us = scheduler_due_of(&e->scheduler, i);
}

static void fill_in_flight(const struct engine *e, const struct attempt *a, struct item_row *row)
{
	fill_item(e, a->item, row);
	text_sanitise(row->id, sizeof(row->id), a->id.data, a->id.len);
	row->age_us = e->now_us - a->started_us;
	snprintf(row->model, sizeof(row->model), "%s", a->model);
	if (a->task != ITEM_NONE)
		stages_fill_row(e, a->route, a->task, row);
	e->ops.progress(e->ctx, a->transfer, row);
	streaming_row(a, row);
}

void engine_row(struct engine *e, uint32_t i, struct item_row *row)
{
	const struct attempt *a = engine_attempt_of(e, i);

	if (a) {
		fill_in_flight(e, a, row);
		return;
	}
	fill_item(e, i, row);
	engine_look(e, i);
	text_sanitise(row->id, sizeof(row->id), buf_str(&e->look.id), e->look.id.len);
	engine_look_model(&e->look, row->model, sizeof(row->model));
}

static void fill_waiting(struct engine *e, uint32_t i, struct item_row *row)
{
	struct attempt_view attempt[DETAIL_ATTEMPTS];
	int n = past_attempts_of(&e->past, i, attempt);

	engine_row(e, i, row);
	if (n)
		snprintf(row->request_id, sizeof(row->request_id), "%.47s",
			attempt[n - 1].request_id);
}

/* Items that wait; of a pipeline those of which nothing is in flight or queued. */
static uint64_t waiting_count(const struct engine *e)
{
	return e->stages ? e->items.counts.waiting : e->scheduler.waiting.len;
}

/* What is in flight, oldest first, then what waits by due time. */
static size_t active_rows(struct engine *e, uint64_t offset, struct item_row *out, size_t n)
{
	uint64_t skip = offset, wanted;
	struct due *due;
	size_t filled = 0, found;

	for (const struct attempt *a = e->oldest; a && filled < n; a = a->next) {
		if (skip)
			skip--;
		else
			fill_in_flight(e, a, &out[filled++]);
	}
	wanted = skip + (n - filled);
	if (filled == n || !waiting_count(e) || wanted > ROWS_MAX)
		return filled;
	due = xmalloc(wanted * sizeof(*due));
	found = e->stages ? stages_earliest(e, due, wanted)
			  : scheduler_earliest(&e->scheduler, due, wanted);
	for (size_t i = skip; i < found; i++)
		fill_waiting(e, due[i].item, &out[filled++]);
	free(due);
	return filled;
}

/* ---- the query ---- */

/* Makes q the query that is open, and looks at some more items for it. */
static struct query *open_query(struct engine *e, const struct item_query *q)
{
	const struct query_reader reader = engine_reader(e);
	bool fresh = !query_is(&e->query, q);

	if (fresh)
		query_open(&e->query, q, &e->items, e->now_us);
	e->query.asked_us = e->now_us;
	query_step(&e->query, &e->items, &reader, fresh ? QUERY_OPEN_UNITS : QUERY_STEP_UNITS);
	query_take_changes(&e->query, &e->items, &reader);
	return &e->query;
}

static void tell(const struct engine *e, const struct query *q, struct rows_info *info)
{
	info->total = query_total(q, &e->items);
	info->complete = query_complete(q, &e->items);
	info->progress = info->complete ? 1 : (double)q->looked / (double)e->items.n;
	snprintf(info->error, sizeof(info->error), "%s", q->error);
}

size_t engine_rows(struct engine *e, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	uint32_t item[64];
	size_t filled = 0, got;

	engine_now(e);
	*info = (struct rows_info){.complete = true, .progress = 1};
	if (q == QUERY_ACTIVE) {
		info->total = e->in_flight + waiting_count(e);
		return active_rows(e, offset, out, n);
	}
	tell(e, open_query(e, q), info);
	do {
		got = n - filled < 64 ? n - filled : 64;
		got = query_items(&e->query, &e->items, offset + filled, item, got);
		for (size_t i = 0; i < got; i++)
			engine_row(e, item[i], &out[filled++]);
	} while (got == 64);
	return filled;
}

/* Where an active item stands: attempts in order, then the waiting by due time. */
static bool locate_active(struct engine *e, uint32_t item, uint64_t *offset)
{
	const struct scheduler *s = &e->scheduler;
	int64_t due_us;

	*offset = 0;
	for (const struct attempt *a = e->oldest; a; a = a->next, ++*offset)
		if (a->item == item)
			return true;
	if (items_at(&e->items, item)->state != ITEM_WAITING)
		return false;
	if (e->stages) {
		*offset += stages_place_of(e, item);
		return true;
	}
	due_us = scheduler_due_of(s, item);
	*offset += scheduler_due_before(s, due_us);
	return true;
}

bool engine_locate(struct engine *e, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	uint32_t i = engine_item_of_line(e, line);

	engine_now(e);
	if (i == ITEM_NONE)
		return false;
	if (q == QUERY_ACTIVE)
		return locate_active(e, i, offset);
	return query_row_of(open_query(e, q), &e->items, i, offset);
}

bool engine_has_background(const struct engine *e)
{
	return !query_complete(&e->query, &e->items) || engine_has_to_regroup(e);
}

void engine_background(struct engine *e)
{
	const struct query_reader reader = engine_reader(e);

	if (query_complete(&e->query, &e->items))
		engine_regroup(e, QUERY_STEP_UNITS);
	else
		query_step(&e->query, &e->items, &reader, QUERY_STEP_UNITS);
}

void engine_tick(struct engine *e, int64_t now_us)
{
	const struct query_reader reader = engine_reader(e);

	if (e->query.open && now_us - e->query.asked_us > QUERY_FORGOTTEN_US)
		query_close(&e->query);
	if (query_complete(&e->query, &e->items))
		query_refresh(&e->query, &e->items, &reader, now_us);
	/* a busy loop has no idle moments */
	if (engine_has_background(e))
		engine_background(e);
}
