#include "sim/events.h"

#include "base/clock.h"

void events_free(struct events *q)
{
	heap_free(&q->heap);
	q->order = 0;
}

static bool before(const void *first, const void *second)
{
	const struct sim_event *a = first, *b = second;

	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static const struct heap_kind by_time = {.size = sizeof(struct sim_event), .before = before};

void events_add(struct events *q, int64_t at_us, int kind, uint32_t index, uint64_t version)
{
	struct sim_event e = {at_us, q->order++, kind, index, version};

	heap_push(&q->heap, &by_time, NULL, &e);
}

bool events_pop(struct events *q, struct sim_event *out)
{
	const struct sim_event *first = heap_top(&q->heap);

	if (!first)
		return false;
	*out = *first;
	heap_remove(&q->heap, &by_time, NULL, 0);
	return true;
}

int64_t events_next_us(const struct events *q)
{
	const struct sim_event *first = heap_top(&q->heap);

	return first ? first->at_us : NEVER_US;
}
