/* Items in the order of a value, while items come and go: for lists that are sorted by what is in
 * files. Sorted blocks of item numbers, found by counting; 8 bytes an item for its value and 4 to 8
 * for its place. Pure. */
#ifndef SLUICE_CONTROL_ORDER_H
#define SLUICE_CONTROL_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of an item that has no value: it comes last in either direction. */
#define ORDER_NONE UINT64_MAX

enum { ORDER_BLOCK = 512, ORDER_TEXTS = 4096, ORDER_TEXT = 64 };

struct order_block;

struct order {
	bool descending;
	uint64_t *value; /* of each item that is in the order */
	size_t cap;      /* items that there is room for */
	struct order_block **block;
	size_t blocks, block_cap;
	/* Texts as values: a value is the number of a text, whose rank is its place among all. */
	char (*text)[ORDER_TEXT];
	uint16_t *rank, *by_rank;
	size_t texts, text_cap;
};

/* Makes an empty order: values ascending, or descending; items of one value always ascend. */
void order_init(struct order *o, bool descending);
void order_free(struct order *o);
/* The value that a text stands for, cut at ORDER_TEXT - 1 bytes; ORDER_NONE: "", or there are
 * ORDER_TEXTS others. */
uint64_t order_text(struct order *o, const char *text);
/* Adds an item that is not in the order. */
void order_add(struct order *o, uint32_t item, uint64_t value);
/* Takes an item out that is in the order. */
void order_remove(struct order *o, uint32_t item);
/* The value that an item of the order was added with. */
static inline uint64_t order_value(const struct order *o, uint32_t item)
{
	return o->value[item];
}
/* Up to n items from a place on; returns how many. */
size_t order_items(const struct order *o, uint64_t place, uint32_t *out, size_t n);
/* The place of an item that is in the order. */
uint64_t order_place(const struct order *o, uint32_t item);

#endif
