/* The items that operators have tagged: one set for all who watch the run. */
#ifndef SLUICE_CONTROL_ITEM_TAGS_H
#define SLUICE_CONTROL_ITEM_TAGS_H

#include <stdbool.h>
#include <stdint.h>

struct item_tags {
	uint8_t *bit; /* by item; NULL: none was tagged yet */
	uint32_t cap, n;
};

void item_tags_free(struct item_tags *t);
static inline bool item_tags_has(const struct item_tags *t, uint32_t item)
{
	return item < t->cap && t->bit[item / 8] >> item % 8 & 1;
}
/* Tags the item, or takes its tag away. False: nothing changes by that. */
bool item_tags_set(struct item_tags *t, uint32_t item, bool tagged);

#endif
