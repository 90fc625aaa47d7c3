/* The answers of a pipeline's stages, in the journal: after a resume, an unfinished item continues
 * after them, and no stage is paid for twice. */
#ifndef SLUICE_LEDGER_STAGE_RECORDS_H
#define SLUICE_LEDGER_STAGE_RECORDS_H

#include "ledger/cost_record.h"
#include "ledger/ledger.h"

struct ledger_stage {
	const char *id; /* of the item, decoded */
	size_t id_len;
	const char *stage; /* its name */
	size_t stage_len;
	struct hash128 line_hash; /* of the item's input line */
	uint64_t request_hash;    /* of the request: see struct stage_request */
	bool forget;              /* later stages cannot use its answer: it runs again */
	int status;
	struct cost_record cost;
	const char *body; /* as it came */
	size_t body_len;
	uint64_t offset; /* offset of a record that was read; unused in writing */
};
typedef void ledger_stage_visit(void *ctx, const struct ledger_stage *s);

/* Appends the record to the journal and returns its offset. The body is written as JSON if it is
 * valid JSON, else as a string. */
uint64_t ledger_add_stage(struct ledger *l, int64_t wall_us, const struct ledger_stage *s);
/* Visits the records of earlier sessions in order, and skips other records. The texts are borrowed
 * for the call. False and err on a read error. To be called before anything is added. */
bool ledger_replay_stages(
	struct ledger *l, ledger_stage_visit *visit, void *ctx, struct error *err);
/* Reads the record at the offset, for which text holds the memory. False when there is none. */
bool ledger_read_stage(
	struct ledger *l, uint64_t offset, struct ledger_stage *out, struct buf *text);

#endif
