/* The items of a run: 40 bytes each, addressed by index in order of input. Bodies stay in the input
 * file; a state is changed through one function only, so that the counts always add up. */
#ifndef SLUICE_RUN_ITEMS_H
#define SLUICE_RUN_ITEMS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port.h"

#define ITEM_NONE UINT32_MAX

struct item {
	uint64_t offset;       /* of its line in the source */
	uint64_t id_hash;      /* hash_bytes() of its id */
	uint32_t length;       /* of its line */
	uint32_t line;         /* line number from 1 */
	uint32_t link;         /* next in the ready queue, or its place in the due heap */
	uint16_t attempts;     /* requests made for it in this session */
	uint8_t real_attempts; /* of them, those that count against --max-attempts */
	uint8_t rate_attempts; /* of them, those refused by a rate limit */
	uint16_t status;       /* HTTP status of its last answer; 0 */
	uint8_t state;         /* enum item_state */
	uint8_t outcome;       /* enum outcome of its last attempt */
	int8_t priority;
	uint8_t linked; /* stands in the ready queue (perhaps with a state that says otherwise) */
	uint8_t ending; /* its final record waits to be written: not to be started any more */
	uint8_t spare;
};

static_assert(sizeof(struct item) == 40, "the memory promised an item counts on this");

enum { ITEMS_CHUNK = 16384 };

struct items {
	struct item **chunk;
	uint32_t n;
	size_t chunks;
	struct item_counts counts;
};

void items_init(struct items *t);
void items_free(struct items *t);
/* A new item, state queued, zeroed otherwise; returns its index, ITEM_NONE when 2^32 - 1 are
 * reached. */
uint32_t items_add(struct items *t);
static inline struct item *items_at(const struct items *t, uint32_t i)
{
	return &t->chunk[i / ITEMS_CHUNK][i % ITEMS_CHUNK];
}
/* The only way a state changes. */
void items_set_state(struct items *t, uint32_t i, enum item_state state);
/* Do the counts add up? */
bool items_balanced(const struct items *t);

#endif
