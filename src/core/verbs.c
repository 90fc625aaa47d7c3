#include "core/verbs.h"

#include "core/attempt.h"
#include "core/engine_internal.h"
#include "core/held.h"

const struct verdict engine_cancelled = {.outcome = OUTCOME_CANCELLED,
	.wait_us = -1,
	.tokens_in = -1,
	.tokens_out = -1,
	.code = "cancelled",
	.message = "cancelled by the operator"};

/* Why an action does not apply to the item. */
static const char *is_state(const struct item *item)
{
	static const char *const texts[ITEM_STATE_COUNT] = {"is queued", "is waiting",
		"is in flight", "is held", "has already ended: ok", "has already ended: failed",
		"has already ended: cancelled"};

	return item->ending ? "is just ending" : texts[item->state];
}

static bool has_ended(const struct item *item)
{
	return item->ending || item->state == ITEM_OK || item->state == ITEM_FAILED ||
	       item->state == ITEM_CANCELLED;
}

static int8_t changed_priority(const struct item *item, int by)
{
	int priority = item->priority + by;

	if (priority > -SCHEDULER_LOWEST)
		priority = -SCHEDULER_LOWEST;
	return (int8_t)(priority < SCHEDULER_LOWEST ? SCHEDULER_LOWEST : priority);
}

const char *engine_act_refused(enum item_action action, const struct item *item, int by)
{
	switch (action) {
	case ACTION_CANCEL:
		return has_ended(item) ? is_state(item) : NULL;
	case ACTION_RETRY:
		if (item->ending || item->state == ITEM_QUEUED || item->state == ITEM_IN_FLIGHT ||
			item->state == ITEM_OK)
			return is_state(item);
		return item->outcome == OUTCOME_BAD_INPUT
			       ? "has a bad input line: fix it and run again"
			       : NULL;
	case ACTION_HOLD:
		if (has_ended(item))
			return is_state(item);
		return item->by_hand ? "is already held by hand" : NULL;
	case ACTION_RELEASE:
		return item->by_hand ? NULL : "is not held by hand";
	case ACTION_PRIORITY:
		if (has_ended(item))
			return is_state(item);
		if (changed_priority(item, by) != item->priority)
			return NULL;
		return by > 0 ? "has the highest priority" : "has the lowest priority";
	}
	return "does not allow this";
}

/* Takes an item that is not in flight out of its place, so that its state may change. */
static void take_out(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);

	if (!work_verb(e->sources.work, i, WORK_WITHHOLD))
		sources_take_out(&e->sources, e->sources.entry, i);
	if (item->state == ITEM_HELD && item->by_hand)
		e->holds.by_hand--;
	item->by_hand = false;
	if (item->waits_on)
		work_verb(e->sources.work, i, WORK_STOP_WAITING);
}

static void queue(struct engine *e, uint32_t i, bool first)
{
	items_set_state(&e->items, i, ITEM_QUEUED);
	if (!work_verb(e->sources.work, i, WORK_RESUME))
		scheduler_ready(&e->sources.entry->scheduler, i, first);
}

/* Records name an item by its line. */
static const char *read_again(struct engine *e, uint32_t i)
{
	engine_read_item(e, i);
	if (!e->item_read.edited)
		return NULL;
	engine_line_edited(e, i);
	return "has a changed input line";
}

static const char *cancel(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);
	struct result_item result = {.line = item->line, .attempts = item->attempts};
	const char *why;

	if (item->state != ITEM_IN_FLIGHT && work_verb(e->sources.work, i, WORK_WITHHOLD))
		take_out(e, i);
	if (work_verb(e->sources.work, i, WORK_CANCEL) ||
		(item->state == ITEM_IN_FLIGHT && attempts_cancel(e, i)))
		return NULL;
	why = read_again(e, i);
	if (why)
		return why;
	result.id = buf_str(&e->item_read.id);
	result.id_len = e->item_read.id.len;
	result.metadata = e->item_read.line.metadata;
	if (e->item_read.text.len)
		result.line_hash = line_hash_of(
			&e->recorder.line_key, e->item_read.text.data, e->item_read.text.len);
	take_out(e, i);
	items_set_state(&e->items, i, ITEM_QUEUED);
	record_final(e, i, ITEM_CANCELLED, &result, NULL, &engine_cancelled);
	return NULL;
}

