/* What screens show of the rows of a pipeline. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "work/stages_impl.h"

/* When the first of a waiting item's tasks is due. */
static int64_t due_of(const struct stages *s, uint32_t item)
{
	struct task_row row;

	return work_row(&s->work, item, &row) ? row.due_us : NEVER_US;
}

static int by_due(const void *a, const void *b)
{
	const struct due *x = a, *y = b;

	if (x->due_us != y->due_us)
		return x->due_us < y->due_us ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* The waiting ones are among the open ones, whose number is bounded. */
size_t stages_earliest(const struct stages *s, struct due *out, size_t n)
{
	const struct engine *e = s->work.engine;
	struct due *all = xmalloc((s->slots + 1) * sizeof(*all));
	size_t found = 0;

	for (uint32_t slot = 0; slot < s->slots; slot++) {
		uint32_t item = s->open[slot].item;

		if (item != ITEM_NONE && items_at(&e->items, item)->state == ITEM_WAITING)
			all[found++] = (struct due){due_of(s, item), item};
	}
	if (found)
		qsort(all, found, sizeof(*all), by_due);
	n = n < found ? n : found;
	if (n)
		memcpy(out, all, n * sizeof(*out));
	free(all);
	return n;
}

uint64_t stages_place_of(const struct stages *s, uint32_t item)
{
	const struct engine *e = s->work.engine;
	int64_t due_us = due_of(s, item);
	uint64_t before = 0;

	for (uint32_t slot = 0; slot < s->slots; slot++) {
		uint32_t other = s->open[slot].item;

		before += other != ITEM_NONE && items_at(&e->items, other)->state == ITEM_WAITING &&
			  due_of(s, other) < due_us;
	}
	return before;
}

bool stages_describe_item(const struct stages *s, uint32_t item, struct buf *out)
{
	uint32_t slot = stages_slot_of(s, item);

	if (slot == ITEM_NONE)
		return false;
	stages_describe(&s->open[slot].flow, out);
	return true;
}

bool stages_request_of(const struct stages *s, const struct attempt *a, struct buf *text,
	struct request_line *line)
{
	struct stage_lack lack;

	return stage_request_fill(&s->request[stage_of(s, a->task.queue)], &s->open[a->task.i].flow,
		text, line, &lack, NULL);
}

uint32_t stages_open_rows(const struct stages *s)
{
	return s->n_open;
}

struct stage_counts stages_counts(const struct stages *s, int i)
{
	const struct stage_tasks *stage = &s->stage[i];
	const struct item_counts *c = &stage->tasks.counts;

	return (struct stage_counts){.after = s->pipeline->stage[i].after,
		.ready = c->queued,
		.waiting = c->waiting,
		.held = c->held,
		.done = stage->done,
		.failed = stage->failed,
		.skipped = stage->skipped};
}
