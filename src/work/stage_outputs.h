/* Where the journal has what stages answered for items that have not ended ok: those go on behind
 * them when they are opened again. Pure. */
#ifndef SLUICE_WORK_STAGE_OUTPUTS_H
#define SLUICE_WORK_STAGE_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/idmap.h"

struct kept_output {
	uint64_t offset;  /* of the record in the journal */
	uint32_t earlier; /* 1 + the place of another of the item; 0: none */
	uint8_t stage;
	bool gone; /* taken back */
};

struct kept_outputs {
	struct idmap last; /* of an item's, by the hash of its id */
	struct kept_output *at;
	uint32_t n, cap;
};

/* Empty. */
void kept_outputs_init(struct kept_outputs *k);
void kept_outputs_free(struct kept_outputs *k);
/* Of an item and stage the last one counts. */
void kept_outputs_add(struct kept_outputs *k, uint64_t id_hash, int stage, uint64_t offset);
/* What the stage answered counts no more, until it is added again. */
void kept_outputs_forget(struct kept_outputs *k, uint64_t id_hash, int stage);
/* Calls visit for each that an item has, in the order of the journal. */
void kept_outputs_each(const struct kept_outputs *k, uint64_t id_hash,
	void (*visit)(void *ctx, int stage, uint64_t offset), void *ctx);

#endif
