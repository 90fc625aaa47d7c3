/* Items that ended in an earlier session with another line, or by other settings, than now: they
 * refuse the run, unless the operator keeps their results or asks again. */
#ifndef SLUICE_CORE_CHANGED_H
#define SLUICE_CORE_CHANGED_H

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"
#include "base/buf.h"
#include "core/ended.h"
#include "ledger/sent_settings.h"

struct engine;

enum { CHANGED_WHY = 300 };

struct changed {
	uint8_t settings[SENT_MOST + 1]; /* by struct ended's `made`: what is other now */
	uint64_t redone;                 /* items that are asked again */
};

/* Says which settings are in force. Before any line is fed. */
void engine_set_sent(struct engine *e, const struct sent_settings *now);

/* Did other settings make the item's result or failure? */
bool changed_settings(const struct engine *e, const struct ended *ended);
/* Should the ended item be asked again? line: it has another line now. */
bool changed_redo(const struct engine *e, const struct ended *ended, bool line);
/* Takes back the end of an item, which the caller then queues: voids its result. False: the result
 * is not there, and the run stops. */
bool changed_take_back(struct engine *e, const struct ended *ended, const struct buf *id);
/* Must the run be refused, as it neither keeps nor repeats what other lines or settings made? line:
 * of the input; why, of CHANGED_WHY bytes: what changed, and what to do. */
bool changed_refuses(const struct engine *e, uint32_t line, const struct ended *ended,
	const struct buf *id, bool other_line, char *why);

#endif
