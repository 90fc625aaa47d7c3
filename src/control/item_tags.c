#include "control/item_tags.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void item_tags_free(struct item_tags *t)
{
	free(t->bit);
	*t = (struct item_tags){0};
}

static void make_room(struct item_tags *t, uint32_t item)
{
	uint32_t cap;

	if (item < t->cap)
		return;
	cap = (item / 8 + 1024) * 8;
	t->bit = xrealloc(t->bit, cap / 8, 1);
	memset(t->bit + t->cap / 8, 0, (cap - t->cap) / 8);
	t->cap = cap;
}

bool item_tags_set(struct item_tags *t, uint32_t item, bool tagged)
{
	if (item_tags_has(t, item) == tagged)
		return false;
	make_room(t, item);
	t->bit[item / 8] = (uint8_t)(t->bit[item / 8] ^ 1 << item % 8);
	t->n += tagged ? 1 : -1u;
	return true;
}
