/* Commands about items: one by id or line, or all that pass a filter. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/outcome.h"
#include "base/parse.h"
#include "control/command_impl.h"

uint32_t command_item_named(struct engine *e, const char *name, struct command_reply *reply)
{
	int64_t line;
	uint32_t i = name[0] == '#' && parse_count(name + 1, 1, UINT32_MAX, &line)
			     ? engine_item_of_line(e, (uint64_t)line)
			     : engine_find(e, name, strlen(name));

	if (i == ITEM_NONE)
		command_say(reply, false, "no item \"%s\"%s", name,
			e->intake.input_ended ? "" : " (the input is still being read)");
	return i;
}

/* An act on one item was done; while a larger one goes on, that is the last one. */
static void note(struct control *c, enum item_action action, int by, uint32_t i, int8_t before)
{
	if (c->bulk.active)
		return;
	undo_begin_one(&c->undo, action, by, c->engine->now_us);
	undo_note(&c->undo, i, before, c->engine->items.n);
}

/* The item would be changed, or why not. */
static bool say_would(struct control *c, enum item_action action, int by, uint32_t i,
	const char *name, struct command_reply *reply)
{
	const char *why = engine_act_refused(action, items_at(&c->engine->items, i), by);

	reply->items = !why;
	return command_say(reply, !why, "item %s %s", name, why ? why : "would be changed");
}

static bool act(struct control *c, enum item_action action, const char *name, const char *done,
	struct command_reply *reply)
{
	struct engine *e = c->engine;
	uint32_t i = command_item_named(e, name, reply);
	const char *why;
	int8_t before;

	if (i == ITEM_NONE)
		return false;
	if (c->dry_run)
		return say_would(c, action, 0, i, name, reply);
	before = undo_before(action, items_at(&e->items, i));
	why = engine_act(e, action, i, true);
	if (!why)
		note(c, action, 0, i, before);
	reply->items = !why;
	return command_say(reply, !why, "item %s %s", name, why ? why : done);
}

bool command_cancel(struct control *c, const char *args, struct command_reply *reply)
{
	return act(c, ACTION_CANCEL, args, "cancelled", reply);
}

/* One that is in flight is asked again: only by its name, never by a filter. */
bool command_retry(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;
	uint32_t i = command_item_named(e, args, reply);
	const char *why;

	if (i == ITEM_NONE)
		return false;
	if (items_at(&e->items, i)->state == ITEM_IN_FLIGHT && !items_at(&e->items, i)->ending) {
		why = c->dry_run ? NULL : engine_ask_again(e, i);
		reply->items = !why;
		return command_say(reply, !why, "item %s %s", args,
			why          ? why
			: c->dry_run ? "would be aborted and sent again"
				     : "aborted: sent again");
	}
	return act(c, ACTION_RETRY, args, "queued again", reply);
}

bool command_hold(struct control *c, const char *args, struct command_reply *reply)
{
	return act(c, ACTION_HOLD, args, "held until it is released", reply);
}

bool command_release(struct control *c, const char *args, struct command_reply *reply)
{
	return act(c, ACTION_RELEASE, args, "released", reply);
}

static bool tag(struct control *c, uint32_t i, bool tagged)
{
	bool changed = item_tags_set(&c->tags, i, tagged);

	if (changed)
		items_noted(&c->engine->items, i);
	return changed;
}

static bool tag_one(struct control *c, const char *name, bool tagged, struct command_reply *reply)
{
	uint32_t i = command_item_named(c->engine, name, reply);

	if (i == ITEM_NONE)
		return false;
	reply->items = tag(c, i, tagged);
	return command_say(reply, true, "item %s %s", name, tagged ? "tagged" : "has no tag");
}

bool command_tag(struct control *c, const char *args, struct command_reply *reply)
{
	return tag_one(c, args, true, reply);
}

