/* The latest ended attempts of all items, for looking at one. Failures have most of the room: they
 * are what is looked at, and of an answer the results tell as well. Fixed memory, 1.6 MB; pure. */
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
/* The place for one more attempt of the item, to be filled by the caller. */
struct attempt_view *past_attempts_add(struct past_attempts *p, uint32_t item, bool ok);
/* The latest attempts of the item that are still there, oldest first; returns how many. */
int past_attempts_of(
	const struct past_attempts *p, uint32_t item, struct attempt_view out[DETAIL_ATTEMPTS]);

#endif
