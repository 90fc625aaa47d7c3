#include "control/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct order_block {
	uint16_t n;
	uint32_t item[ORDER_BLOCK];
};

void order_init(struct order *o, bool descending)
{
	*o = (struct order){.descending = descending};
}

void order_free(struct order *o)
{
	for (size_t i = 0; i < o->blocks; i++)
		free(o->block[i]);
	free(o->block);
	free(o->value);
	free(o->text);
	free(o->rank);
	free(o->by_rank);
	*o = (struct order){.descending = false};
}

/* ---- texts ---- */

/* How many texts are before this one. */
static size_t texts_before(const struct order *o, const char *text)
{
	size_t low = 0, high = o->texts;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(o->text[o->by_rank[mid]], text) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void grow_texts(struct order *o)
{
	if (o->texts < o->text_cap)
		return;
	o->text_cap = o->text_cap ? o->text_cap * 2 : 16;
	o->text = xrealloc(o->text, o->text_cap, sizeof(*o->text));
	o->rank = xrealloc(o->rank, o->text_cap, sizeof(*o->rank));
	o->by_rank = xrealloc(o->by_rank, o->text_cap, sizeof(*o->by_rank));
}

uint64_t order_text(struct order *o, const char *text)
{
	char cut[ORDER_TEXT];
	size_t at;

	snprintf(cut, sizeof(cut), "%s", text);
	if (!*cut)
		return ORDER_NONE;
	at = texts_before(o, cut);
	if (at < o->texts && !strcmp(o->text[o->by_rank[at]], cut))
		return o->by_rank[at];
	if (o->texts == ORDER_TEXTS)
		return ORDER_NONE;
	grow_texts(o);
	memcpy(o->text[o->texts], cut, sizeof(cut));
	/* later ones move up together: items that are in order stay so */
	memmove(o->by_rank + at + 1, o->by_rank + at, (o->texts - at) * sizeof(*o->by_rank));
	o->by_rank[at] = (uint16_t)o->texts++;
	for (size_t i = at; i < o->texts; i++)
		o->rank[o->by_rank[i]] = (uint16_t)i;
	return o->by_rank[at];
}

/* ---- order ---- */

/* Is item a before item b? */
static bool is_before(const struct order *o, uint32_t a, uint32_t b)
{
	uint64_t x = o->value[a], y = o->value[b];

	if (x != y && x != ORDER_NONE && y != ORDER_NONE) {
		if (o->texts)
			return (o->rank[x] < o->rank[y]) != o->descending;
		return (x < y) != o->descending;
	}
	return x == y ? a < b : y == ORDER_NONE;
}

/* The place in a block of the first item that is not before this one. */
static size_t place_in(const struct order *o, const struct order_block *b, uint32_t item)
{
	size_t low = 0, high = b->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (is_before(o, b->item[mid], item))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The first block whose last item is not before this one; else the last block. */
static size_t block_of(const struct order *o, uint32_t item)
{
	size_t low = 0, high = o->blocks - 1;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct order_block *b = o->block[mid];

		if (is_before(o, b->item[b->n - 1], item))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct order_block *insert_block(struct order *o, size_t at)
{
	if (o->blocks == o->block_cap) {
		o->block_cap = o->block_cap ? o->block_cap * 2 : 16;
		o->block = xrealloc(o->block, o->block_cap, sizeof(struct order_block *));
	}
	memmove(o->block + at + 1, o->block + at, (o->blocks - at) * sizeof(struct order_block *));
	o->blocks++;
	o->block[at] = xmalloc(sizeof(**o->block));
	o->block[at]->n = 0;
	return o->block[at];
}

/* Moves the upper half of a full block to a new one; of the last one nothing, as when items come
 * in their order. */
static void split(struct order *o, size_t at, bool appends)
{
	struct order_block *b = o->block[at], *upper = insert_block(o, at + 1);
	uint16_t kept = appends ? ORDER_BLOCK - 1 : ORDER_BLOCK / 2;

	upper->n = (uint16_t)(b->n - kept);
	memcpy(upper->item, b->item + kept, upper->n * sizeof(*b->item));
	b->n = kept;
}

static void make_room(struct order *o, uint32_t item)
{
	if (item < o->cap)
		return;
	o->cap = (size_t)item + item / 8 + 4096;
	o->value = xrealloc(o->value, o->cap, sizeof(*o->value));
}

void order_add(struct order *o, uint32_t item, uint64_t value)
{
	struct order_block *b;
	size_t at, place;

	make_room(o, item);
	o->value[item] = value;
	if (!o->blocks)
		insert_block(o, 0);
	at = block_of(o, item);
	place = place_in(o, o->block[at], item);
	if (o->block[at]->n == ORDER_BLOCK) {
		split(o, at, at == o->blocks - 1 && place == ORDER_BLOCK);
		at = block_of(o, item);
		place = place_in(o, o->block[at], item);
	}
	b = o->block[at];
	memmove(b->item + place + 1, b->item + place, (b->n - place) * sizeof(*b->item));
	b->item[place] = item;
	b->n++;
}

void order_remove(struct order *o, uint32_t item)
{
	size_t at = block_of(o, item);
	struct order_block *b = o->block[at];
	size_t place = place_in(o, b, item);

	b->n--;
	memmove(b->item + place, b->item + place + 1, (b->n - place) * sizeof(*b->item));
	if (b->n)
		return;
	free(b);
	o->blocks--;
	memmove(o->block + at, o->block + at + 1, (o->blocks - at) * sizeof(struct order_block *));
}

size_t order_items(const struct order *o, uint64_t place, uint32_t *out, size_t n)
{
	size_t filled = 0;

	for (size_t i = 0; i < o->blocks && filled < n; i++) {
		const struct order_block *b = o->block[i];
		size_t take;

		if (place >= b->n) {
			place -= b->n;
			continue;
		}
		take = b->n - (size_t)place < n - filled ? b->n - (size_t)place : n - filled;
		memcpy(out + filled, b->item + place, take * sizeof(*out));
		filled += take;
		place = 0;
	}
	return filled;
}

uint64_t order_place(const struct order *o, uint32_t item)
{
	size_t at = block_of(o, item);
	uint64_t place = place_in(o, o->block[at], item);

	for (size_t i = 0; i < at; i++)
		place += o->block[i]->n;
	return place;
}
