#include "core/scheduler.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

void scheduler_init(struct scheduler *s, struct items *items)
{
	*s = (struct scheduler){.items = items};
	for (int i = 0; i < SCHEDULER_LEVELS; i++)
		s->level[i] = (struct level){ITEM_NONE, ITEM_NONE};
}

void scheduler_free(struct scheduler *s)
{
	free(s->heap);
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
		if (level->head == ITEM_NONE) {
			level->tail = ITEM_NONE;
			s->used[l / 64] &= ~(UINT64_C(1) << (l % 64));
		}
		if (item->state == ITEM_QUEUED && !item->ending)
			return i;
	}
	return ITEM_NONE;
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
			scheduler_ready(s, i, false);
		}
	}
}

bool scheduler_empty(const struct scheduler *s)
{
	return top_level(s) < 0;
}

static void place(struct scheduler *s, size_t at, struct due d)
{
	s->heap[at] = d;
	items_at(s->items, d.item)->link = (uint32_t)at;
}

static void sift_up(struct scheduler *s, size_t at, struct due d)
{
	while (at > 0 && d.due_us < s->heap[(at - 1) / 2].due_us) {
		place(s, at, s->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(s, at, d);
}

static void sift_down(struct scheduler *s, size_t at, struct due d)
{
	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < s->heap_len && s->heap[child + 1].due_us < s->heap[child].due_us)
			child++;
		if (child >= s->heap_len || d.due_us <= s->heap[child].due_us)
			break;
		place(s, at, s->heap[child]);
		at = child;
	}
	place(s, at, d);
}

void scheduler_wait(struct scheduler *s, uint32_t item, int64_t due_us)
{
	if (s->heap_len == s->heap_cap) {
		s->heap_cap = s->heap_cap ? s->heap_cap * 2 : 64;
		s->heap = xrealloc(s->heap, s->heap_cap, sizeof(*s->heap));
	}
	s->heap_len++;
	sift_up(s, s->heap_len - 1, (struct due){due_us, item});
}

static void remove_at(struct scheduler *s, size_t at)
{
	struct due last = s->heap[--s->heap_len];

	if (at == s->heap_len)
		return;
	if (at > 0 && last.due_us < s->heap[(at - 1) / 2].due_us)
		sift_up(s, at, last);
	else
		sift_down(s, at, last);
}

void scheduler_unwait(struct scheduler *s, uint32_t item)
{
	remove_at(s, items_at(s->items, item)->link);
}

uint32_t scheduler_pop_due(struct scheduler *s, int64_t now_us)
{
	uint32_t item;

	if (!s->heap_len || s->heap[0].due_us > now_us)
		return ITEM_NONE;
	item = s->heap[0].item;
	remove_at(s, 0);
	return item;
}

int64_t scheduler_next_due(const struct scheduler *s)
{
	return s->heap_len ? s->heap[0].due_us : NEVER_US;
}

int64_t scheduler_due_of(const struct scheduler *s, uint32_t item)
{
	return s->heap[items_at(s->items, item)->link].due_us;
}

/* Walks the heap from its root and keeps the frontier sorted: only the children of what was taken
 * can be next. */
size_t scheduler_earliest(const struct scheduler *s, struct due *out, size_t n)
{
	size_t *frontier, len = 0, taken = 0;

	if (n > s->heap_len)
		n = s->heap_len;
	if (!n)
		return 0;
	frontier = xmalloc((n + 2) * sizeof(*frontier));
	frontier[len++] = 0;
	while (taken < n) {
		size_t best = 0, at;

		for (size_t i = 1; i < len; i++)
			if (s->heap[frontier[i]].due_us < s->heap[frontier[best]].due_us)
				best = i;
		at = frontier[best];
		frontier[best] = frontier[--len];
		out[taken++] = s->heap[at];
		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->heap_len; child++)
			frontier[len++] = child;
	}
	free(frontier);
	return taken;
}

bool scheduler_all_refused(const struct scheduler *s)
{
	for (int l = top_level(s); l >= 0; l = level_below(s, l)) {
		const struct item *item;

		for (uint32_t i = s->level[l].head; i != ITEM_NONE; i = item->link) {
			item = items_at(s->items, i);
			if (item->state == ITEM_QUEUED && !item->rate_attempts)
				return false;
		}
	}
	for (size_t i = 0; i < s->heap_len; i++)
		if (!items_at(s->items, s->heap[i].item)->rate_attempts)
			return false;
	return true;
}