const char *engine_take_back(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);
	const char *why = read_again(e, i);

	if (why)
		return why;
	recorder_requeued(&e->recorder, e->wall_us, buf_str(&e->item_read.id), e->item_read.id.len);
	e->recorder.ended--;
	if (item->state == ITEM_FAILED) {
		e->recorder.failed--;
		error_groups_final(&e->observer.groups, item->group, -1);
		stats_requeued(&e->observer.stats, item->outcome, e->items.counts.failed - 1);
	}
	item->placed = false;
	return NULL;
}

static const char *retry(struct engine *e, uint32_t i, bool first)
{
	struct item *item = items_at(&e->items, i);
	const char *why;

	if (item->state == ITEM_FAILED || item->state == ITEM_CANCELLED) {
		why = engine_take_back(e, i);
		if (why)
			return why;
	}
	take_out(e, i);
	item->placed = false;
	item_forgive(item);
	work_verb(e->sources.work, i, WORK_FORGIVE);
	queue(e, i, first);
	return NULL;
}

/* A request in flight finishes; the item is held if it fails. */
static const char *hold(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);

	if (item->state == ITEM_IN_FLIGHT) {
		work_verb(e->sources.work, i, WORK_WITHHOLD);
		item->by_hand = true;
		return NULL;
	}
	take_out(e, i);
	held_by_hand(e, i);
	return NULL;
}

static const char *release(struct engine *e, uint32_t i, bool first)
{
	struct item *item = items_at(&e->items, i);

	if (item->state == ITEM_IN_FLIGHT) {
		item->by_hand = false;
		work_verb(e->sources.work, i, WORK_RESUME);
		return NULL;
	}
	take_out(e, i);
	queue(e, i, first);
	return NULL;
}

static void write_priority_changes(struct engine *e)
{
	buf_clear(&e->recorder.scratch);
	if (priority_log_take(&e->priorities.unwritten, &e->recorder.scratch))
		journal_event(e, JOURNAL_PRIORITY, &e->recorder.scratch);
}

const char *engine_change_priority(struct engine *e, uint32_t i, int by)
{
	struct item *item = items_at(&e->items, i);
	const char *why = engine_act_refused(ACTION_PRIORITY, item, by);
	int8_t before = item->priority;

	if (why)
		return why;
	item->priority = changed_priority(item, by);
	e->priorities.reorder = e->priorities.reorder || item->linked;
	priority_log_add(
		&e->priorities.unwritten, item->line, item->id_mark, item->priority - before);
	if (priority_log_is_long(&e->priorities.unwritten))
		write_priority_changes(e);
	work_verb(e->sources.work, i, WORK_PRIORITY);
	return NULL;
}

void engine_priorities_changed(struct engine *e, bool more)
{
	write_priority_changes(e);
	e->priorities.more_changes = more;
}

const char *engine_act(struct engine *e, enum item_action action, uint32_t i, bool first)
{
	const char *why = engine_act_refused(action, items_at(&e->items, i), 0);

	if (why)
		return why;
	switch (action) {
	case ACTION_CANCEL:
		return cancel(e, i);
	case ACTION_RETRY:
		return retry(e, i, first);
	case ACTION_HOLD:
		return hold(e, i);
	case ACTION_RELEASE:
		return release(e, i, first);
	case ACTION_PRIORITY:
		break;
	}
	return "does not allow this";
}

const char *engine_ask_again(struct engine *e, uint32_t i)
{
	const struct item *item = items_at(&e->items, i);

	return item->ending || item->state != ITEM_IN_FLIGHT ? "is not in flight"
							     : attempts_abort(e, i);
}

bool engine_act_reads(enum item_action action, const struct item *item)
{
	return action == ACTION_CANCEL ||
	       (action == ACTION_RETRY &&
		       (item->state == ITEM_FAILED || item->state == ITEM_CANCELLED));
}