bool command_untag(struct control *c, const char *args, struct command_reply *reply)
{
	if (strcmp(args, "all") != 0)
		return tag_one(c, args, false, reply);
	for (uint32_t i = 0; c->tags.n && i < c->engine->items.n; i++)
		reply->items += tag(c, i, false);
	return command_say(reply, true, "%" PRIu64 " tag%s removed", reply->items,
		reply->items == 1 ? "" : "s");
}

bool command_cancel_where(struct control *c, const char *args, struct command_reply *reply)
{
	return bulk_start(c, ACTION_CANCEL, args, reply);
}

bool command_retry_where(struct control *c, const char *args, struct command_reply *reply)
{
	return bulk_start(c, ACTION_RETRY, args, reply);
}

bool command_hold_where(struct control *c, const char *args, struct command_reply *reply)
{
	return bulk_start(c, ACTION_HOLD, args, reply);
}

bool command_release_where(struct control *c, const char *args, struct command_reply *reply)
{
	return bulk_start(c, ACTION_RELEASE, args, reply);
}

/* "[N] ID|#LINE" or "N where FILTER"; an item whose id is all of that is that item. */
static bool change_priority(
	struct control *c, int sign, const char *args, struct command_reply *reply)
{
	static const char where[] = "where ";
	size_t digits = strspn(args, "0123456789");
	struct engine *e = c->engine;
	int64_t by = PRIORITY_HIGH;
	const char *why;
	int8_t before;
	uint32_t i;

	if (digits && args[digits] == ' ' && engine_find(e, args, strlen(args)) == ITEM_NONE) {
		char number[16];

		snprintf(number, sizeof(number), "%.*s", (int)digits, args);
		if (!parse_count(number, 1, SCHEDULER_LEVELS - 1, &by))
			return command_say(
				reply, false, "by a number from 1 to %d", SCHEDULER_LEVELS - 1);
		args += digits + strspn(args + digits, " \t");
	}
	if (!strncmp(args, where, sizeof(where) - 1))
		return bulk_priority(c, sign * (int)by, args + sizeof(where) - 1, reply);
	i = command_item_named(e, args, reply);
	if (i == ITEM_NONE)
		return false;
	if (c->dry_run)
		return say_would(c, ACTION_PRIORITY, sign * (int)by, i, args, reply);
	before = undo_before(ACTION_PRIORITY, items_at(&e->items, i));
	why = engine_change_priority(e, i, sign * (int)by);
	if (!why)
		note(c, ACTION_PRIORITY, sign * (int)by, i, before);
	engine_priorities_changed(e, false);
	if (why)
		return command_say(reply, false, "item %s %s", args, why);
	reply->items = 1;
	return command_say(reply, true, "item %s %s to priority %d", args,
		sign > 0 ? "raised" : "lowered", items_at(&e->items, i)->priority);
}

bool command_raise(struct control *c, const char *args, struct command_reply *reply)
{
	return change_priority(c, 1, args, reply);
}

bool command_lower(struct control *c, const char *args, struct command_reply *reply)
{
	return change_priority(c, -1, args, reply);
}

bool command_raise_where(struct control *c, const char *args, struct command_reply *reply)
{
	return bulk_priority(c, PRIORITY_HIGH, args, reply);
}

bool command_lower_where(struct control *c, const char *args, struct command_reply *reply)
{
	return bulk_priority(c, PRIORITY_LOW, args, reply);
}

/* Waiting and failed items of an outcome. */
bool command_retry_all(struct control *c, const char *args, struct command_reply *reply)
{
	char filter[FILTER_SIZE];
	enum outcome outcome;

	if (args[0] && !outcome_by_name(args, &outcome))
		return command_say(reply, false, "retry all: \"%s\" is not an outcome", args);
	snprintf(filter, sizeof(filter), "!queued !in_flight !held !ok !cancelled %s%s",
		args[0] ? "outcome:" : "", args);
	return bulk_start(c, ACTION_RETRY, filter, reply);
}
