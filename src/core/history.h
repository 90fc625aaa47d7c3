/* The latest ended attempts of all items, for the inspector. Most of the room is for failures,
 * which are inspected most; the results have the answers that were ok. Fixed memory, 2 MB. Pure.
 */
#ifndef SLUICE_CORE_HISTORY_H
#define SLUICE_CORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "figures.h"

enum { PAST_FAILED = 3072, PAST_OK = 1024 };

struct past_ring {
	uint32_t *item;
	struct attempt_view *view;
	size_t size;
	uint64_t added;
};

struct past_attempts {
	struct past_ring failed, ok;
};

/* Allocates nothing yet. */
void past_attempts_init(struct past_attempts *p);
void past_attempts_free(struct past_attempts *p);
/* Adds an attempt of the item and returns its view, which the caller fills; valid until as many
 * attempts were added as there is room for. */
struct attempt_view *past_attempts_add(struct past_attempts *p, uint32_t item, bool ok);
/* Copies the latest attempts of the item that are still kept, oldest first; returns how many. */
int past_attempts_of(
	const struct past_attempts *p, uint32_t item, struct attempt_view out[DETAIL_ATTEMPTS]);

#endif
