#include "run/command.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/parse.h"
#include "base/text.h"
#include "run/engine_internal.h"

enum { CONCURRENCY_MAX = 65536 };

/* One row of the table. run returns false when the command could not be carried out; reply then
 * says why. args is what stands behind the name, without white space around it. */
struct command {
	struct command_info info;
	bool (*run)(struct engine *e, const char *args, struct command_reply *reply);
};

static bool say(struct command_reply *reply, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool say(struct command_reply *reply, bool ok, const char *format, ...)
{
	char raw[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	text_sanitise(reply->text, sizeof(reply->text), raw, strlen(raw));
	return reply->ok = ok;
}

static bool is_ending(const struct engine *e)
{
	return e->mode == MODE_DRAINING || e->mode == MODE_STOPPING;
}

static bool command_pause(struct engine *e, const char *args, struct command_reply *reply)
{
	(void)args;
	if (is_ending(e))
		return say(reply, false, "the run is already ending");
	engine_stop(e, MODE_PAUSED, "");
	return say(reply, true, "paused: nothing new starts, %" PRIu32 " in flight finish",
		e->in_flight);
}

/* What was set aside goes back to the queue. */
static uint64_t release_held(struct engine *e)
{
	uint64_t n = e->items.counts.held;

	for (uint32_t i = 0; e->items.counts.held && i < e->items.n; i++) {
		if (items_at(&e->items, i)->state != ITEM_HELD)
			continue;
		items_set_state(&e->items, i, ITEM_QUEUED);
		scheduler_ready(&e->scheduler, i, true);
	}
	return n;
}

static bool command_resume(struct engine *e, const char *args, struct command_reply *reply)
{
	uint64_t released;

	(void)args;
	if (e->mode == MODE_STOPPING)
		return say(reply, false, "the run is already stopping");
	released = release_held(e);
	engine_stop(e, MODE_RUNNING, "");
	if (released)
		return say(reply, true, "resumed, %" PRIu64 " held items queued again", released);
	return say(reply, true, "resumed");
}

static bool command_drain(struct engine *e, const char *args, struct command_reply *reply)
{
	(void)args;
	if (e->mode == MODE_STOPPING)
		return say(reply, false, "the run is already stopping");
	engine_stop(e, MODE_DRAINING, "drained by the operator");
	return say(reply, true,
		"draining: %" PRIu32 " in flight finish, then the run stops, resumable",
		e->in_flight);
}

static bool command_stop(struct engine *e, const char *args, struct command_reply *reply)
{
	(void)args;
	engine_stop(e, MODE_STOPPING, "stopped by the operator");
	return say(reply, true, "stopping: %" PRIu32 " in flight aborted, resumable", e->in_flight);
}

static bool command_interrupt(struct engine *e, const char *args, struct command_reply *reply)
{
	switch (e->mode) {
	case MODE_RUNNING:
	case MODE_PAUSED:
		if (engine_complete(e)) {
			e->quit_asked = true;
			return say(reply, true, "finished");
		}
		return command_drain(e, args, reply);
	case MODE_DRAINING:
		return command_stop(e, args, reply);
	case MODE_STOPPING:
		break;
	}
	e->quit_asked = e->at_once = true;
	return say(reply, true, "leaving at once, resumable");
}

static bool command_quit(struct engine *e, const char *args, struct command_reply *reply)
{
	if (!engine_complete(e))
		return is_ending(e) ? say(reply, true, "the run is already ending")
				    : command_drain(e, args, reply);
	e->quit_asked = true;
	return say(reply, true, "finished");
}

static bool command_concurrency(struct engine *e, const char *args, struct command_reply *reply)
{
	bool relative = args[0] == '+' || args[0] == '-';
	int before = lane_concurrency(e->lane);
	int64_t n;

	if (!strcmp(args, "auto")) {
		lane_set_concurrency(e->lane, e->now_us, 0);
		return say(reply, true, "concurrency auto");
	}
	if (!parse_count(args + (args[0] == '+'), -CONCURRENCY_MAX, CONCURRENCY_MAX, &n))
		return say(reply, false, "set concurrency: \"%s\" is not N, +N, -N or auto", args);
	n += relative ? before : 0;
	if (relative && n < 1)
		n = 1;
	if (n < 1 || n > CONCURRENCY_MAX)
		return say(reply, false, "set concurrency: from 1 to %d", CONCURRENCY_MAX);
	lane_set_concurrency(e->lane, e->now_us, (int)n);
	return say(reply, true, "concurrency %d > %" PRId64, before, n);
}

static struct attempt *attempt_of(const struct engine *e, uint32_t item)
{
	struct attempt *a = e->oldest;

	while (a && a->item != item)
		a = a->next;
	return a;
}

/* The item of an id, or a reply that there is none. */
static uint32_t item_named(struct engine *e, const char *id, struct command_reply *reply)
{
	uint32_t i = engine_find(e, id, strlen(id));

	if (i == ITEM_NONE)
		say(reply, false, "no item \"%s\"%s", id,
			e->input_ended ? "" : " (the input is still being read)");
	return i;
}

static bool command_cancel(struct engine *e, const char *args, struct command_reply *reply)
{
	uint32_t i = item_named(e, args, reply);
	struct item *item;
	struct attempt *a;

	if (i == ITEM_NONE)
		return false;
	item = items_at(&e->items, i);
	if (item->ending || item->state == ITEM_OK || item->state == ITEM_FAILED ||
		item->state == ITEM_CANCELLED)
		return say(reply, false, "item %s has ended already: %s", args,
			item_state_name(item->state));
	if (item->state == ITEM_IN_FLIGHT) {
		a = attempt_of(e, i);
		a->cancel_item = true;
		e->ops.cancel(e->ctx, a->transfer);
	} else {
		engine_cancel_item(e, i, args, strlen(args));
	}
	return say(reply, true, "item %s cancelled", args);
}

static bool command_retry(struct engine *e, const char *args, struct command_reply *reply)
{
	uint32_t i = item_named(e, args, reply);
	struct item *item;

	if (i == ITEM_NONE)
		return false;
	item = items_at(&e->items, i);
	if (item->ending || item->state == ITEM_QUEUED || item->state == ITEM_IN_FLIGHT ||
		item->state == ITEM_OK)
		return say(reply, false, "item %s is %s", args, item_state_name(item->state));
	if (item->outcome == OUTCOME_BAD_INPUT)
		return say(reply, false,
			"item %s: its input line is bad; mend line %" PRIu32 " and run again", args,
			item->line);
	if (item->state == ITEM_WAITING)
		scheduler_unwait(&e->scheduler, i);
	else if (item->state != ITEM_HELD)
		record_requeued(e, args, strlen(args));
	item->real_attempts = item->rate_attempts = 0;
	items_set_state(&e->items, i, ITEM_QUEUED);
	scheduler_ready(&e->scheduler, i, true);
	return say(reply, true, "item %s queued again", args);
}

static const struct command commands[] = {
	{{"pause", "", "start nothing new; what is in flight finishes"}, command_pause},
	{{"resume", "", "go on; held items are queued again"}, command_resume},
	{{"drain", "", "finish what is in flight, then stop; resumable"}, command_drain},
	{{"stop", "", "abort what is in flight and stop; resumable"}, command_stop},
	{{"interrupt", "", "drain; again: stop; a third time: leave at once"}, command_interrupt},
	{{"quit", "", "leave when finished, else drain first"}, command_quit},
	{{"set concurrency", "N|+N|-N|auto", "attempts in flight at once"}, command_concurrency},
	{{"cancel", "ID", "give an item up"}, command_cancel},
	{{"retry", "ID", "queue an item again; skips its backoff"}, command_retry},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

const struct command_info *command_table(size_t *n)
{
	static struct command_info infos[COMMANDS];

	for (size_t i = 0; i < COMMANDS; i++)
		infos[i] = commands[i].info;
	*n = COMMANDS;
	return infos;
}

/* The command whose name the text begins with, and what stands behind it. */
static const struct command *find(const char *text, const char **args)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		size_t len = strlen(commands[i].info.name);

		if (strncmp(text, commands[i].info.name, len))
			continue;
		if (text[len] && !isspace((unsigned char)text[len]))
			continue;
		*args = text + len + strspn(text + len, " \t");
		return &commands[i];
	}
	return NULL;
}

void command_run(struct engine *e, const char *text, struct command_reply *reply)
{
	const struct command *c;
	char line[512];
	const char *args;
	size_t len;

	engine_now(e);
	text += strspn(text, " \t");
	len = strnlen(text, sizeof(line) - 1);
	memcpy(line, text, len);
	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	line[len] = '\0';
	c = find(line, &args);
	if (!c)
		say(reply, false, "unknown command \"%s\"", line);
	else if (e->config.read_only)
		say(reply, false, "read-only: commands are off");
	else if (c->info.args[0] ? !args[0] : args[0])
		say(reply, false, "usage: %s %s", c->info.name, c->info.args);
	else
		c->run(e, args, reply);
	if (!reply->ok)
		return;
	events_add(&e->events, e->wall_us, EVENT_INFO, "you: %s", reply->text);
	journal_command(e, line, reply->text);
}
