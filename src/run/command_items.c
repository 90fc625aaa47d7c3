/* Commands about items: cancel, retry. */
#include <inttypes.h>
#include <string.h>

#include "api/outcome.h"
#include "run/command_impl.h"

/* The item of an id, or a reply that there is none. */
static uint32_t item_named(struct engine *e, const char *id, struct command_reply *reply)
{
	uint32_t i = engine_find(e, id, strlen(id));

	if (i == ITEM_NONE)
		command_say(reply, false, "no item \"%s\"%s", id,
			e->input_ended ? "" : " (the input is still being read)");
	return i;
}

bool command_cancel(struct engine *e, const char *args, struct command_reply *reply)
{
	uint32_t i = item_named(e, args, reply);
	struct item *item;
	struct attempt *a;

	if (i == ITEM_NONE)
		return false;
	item = items_at(&e->items, i);
	if (item->ending || item->state == ITEM_OK || item->state == ITEM_FAILED ||
		item->state == ITEM_CANCELLED)
		return command_say(reply, false, "item %s has ended already: %s", args,
			item_state_name(item->state));
	if (item->state == ITEM_IN_FLIGHT) {
		a = engine_attempt_of(e, i);
		a->cancel_item = true;
		e->ops.cancel(e->ctx, a->transfer);
	} else {
		engine_cancel_item(e, i, args, strlen(args));
	}
	return command_say(reply, true, "item %s cancelled", args);
}

bool command_retry(struct engine *e, const char *args, struct command_reply *reply)
{
	uint32_t i = item_named(e, args, reply);
	struct item *item;

	if (i == ITEM_NONE)
		return false;
	item = items_at(&e->items, i);
	if (item->ending || item->state == ITEM_QUEUED || item->state == ITEM_IN_FLIGHT ||
		item->state == ITEM_OK)
		return command_say(
			reply, false, "item %s is %s", args, item_state_name(item->state));
	if (item->outcome == OUTCOME_BAD_INPUT)
		return command_say(reply, false,
			"item %s: its input line is bad; mend line %" PRIu32 " and run again", args,
			item->line);
	if (item->state == ITEM_WAITING)
		scheduler_unwait(&e->scheduler, i);
	else if (item->state != ITEM_HELD)
		record_requeued(e, args, strlen(args));
	item->real_attempts = item->rate_attempts = 0;
	item->placed = false;
	items_set_state(&e->items, i, ITEM_QUEUED);
	scheduler_ready(&e->scheduler, i, true);
	return command_say(reply, true, "item %s queued again", args);
}

/* Queues an item again that waits or has failed; false when it is neither or cannot be. */
static bool queue_again(struct engine *e, uint32_t i, struct buf *id)
{
	struct item *item = items_at(&e->items, i);

	if (item->ending || item->outcome == OUTCOME_BAD_INPUT)
		return false;
	if (item->state == ITEM_WAITING)
		scheduler_unwait(&e->scheduler, i);
	else if (item->state == ITEM_FAILED && engine_item_id(e, i, id))
		record_requeued(e, id->data, id->len);
	else
		return false;
	item->real_attempts = item->rate_attempts = 0;
	item->placed = false;
	items_set_state(&e->items, i, ITEM_QUEUED);
	scheduler_ready(&e->scheduler, i, false);
	return true;
}

bool command_retry_all(struct engine *e, const char *args, struct command_reply *reply)
{
	bool any = !args[0];
	enum outcome outcome = OUTCOME_OK;
	uint64_t n = 0;
	struct buf id;

	if (!any && !outcome_by_name(args, &outcome))
		return command_say(reply, false, "retry all: \"%s\" is no outcome", args);
	buf_init(&id, 1 << 20);
	for (uint32_t i = 0; i < e->items.n; i++)
		if (any || items_at(&e->items, i)->outcome == outcome)
			n += queue_again(e, i, &id);
	buf_free(&id);
	return command_say(reply, true, "%" PRIu64 " items queued again", n);
}
