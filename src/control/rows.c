/* Items as rows of lists: the active ones, and those of the open query. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "control/control_impl.h"
#include "control/view.h"
#include "core/attempt.h"
#include "work/stages.h"
#include "core/streaming.h"

enum { ROWS_MAX = 4096 };

/* The task that the item waits for. */
static void fill_task(const struct task_row *task, struct item_row *row)
{
	snprintf(row->stage, sizeof(row->stage), "%s", task->name);
	row->attempt = task->attempts;
	row->max_attempts = task->max_attempts;
	row->due_us = task->due_us;
}

/* The members that the item itself has. */
static void fill_item(const struct control *c, uint32_t i, struct item_row *row)
{
	const struct engine *e = c->engine;
	const struct item *item = items_at(&e->items, i);
	struct task_row task;

	memset(row, 0, sizeof(*row));
	row->line = item->line;
	row->state = item->state;
	row->outcome = item->outcome;
	row->attempt = item->attempts;
	row->max_attempts = e->sources.tasks_are_items ? e->config.max_attempts : 0;
	row->age_us = row->idle_us = -1;
	row->status = item->status;
	row->tagged = item_tags_has(&c->tags, i);
	if (work_row(e->sources.work, i, &task))
		fill_task(&task, row);
}

static void fill_progress(const struct engine *e, const struct attempt *a, struct item_row *row)
{
	struct attempt_progress p = {.phase = "", .idle_us = -1};

	e->ops.progress(e->ctx, a->transfer, &p);
	snprintf(row->phase, sizeof(row->phase), "%s", streaming_is_on(a) ? "streaming" : p.phase);
	row->bytes_in = p.bytes_in;
	row->idle_us = p.idle_us;
	snprintf(row->host, sizeof(row->host), "%s", p.host);
	snprintf(row->request_id, sizeof(row->request_id), "%s", p.request_id);
	row->tokens_out = streaming_tokens(a);
}

static void fill_in_flight(struct control *c, const struct attempt *a, struct item_row *row)
{
	const struct engine *e = c->engine;
	const struct queue *q = a->task.queue;

	fill_item(c, a->item, row);
	text_sanitise(row->id, sizeof(row->id), a->id.data, a->id.len);
	row->age_us = e->now_us - a->started_us;
	snprintf(row->model, sizeof(row->model), "%s", a->model);
	snprintf(row->stage, sizeof(row->stage), "%s", q->name);
	row->attempt = attempt_task(a)->attempts;
	row->max_attempts = q->max_attempts ? q->max_attempts : e->config.max_attempts;
	fill_progress(e, a, row);
}

void control_row(struct control *c, uint32_t i, struct item_row *row)
{
	const struct engine *e = c->engine;
	const struct attempt *a = attempt_of(e, i);

	if (a) {
		fill_in_flight(c, a, row);
		return;
	}
	fill_item(c, i, row);
	item_text_read(&c->text, e, i);
	text_sanitise(row->id, sizeof(row->id), buf_str(&c->text.id), c->text.id.len);
	control_item_model(c, row->model, sizeof(row->model));
}

static void fill_waiting(struct control *c, uint32_t i, struct item_row *row)
{
	struct attempt_view attempt[DETAIL_ATTEMPTS];
	int n = past_attempts_of(&c->engine->observer.past, i, attempt);

	control_row(c, i, row);
	if (n)
		snprintf(row->request_id, sizeof(row->request_id), "%.47s",
			attempt[n - 1].request_id);
}

/* Items in flight, oldest first, then waiting ones by due time. */
static size_t active_rows(struct control *c, uint64_t offset, struct item_row *out, size_t n)
{
	const struct engine *e = c->engine;
	uint64_t skip = offset, wanted;
	const struct attempt *a;
	struct due *due;
	size_t filled = 0, found;

	TAILQ_FOREACH (a, &e->attempts.list, in_flight) {
		if (filled == n)
			break;
		if (skip)
			skip--;
		else
			fill_in_flight(c, a, &out[filled++]);
	}
	wanted = skip + (n - filled);
	if (filled == n || !e->items.counts.waiting || wanted > ROWS_MAX)
		return filled;
	due = xmalloc(wanted * sizeof(*due));
	found = e->sources.tasks_are_items
			? scheduler_earliest(&e->sources.entry->scheduler, due, wanted)
			: stages_earliest(stages_of(e->sources.work), due, wanted);
	for (size_t i = skip; i < found; i++)
		fill_waiting(c, due[i].item, &out[filled++]);
	free(due);
	return filled;
}

/* ---- the query ---- */

static void fill_info(const struct items *items, const struct query *q, struct rows_info *info)
{
	info->total = query_total(q, items);
	info->complete = query_complete(q, items);
	info->progress = info->complete ? 1 : (double)q->scanned / (double)items->n;
	snprintf(info->error, sizeof(info->error), "%s", q->error);
}

size_t watcher_rows(struct watcher *w, const struct item_query *asked, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	struct control *c = w->control;
	const struct items *items = &c->engine->items;
	const struct query *q;
	int64_t cost_left = w->row_cost, facts_left = w->fact_cost, before;
	size_t filled = 0, got;
	uint32_t item[64];

	*info = (struct rows_info){.complete = true, .progress = 1};
	if (asked == QUERY_ACTIVE) {
		info->total = c->engine->attempts.in_flight + items->counts.waiting;
		return active_rows(c, offset, out, n);
	}
	q = watcher_query(w, asked);
	if (!q) {
		info->busy = true;
		info->complete = false;
		return 0;
	}
	fill_info(items, q, info);
	do {
		got = n - filled < 64 ? n - filled : 64;
		got = query_items(q, items, offset + filled, item, got);
		for (size_t i = 0; i < got && cost_left > 0; i++) {
			cost_left -= item_read_cost(items_at(items, item[i]));
			control_row(c, item[i], &out[filled]);
			before = facts_left;
			if (asked->facts)
				control_facts(c, item[i], &out[filled].facts, &facts_left);
			cost_left -= before - facts_left;
			filled++;
		}
	} while (got == 64 && cost_left > 0);
	return filled;
}

/* The row of an active item: attempts in order, then waiting items by due time. */
static bool locate_active(const struct engine *e, uint32_t item, uint64_t *offset)
{
	const struct scheduler *s = &e->sources.entry->scheduler;
	const struct attempt *a;
	int64_t due_us;

	*offset = 0;
	TAILQ_FOREACH (a, &e->attempts.list, in_flight) {
		if (a->item == item)
			return true;
		++*offset;
	}
	if (items_at(&e->items, item)->state != ITEM_WAITING)
		return false;
	if (!e->sources.tasks_are_items) {
		*offset += stages_place_of(stages_of(e->sources.work), item);
		return true;
	}
	due_us = scheduler_due_of(s, item);
	*offset += scheduler_due_before(s, due_us);
	return true;
}

bool watcher_locate(
	struct watcher *w, const struct item_query *asked, uint32_t item, uint64_t *offset)
{
	const struct engine *e = w->control->engine;
	const struct query *q;

	if (asked == QUERY_ACTIVE)
		return locate_active(e, item, offset);
	q = watcher_query(w, asked);
	return q && query_row_of(q, &e->items, item, offset);
}
