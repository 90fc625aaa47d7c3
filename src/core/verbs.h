/* The operator's actions on an item, whatever its state. */
#ifndef SLUICE_CORE_VERBS_H
#define SLUICE_CORE_VERBS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"
#include "core/items.h"
#include "ledger/priority_changes.h"

struct engine;

/* The verdict on an item that the operator cancelled and that has no answer. */
extern const struct verdict engine_cancelled;

struct priorities {
	struct priority_log unwritten; /* changes that are not in the journal yet */
	bool reorder;      /* queued items have other priorities than they were queued with */
	bool more_changes; /* the command will change more: reorder later */
};

enum item_action {
	ACTION_CANCEL,
	ACTION_RETRY,
	ACTION_HOLD,
	ACTION_RELEASE,
	ACTION_PRIORITY /* engine_change_priority() does it */
};

/* Does an action other than ACTION_PRIORITY to an item. Returns NULL when it is done, else the
 * reason: static text that follows "item X ". first: an item that the action queues again goes in
 * front of the ready ones, else behind them. */
const char *engine_act(struct engine *e, enum item_action action, uint32_t item, bool first);
/* Why the action does not apply to the item, as engine_act() says; NULL: it does. by: of
 * ACTION_PRIORITY. */
const char *engine_act_refused(enum item_action action, const struct item *item, int by);
/* Asks an item that is in flight once more: its requests are aborted, and it is queued again, in
 * front. The aborted ones count as attempts. Returns as engine_act(). */
const char *engine_ask_again(struct engine *e, uint32_t item);
/* Takes back the end of a failed or cancelled item, whose state the caller changes. Returns as
 * engine_act(). */
const char *engine_take_back(struct engine *e, uint32_t item);
/* Would the action read the item's line? */
bool engine_act_reads(enum item_action action, const struct item *item);
/* Adds `by` to the item's priority, within the range of priorities. Returns as engine_act(). */
const char *engine_change_priority(struct engine *e, uint32_t item, int by);
/* Journals the changes. A command calls it after its last engine_change_priority(), and a command
 * in steps at the end of each step; more: there are more steps, and the queues are put in order
 * after the last one. */
void engine_priorities_changed(struct engine *e, bool more);

#endif
