#include "core/scheduler.h"

#include <string.h>

#include "base/clock.h"

void scheduler_init(struct scheduler *s, struct items *items)
{
	*s = (struct scheduler){.items = items};
	for (int i = 0; i < SCHEDULER_LEVELS; i++)
		s->level[i] = (struct level){ITEM_NONE, ITEM_NONE};
}

void scheduler_free(struct scheduler *s)
{
	heap_free(&s->waiting);
	scheduler_init(s, s->items);
}

void scheduler_ready(struct scheduler *s, uint32_t i, bool front)
{
	struct item *item = items_at(s->items, i);
	int l = item->priority - SCHEDULER_LOWEST;
	struct level *level = &s->level[l];

	if (item->linked)
		return;
	item->linked = 1;
	s->n_ready++;
	if (level->head == ITEM_NONE) {
		item->link = ITEM_NONE;
		level->head = level->tail = i;
		s->used[l / 64] |= UINT64_C(1) << (l % 64);
	} else if (front) {
		item->link = level->head;
		level->head = i;
	} else {
		item->link = ITEM_NONE;
		items_at(s->items, level->tail)->link = i;
		level->tail = i;
	}
}

/* The highest level in use below another; -1 when none is. */
static int level_below(const struct scheduler *s, int level)
{
	for (int w = (level - 1) / 64; level > 0 && w >= 0; w--) {
		int bits = level - w * 64; /* of this word those below */
		uint64_t used = bits < 64 ? s->used[w] & ((UINT64_C(1) << bits) - 1) : s->used[w];

		if (used)
			return w * 64 + 63 - __builtin_clzll(used);
	}
	return -1;
}

static int top_level(const struct scheduler *s)
{
	return level_below(s, SCHEDULER_LEVELS);
}

/* The level whose turn it is; -1 when none is in use. */
static int next_level(struct scheduler *s)
{
	int top = top_level(s), l;

	if (top < 0 || level_below(s, top) < 0)
		return top;
	if (++s->pops < SCHEDULER_AGEING)
		return top;
	s->pops = 0;
	l = level_below(s, s->aged < top ? s->aged : top);
	s->aged = l < 0 ? level_below(s, top) : l;
	return s->aged;
}

uint32_t scheduler_pop(struct scheduler *s)
{
	int l;

	while ((l = next_level(s)) >= 0) {
		struct level *level = &s->level[l];
		uint32_t i = level->head;
		struct item *item = items_at(s->items, i);

		level->head = item->link;
		item->linked = 0;
		s->n_ready--;
		if (level->head == ITEM_NONE) {
			level->tail = ITEM_NONE;
			s->used[l / 64] &= ~(UINT64_C(1) << (l % 64));
		}
		if (item->state == ITEM_QUEUED && !item->ending)
			return i;
	}
	return ITEM_NONE;
}

void scheduler_move_ready(struct scheduler *from, struct scheduler *to)
{
	memcpy(to->level, from->level, sizeof(to->level));
	memcpy(to->used, from->used, sizeof(to->used));
	memset(from->used, 0, sizeof(from->used));
	to->n_ready = from->n_ready;
	from->n_ready = 0;
	for (int i = 0; i < SCHEDULER_LEVELS; i++)
		from->level[i] = (struct level){ITEM_NONE, ITEM_NONE};
}

void scheduler_reorder(struct scheduler *s)
{
	for (int l = top_level(s); l >= 0; l = level_below(s, l)) {
		uint32_t i = s->level[l].head, next;

		s->level[l] = (struct level){ITEM_NONE, ITEM_NONE};
		s->used[l / 64] &= ~(UINT64_C(1) << (l % 64));
		for (; i != ITEM_NONE; i = next) {
			struct item *item = items_at(s->items, i);

			next = item->link;
			item->linked = 0;
			s->n_ready--;
			scheduler_ready(s, i, false);
		}
	}
}

bool scheduler_empty(const struct scheduler *s)
{
	return top_level(s) < 0;
}

static bool is_earlier(const void *a, const void *b)
{
	return ((const struct due *)a)->due_us < ((const struct due *)b)->due_us;
}

static void note_place(void *ctx, const void *entry, size_t at)
{
	struct scheduler *s = ctx;

	items_at(s->items, ((const struct due *)entry)->item)->link = (uint32_t)at;
}

static const struct heap_kind by_due = {sizeof(struct due), is_earlier, note_place};

void scheduler_wait(struct scheduler *s, uint32_t item, int64_t due_us)
{
	struct due due = {due_us, item};

	heap_push(&s->waiting, &by_due, s, &due);
}

void scheduler_unwait(struct scheduler *s, uint32_t item)
{
	heap_remove(&s->waiting, &by_due, s, items_at(s->items, item)->link);
}

uint32_t scheduler_pop_due(struct scheduler *s, int64_t now_us)
{
	const struct due *first = heap_top(&s->waiting);
	uint32_t item;

	if (!first || first->due_us > now_us)
		return ITEM_NONE;
	item = first->item;
	heap_remove(&s->waiting, &by_due, s, 0);
	return item;
}

int64_t scheduler_next_due(const struct scheduler *s)
{
	const struct due *first = heap_top(&s->waiting);

	return first ? first->due_us : NEVER_US;
}

int64_t scheduler_due_of(const struct scheduler *s, uint32_t item)
{
	const struct due *due = heap_entry(&s->waiting, &by_due, items_at(s->items, item)->link);

	return due->due_us;
}

size_t scheduler_earliest(const struct scheduler *s, struct due *out, size_t n)
{
	return heap_first(&s->waiting, &by_due, out, n);
}

size_t scheduler_due_before(const struct scheduler *s, int64_t due_us)
{
	const struct due *due = heap_top(&s->waiting);
	size_t n = 0;

	for (size_t i = 0; i < s->waiting.len; i++)
		n += due[i].due_us < due_us;
	return n;
}

bool scheduler_all_refused(const struct scheduler *s)
{
	const struct due *waiting = heap_top(&s->waiting);

	for (int l = top_level(s); l >= 0; l = level_below(s, l)) {
		const struct item *item;

		for (uint32_t i = s->level[l].head; i != ITEM_NONE; i = item->link) {
			item = items_at(s->items, i);
			if (item->state == ITEM_QUEUED && !item->rate_attempts)
				return false;
		}
	}
	for (size_t i = 0; i < s->waiting.len; i++)
		if (!items_at(s->items, waiting[i].item)->rate_attempts)
			return false;
	return true;
}
