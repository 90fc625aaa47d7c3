/* Where the journal has the answers of stages for items that have not ended ok: such an item
 * continues after them when it is opened again. Pure. */
#ifndef SLUICE_WORK_STAGE_OUTPUTS_H
#define SLUICE_WORK_STAGE_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/idmap.h"

struct stage_output {
	uint64_t offset;  /* of the record in the journal */
	uint32_t earlier; /* 1 + the place of the item's output before this one; 0: none */
	uint8_t stage;
	bool gone; /* the output does not count any more */
};

struct stage_outputs {
	struct idmap last; /* the hash of an id to the last output of the item */
	struct stage_output *at;
	uint32_t n, cap;
};

/* Makes an empty table. */
void stage_outputs_init(struct stage_outputs *k);
void stage_outputs_free(struct stage_outputs *k);
/* Adds an output; it replaces the one of the same item and stage. */
void stage_outputs_add(struct stage_outputs *k, uint64_t id_hash, int stage, uint64_t offset);
/* The output does not count any more, until the next is added. */
void stage_outputs_forget(struct stage_outputs *k, uint64_t id_hash, int stage);
/* Calls visit for each output of an item, in the order of the journal. */
void stage_outputs_each(const struct stage_outputs *k, uint64_t id_hash,
	void (*visit)(void *ctx, int stage, uint64_t offset), void *ctx);

#endif
