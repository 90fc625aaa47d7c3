/* Commands about items: one by id or line, or all that pass a filter. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/outcome.h"
#include "base/parse.h"
#include "run/command_impl.h"

/* The item of an id or "#LINE", or a reply that there is none. */
static uint32_t item_named(struct engine *e, const char *name, struct command_reply *reply)
{
	int64_t line;
	uint32_t i = name[0] == '#' && parse_count(name + 1, 1, UINT32_MAX, &line)
			     ? engine_item_of_line(e, (uint64_t)line)
			     : engine_find(e, name, strlen(name));

	if (i == ITEM_NONE)
		command_say(reply, false, "no item \"%s\"%s", name,
			e->input_ended ? "" : " (the input is still being read)");
	return i;
}

static bool act(struct engine *e, enum item_action action, const char *name, const char *done,
	struct command_reply *reply)
{
	uint32_t i = item_named(e, name, reply);
	const char *why;

	if (i == ITEM_NONE)
		return false;
	why = engine_act(e, action, i);
	return command_say(reply, !why, "item %s %s", name, why ? why : done);
}

bool command_cancel(struct engine *e, const char *args, struct command_reply *reply)
{
	return act(e, ACTION_CANCEL, args, "cancelled", reply);
}

bool command_retry(struct engine *e, const char *args, struct command_reply *reply)
{
	return act(e, ACTION_RETRY, args, "queued again", reply);
}

bool command_hold(struct engine *e, const char *args, struct command_reply *reply)
{
	return act(e, ACTION_HOLD, args, "held until it is released", reply);
}

bool command_release(struct engine *e, const char *args, struct command_reply *reply)
{
	return act(e, ACTION_RELEASE, args, "released", reply);
}

bool command_cancel_where(struct engine *e, const char *args, struct command_reply *reply)
{
	return bulk_start(e, ACTION_CANCEL, args, reply);
}

bool command_retry_where(struct engine *e, const char *args, struct command_reply *reply)
{
	return bulk_start(e, ACTION_RETRY, args, reply);
}

bool command_hold_where(struct engine *e, const char *args, struct command_reply *reply)
{
	return bulk_start(e, ACTION_HOLD, args, reply);
}

bool command_release_where(struct engine *e, const char *args, struct command_reply *reply)
{
	return bulk_start(e, ACTION_RELEASE, args, reply);
}

bool command_raise(struct engine *e, const char *args, struct command_reply *reply)
{
	return act(e, ACTION_RAISE, args, "raised: it goes before those of lower priority", reply);
}

bool command_lower(struct engine *e, const char *args, struct command_reply *reply)
{
	return act(
		e, ACTION_LOWER, args, "lowered: it goes behind those of higher priority", reply);
}

bool command_raise_where(struct engine *e, const char *args, struct command_reply *reply)
{
	return bulk_start(e, ACTION_RAISE, args, reply);
}

bool command_lower_where(struct engine *e, const char *args, struct command_reply *reply)
{
	return bulk_start(e, ACTION_LOWER, args, reply);
}

/* What waits or has failed, of an outcome. */
bool command_retry_all(struct engine *e, const char *args, struct command_reply *reply)
{
	char filter[FILTER_SIZE];
	enum outcome outcome;

	if (args[0] && !outcome_by_name(args, &outcome))
		return command_say(reply, false, "retry all: \"%s\" is no outcome", args);
	snprintf(filter, sizeof(filter), "!queued !in_flight !held !ok !cancelled %s%s",
		args[0] ? "outcome:" : "", args);
	return bulk_start(e, ACTION_RETRY, filter, reply);
}
