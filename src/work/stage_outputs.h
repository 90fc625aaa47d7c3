/* Where the journal has what stages answered for items that have not ended ok: those go on behind
 * them when they are opened again. Pure. */
#ifndef SLUICE_WORK_STAGE_OUTPUTS_H
#define SLUICE_WORK_STAGE_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/idmap.h"

struct stage_output {
	uint64_t offset;  /* of the record in the journal */
	uint32_t earlier; /* 1 + the place of another of the item; 0: none */
	uint8_t stage;
	bool gone; /* taken back */
};

struct stage_outputs {
	struct idmap last; /* of an item's, by the hash of its id */
	struct stage_output *at;
	uint32_t n, cap;
};

/* Empty. */
void stage_outputs_init(struct stage_outputs *k);
void stage_outputs_free(struct stage_outputs *k);
/* Of an item and stage the last one counts. */
void stage_outputs_add(struct stage_outputs *k, uint64_t id_hash, int stage, uint64_t offset);
/* What the stage answered counts no more, until it is added again. */
void stage_outputs_forget(struct stage_outputs *k, uint64_t id_hash, int stage);
/* Calls visit for each that an item has, in the order of the journal. */
void stage_outputs_each(const struct stage_outputs *k, uint64_t id_hash,
	void (*visit)(void *ctx, int stage, uint64_t offset), void *ctx);

#endif
