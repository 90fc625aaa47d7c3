#include "core/ended.h"

#include <stdlib.h>

#include "base/alloc.h"

/* The results are about in the order of the input, so the chunks are released while it is read. */
struct ended_chunk {
	uint32_t left; /* not taken, or not added yet */
	struct ended at[ENDED_CHUNK];
};

void ended_free(struct ended_items *t)
{
	for (uint32_t i = 0; i < t->n; i += ENDED_CHUNK)
		free(t->chunk[i / ENDED_CHUNK]);
	free(t->chunk);
	*t = (struct ended_items){0};
}

/* Both ways. */
static uint32_t place_or_value(uint32_t x)
{
	return ITEM_NONE - 1 - x;
}

static struct ended *place_at(const struct ended_items *t, uint32_t place)
{
	return &t->chunk[place / ENDED_CHUNK]->at[place % ENDED_CHUNK];
}

const struct ended *ended_at(const struct ended_items *t, uint32_t value)
{
	return place_at(t, place_or_value(value));
}

static uint32_t new_place(struct ended_items *t)
{
	size_t chunk = t->n / ENDED_CHUNK;

	if (t->n % ENDED_CHUNK == 0) {
		t->chunk = xrealloc(t->chunk, chunk + 1, sizeof(*t->chunk));
		t->chunk[chunk] = xmalloc(sizeof(**t->chunk));
		t->chunk[chunk]->left = ENDED_CHUNK;
	}
	return t->n++;
}

static void settle_one(struct ended_items *t, struct idmap *by_id)
{
	uint32_t i = t->settled++ % ENDED_PENDING, value = place_or_value(t->n);

	if (idmap_add(by_id, t->pending[i].key, value, &value))
		new_place(t);
	*place_at(t, place_or_value(value)) = t->pending[i].ended;
}

void ended_add(struct ended_items *t, struct idmap *by_id, uint64_t key, const struct ended *ended)
{
	uint32_t i;

	if (t->added - t->settled == ENDED_PENDING)
		settle_one(t, by_id);
	i = t->added++ % ENDED_PENDING;
	t->pending[i].key = key;
	t->pending[i].ended = *ended;
	t->keyed |= ended->keyed;
	idmap_prefetch(by_id, key);
}

void ended_settle(struct ended_items *t, struct idmap *by_id)
{
	while (t->settled != t->added)
		settle_one(t, by_id);
}

struct ended ended_take(struct ended_items *t, struct idmap_slot *slot, uint32_t item)
{
	uint32_t place = place_or_value(slot->value);
	struct ended_chunk **chunk = &t->chunk[place / ENDED_CHUNK];
	struct ended ended = *place_at(t, place);

	place_at(t, place)->state = ITEM_STATE_COUNT; /* nobody else's */
	slot->value = item;
	if (!--(*chunk)->left) {
		free(*chunk);
		*chunk = NULL;
	}
	return ended;
}

void ended_each(
	const struct ended_items *t, void (*visit)(void *ctx, const struct ended *ended), void *ctx)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (t->chunk[i / ENDED_CHUNK] && place_at(t, i)->state != ITEM_STATE_COUNT)
			visit(ctx, place_at(t, i));
}
