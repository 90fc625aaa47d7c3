/* The verbs of an item: what the operator does to it, in whatever state it is. */
#ifndef SLUICE_CORE_VERBS_H
#define SLUICE_CORE_VERBS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"
#include "core/items.h"
#include "ledger/priority_changes.h"

struct engine;

/* The verdict on an item that the operator cancelled and no answer tells of. */
extern const struct verdict engine_cancelled;

struct priorities {
	struct priority_log log; /* changes that are to be written */
	bool reorder;     /* queued items have other priorities than they were queued with, */
	bool more_follow; /* and more of them will */
};

enum item_action {
	ACTION_CANCEL,
	ACTION_RETRY,
	ACTION_HOLD,
	ACTION_RELEASE,
	ACTION_BUMP /* done by engine_bump() */
};

/* NULL when it was done, else why not: static text that follows "item X ". What it queues again
 * goes in front of what is ready when it is to be first, else behind. */
const char *engine_act(struct engine *e, enum item_action action, uint32_t item, bool first);
/* Would the action read the item's line? */
bool engine_act_reads(enum item_action action, const struct item *item);
/* Raises the item's priority by so much, lowers it below 0; as far as there are priorities. Returns
 * as engine_act(). */
const char *engine_bump(struct engine *e, uint32_t item, int by);
/* Writes what was changed so; to be called behind the last engine_bump() of a command or step. The
 * queues are put in order when no more changes are to come. */
void engine_bumped(struct engine *e, bool more);
#endif
