#include "sim/events.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

void events_free(struct events *q)
{
	free(q->heap);
	*q = (struct events){0};
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void events_add(struct events *q, int64_t at_us, int kind, uint32_t index, uint64_t version)
{
	struct sim_event e = {at_us, q->order++, kind, index, version};
	size_t i = q->n++;

	if (q->n > q->size) {
		q->size = q->size ? 2 * q->size : 256;
		q->heap = xrealloc(q->heap, q->size, sizeof(*q->heap));
	}
	for (; i > 0 && before(&e, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
		q->heap[i] = q->heap[(i - 1) / 2];
	q->heap[i] = e;
}

bool events_pop(struct events *q, struct sim_event *out)
{
	struct sim_event last;
	size_t i = 0;

	if (q->n == 0)
		return false;
	*out = q->heap[0];
	last = q->heap[--q->n];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= q->n)
			break;
		if (child + 1 < q->n && before(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!before(&q->heap[child], &last))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = last;
	return true;
}

int64_t events_next_us(const struct events *q)
{
	return q->n ? q->heap[0].at_us : NEVER_US;
}
