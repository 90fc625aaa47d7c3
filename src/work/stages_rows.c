/* Rows on their way through a pipeline, as screens see them. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "work/stages.h"

struct stage_place stages_place(const struct engine *e, int stage, uint32_t task)
{
	int most = stages_max_attempts(e->stages, stage);

	return (struct stage_place){e->routes.at[stage].name,
		stages_task(e->stages, task)->attempts, most ? most : e->config.max_attempts};
}

int64_t stages_due_of(const struct engine *e, uint32_t item, struct stage_place *at)
{
	const struct stages *s = e->stages;
	uint32_t slot = stages_slot_of(s, e, item);
	int64_t first_us = NEVER_US;

	for (int i = 0; slot != ITEM_NONE && i < s->pipeline->n; i++) {
		uint32_t task = stages_task_of(s, slot, i);
		int64_t due_us;

		if (stages_task(s, task)->state != ITEM_WAITING)
			continue;
		due_us = scheduler_due_of(&s->queue[i].scheduler, task);
		if (due_us >= first_us)
			continue;
		first_us = due_us;
		if (at)
			*at = stages_place(e, i, task);
	}
	return first_us;
}

static int by_due(const void *a, const void *b)
{
	const struct due *x = a, *y = b;

	if (x->due_us != y->due_us)
		return x->due_us < y->due_us ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* The waiting ones are among the open ones, whose number is bounded. */
size_t stages_earliest(const struct engine *e, struct due *out, size_t n)
{
	const struct stages *s = e->stages;
	struct due *all = xmalloc((s->slots + 1) * sizeof(*all));
	size_t found = 0;

	for (uint32_t slot = 0; slot < s->slots; slot++) {
		uint32_t item = s->open[slot].item;

		if (item != ITEM_NONE && items_at(&e->items, item)->state == ITEM_WAITING)
			all[found++] = (struct due){stages_due_of(e, item, NULL), item};
	}
	if (found)
		qsort(all, found, sizeof(*all), by_due);
	n = n < found ? n : found;
	if (n)
		memcpy(out, all, n * sizeof(*out));
	free(all);
	return n;
}

uint64_t stages_place_of(const struct engine *e, uint32_t item)
{
	const struct stages *s = e->stages;
	int64_t due_us = stages_due_of(e, item, NULL);
	uint64_t before = 0;

	for (uint32_t slot = 0; slot < s->slots; slot++) {
		uint32_t other = s->open[slot].item;

		before += other != ITEM_NONE && items_at(&e->items, other)->state == ITEM_WAITING &&
			  stages_due_of(e, other, NULL) < due_us;
	}
	return before;
}

bool stages_of_item(struct engine *e, uint32_t item, struct buf *out)
{
	uint32_t slot = e->stages ? stages_slot_of(e->stages, e, item) : ITEM_NONE;

	if (slot == ITEM_NONE)
		return false;
	stages_describe_outputs(&e->stages->open[slot].flow, out);
	return true;
}

void stages_view(const struct stages *s, int stage, struct stage_view *out)
{
	const struct stage_queue *q = &s->queue[stage];

	*out = (struct stage_view){.after = s->pipeline->stage[stage].after,
		.ready = q->in_state[ITEM_QUEUED],
		.waiting = q->in_state[ITEM_WAITING],
		.held = q->in_state[ITEM_HELD],
		.done = q->done,
		.failed = q->failed,
		.skipped = q->skipped};
}
