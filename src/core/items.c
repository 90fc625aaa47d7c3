#include "core/items.h"

#include <stdlib.h>

#include "base/alloc.h"

void items_init(struct items *t)
{
	*t = (struct items){0};
}

void items_free(struct items *t)
{
	for (size_t i = 0; i < t->chunks; i++)
		free(t->chunk[i]);
	free(t->chunk);
	items_init(t);
}

static uint64_t *count_of(struct items *t, enum item_state state)
{
	struct item_counts *c = &t->counts;

	switch (state) {
	case ITEM_QUEUED:
		return &c->queued;
	case ITEM_WAITING:
		return &c->waiting;
	case ITEM_IN_FLIGHT:
		return &c->in_flight;
	case ITEM_HELD:
		return &c->held;
	case ITEM_OK:
		return &c->ok;
	case ITEM_FAILED:
		return &c->failed;
	case ITEM_CANCELLED:
		return &c->cancelled;
	case TASK_IDLE:
		break;
	}
	return &t->idle;
}

uint32_t items_add(struct items *t)
{
	if (t->n == ITEM_NONE)
		return ITEM_NONE;
	if (t->n / ITEMS_CHUNK == t->chunks) {
		t->chunk = xrealloc(t->chunk, t->chunks + 1, sizeof(*t->chunk));
		t->chunk[t->chunks++] = xcalloc(ITEMS_CHUNK, sizeof(**t->chunk));
	}
	t->counts.queued++;
	t->counts.total++;
	return t->n++;
}

void items_set_state(struct items *t, uint32_t i, enum item_state state)
{
	struct item *item = items_at(t, i);

	--*count_of(t, item->state);
	++*count_of(t, state);
	item->state = (uint8_t)state;
	items_noted(t, i);
}

void items_rewind(struct items *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		struct item *item = items_at(t, i);

		item->state = ITEM_QUEUED;
		item->attempts = item->status = 0;
		item->outcome = OUTCOME_OK;
		item->group = 0;
	}
	t->counts = (struct item_counts){.queued = t->n, .total = t->n};
	t->changes += ITEMS_CHANGES + 1;
}

void item_set_place(struct item *item, uint64_t offset)
{
	if (item->linked || offset >> 48)
		return;
	item->placed = true;
	item->link = (uint32_t)offset;
	item->rate_attempts = (uint8_t)(offset >> 32);
	item->real_attempts = (uint8_t)(offset >> 40);
}

bool item_place(const struct item *item, uint64_t *offset)
{
	*offset = item->link | (uint64_t)item->rate_attempts << 32 |
		  (uint64_t)item->real_attempts << 40;
	return item->placed;
}

bool items_balanced(const struct items *t)
{
	const struct item_counts *c = &t->counts;

	return c->total == t->n && c->queued + c->waiting + c->in_flight + c->held + c->ok +
						   c->failed + c->cancelled + t->idle ==
					   c->total;
}
