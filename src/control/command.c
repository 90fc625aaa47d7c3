#include "control/command.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "control/command_impl.h"
#include "core/held.h"

/* One row of the table. */
struct command {
	struct command_info info;
	command_run_fn *run;
	bool dry; /* it can be asked to count the items only */
};

static bool is_ending(const struct engine *e)
{
	return e->life.mode == MODE_DRAINING || e->life.mode == MODE_STOPPING;
}

/* Is there nothing to pause? Then a retry would wait for a key that nobody remembers. */
static bool refuses_pause(const struct engine *e, struct command_reply *reply)
{
	if (is_ending(e))
		command_say(reply, false, "the run is already ending");
	else if (engine_complete(e))
		command_say(reply, false, "every item has ended; there is nothing to pause");
	else
		return false;
	return true;
}

static bool command_pause(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	(void)args;
	if (refuses_pause(e, reply))
		return false;
	engine_stop(e, MODE_PAUSED, "");
	e->life.retries_go_on = true;
	return command_say(reply, true,
		"paused: nothing new starts; requests in flight finish, retries continue");
}

static bool command_pause_all(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	(void)args;
	if (refuses_pause(e, reply))
		return false;
	engine_stop(e, MODE_PAUSED, "");
	return command_say(reply, true,
		"paused: nothing starts, no retries either; requests in flight finish");
}

static bool command_resume(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;
	uint64_t released;

	(void)args;
	if (e->life.mode == MODE_STOPPING)
		return command_say(reply, false, "the run is already stopping");
	if (e->life.question) /* it would be asked again at once */
		return command_say(reply, false,
			"the budget is used up: raise it with `set budget`, or stop with `drain`");
	for (int i = 0; i < e->sources.n_queues; i++)
		e->sources.queue[i]->early.settled = true;
	released = held_release_all(e);
	engine_stop(e, MODE_RUNNING, "");
	if (released)
		return command_say(
			reply, true, "resumed, %" PRIu64 " held items queued again", released);
	return command_say(reply, true, "resumed");
}

static bool command_drain(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	(void)args;
	if (e->life.mode == MODE_STOPPING)
		return command_say(reply, false, "the run is already stopping");
	engine_stop(e, MODE_DRAINING, "drained by the operator");
	return command_say(
		reply, true, "draining: requests in flight finish, then the run stops, resumable");
}

static bool command_stop(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	(void)args;
	engine_stop(e, MODE_STOPPING, "stopped by the operator");
	return command_say(reply, true, "stopping: %" PRIu32 " in flight aborted, resumable",
		e->attempts.in_flight);
}

static bool command_interrupt(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	switch (e->life.mode) {
	case MODE_RUNNING:
	case MODE_PAUSED:
		if (engine_complete(e)) {
			e->life.quit_asked = true;
			return command_say(reply, true, "finished");
		}
		return command_drain(c, args, reply);
	case MODE_DRAINING:
		return command_stop(c, args, reply);
	case MODE_STOPPING:
		break;
	}
	e->life.quit_asked = e->life.exit_at_once = true;
	return command_say(reply, true, "leaving at once, resumable");
}

static bool command_quit(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;

	if (!engine_complete(e))
		return is_ending(e) ? command_say(reply, true, "the run is already ending")
				    : command_drain(c, args, reply);
	e->life.quit_asked = true;
	return command_say(reply, true, "finished");
}

static const struct command commands[] = {
	{{"pause", "", "start nothing new; retries and requests in flight continue"}, command_pause,
		false},
	{{"pause all", "", "start nothing, no retries either; requests in flight finish"},
		command_pause_all, false},
	{{"resume", "", "continue; items held by the circuit breaker are queued again"},
		command_resume, false},
	{{"drain", "", "finish the requests in flight, then stop; resumable"}, command_drain,
		false},
	{{"stop", "", "abort the requests in flight and stop; resumable"}, command_stop, false},
	{{"interrupt", "", "first: drain; second: stop; third: leave at once"}, command_interrupt,
		false},
	{{"quit", "", "leave a finished run, else drain first"}, command_quit, false},
	{{"set concurrency", "N|+N|-N|+P%|-P%|auto", "attempts in flight at once"},
		command_set_concurrency, false},
	{{"set rate", "N|+N|-N|+P%|-P%|auto",
		 "requests a second; overrides the controller until auto"},
		command_set_rate, false},
	{{"set rpm", "N|+N|-N|+P%|-P%|off", "requests a minute"}, command_set_rpm, false},
	{{"set tpm", "N|+N|-N|+P%|-P%|off", "tokens a minute"}, command_set_tpm, false},
	{{"set budget tokens", "N|+N|-N|+P%|-P%|off",
		 "after N tokens ask the operator; without a dashboard drain"},
		command_set_budget_tokens, false},
	{{"set budget usd", "X|+X|-X|+P%|-P%|off",
		 "after X dollars ask the operator; without a dashboard drain"},
		command_set_budget_usd, false},
	{{"auto", "", "reset all limits to the configured and learned values"}, command_auto,
		false},
	{{"forget", "", "clear the learned limits of the server"}, command_forget, false},
	{{"resume hold", "", "end the current hold"}, command_resume_hold, false},
	{{"key reload", "",
		 "read the key file again, or run the key command, and continue with the new key"},
		command_key_reload, false},
	{{"endpoint", "NAME [COMMAND]",
		 "control one endpoint or stage: pause, resume, weight N, set ..., auto, forget; "
		 "without a command: select it for the limit keys"},
		command_endpoint, false},
	{{"next endpoint", "", "select the next endpoint or stage for the limit keys"},
		command_next_endpoint, false},
	{{"cancel", "ID|#LINE", "cancel an item"}, command_cancel, true},
	{{"resend", "ID|#LINE with FILE",
		 "send an item again with the body in FILE, as a new attempt"},
		command_resend, true},
	{{"retry", "ID|#LINE",
		 "queue an item again without its backoff; abort its request in "
		 "flight first"},
		command_retry, true},
	{{"hold", "ID|#LINE", "hold an item until it is released"}, command_hold, true},
	{{"release", "ID|#LINE", "queue an item that was held by hand"}, command_release, true},
	{{"raise", "[N] ID|#LINE|where FILTER",
		 "raise the priority by N, default 10 (from normal to high); the highest priority "
		 "is sent first, but every 16th request goes to a lower one"},
		command_raise, true},
	{{"lower", "[N] ID|#LINE|where FILTER", "lower the priority by N, default 10"},
		command_lower, true},
	{{"raise where", "FILTER", "raise all items that match a filter by 10"},
		command_raise_where, true},
	{{"lower where", "FILTER", "lower all items that match a filter by 10"},
		command_lower_where, true},
	{{"cancel where", "FILTER", "cancel all items that match a filter"}, command_cancel_where,
		true},
	{{"retry where", "FILTER", "retry all items that match a filter"}, command_retry_where,
		true},
	{{"hold where", "FILTER", "hold all items that match a filter"}, command_hold_where, true},
	{{"release where", "FILTER", "release all items that match a filter"},
		command_release_where, true},
	{{"tag", "ID|#LINE", "tag an item, visible to all operators; see tag: in filters"},
		command_tag, false},
	{{"untag", "ID|#LINE|all", "remove the tag of an item, or all tags"}, command_untag, false},
	{{"write", "FILE [where FILTER]",
		 "write all items, or the items that match a filter, with their answers to a new "
		 "file: .csv, .tsv, .json, .txt, else one object per line"},
		write_start, false},
	{{"undo", "",
		 "undo the last action on items, or the last change of limits if that was later"},
		command_undo, false},
	{{"retry all", "[OUTCOME]", "queue waiting and failed items again, all or by outcome"},
		command_retry_all, true},
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

/* The command with the longest name at the start of the text, and the text after it. */
static const struct command *find(const char *text, const char **args)
{
	const struct command *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < COMMANDS; i++) {
		size_t len = strlen(commands[i].info.name);

		if (len <= best_len || strncmp(text, commands[i].info.name, len))
			continue;
		if (text[len] && !isspace((unsigned char)text[len]))
			continue;
		best = &commands[i];
		best_len = len;
		*args = text + len + strspn(text + len, " \t");
	}
	return best;
}

/* Does the command take these arguments? "[…]" is optional. */
static bool takes(const struct command *c, const char *args)
{
	const char *bracket = strchr(c->info.args, ']');

	if (!args[0])
		return !c->info.args[0] || (bracket && !bracket[1]);
	return c->info.args[0];
}

/* The line without blanks around it. */
static void trim(const char *text, char *out, size_t size)
{
	size_t len;

	text += strspn(text, " \t");
	len = strnlen(text, size - 1);
	memcpy(out, text, len);
	while (len && isspace((unsigned char)out[len - 1]))
		len--;
	out[len] = '\0';
}

static void carry_out(struct control *c, const struct command *command, const char *line,
	const char *args, struct command_reply *reply)
{
	if (!command)
		command_say(reply, false, "unknown command \"%s\"", line);
	else if (!takes(command, args))
		command_say(reply, false, "usage: %s %s", command->info.name, command->info.args);
	else if (c->dry_run && !command->dry)
		command_say(reply, false, "%s changes no items, so --dry-run has nothing to count",
			command->info.name);
	else
		command->run(c, args, reply);
}

void command_run(
	const struct watcher *asker, const struct command_request *r, struct command_reply *reply)
{
	struct control *c = asker->control;
	struct engine *e = c->engine;
	static struct undo_limits limits;
	const struct command *command;
	char line[512], by[64];
	const char *args;

	trim(r->text, line, sizeof(line));
	command = find(line, &args);
	undo_read_limits(e, &limits);
	c->asker = asker;
	c->dry_run = r->dry_run;
	c->folder = r->folder;
	carry_out(c, command, line, args, reply);
	if (!reply->ok || r->dry_run)
		return;
	if (command->run == command_tag || command->run == command_untag)
		return; /* a mark of the operators changes nothing of the run */
	if (command->run != command_undo)
		undo_note_limits(&c->undo, e, &limits);
	text_sanitise(by, sizeof(by), r->by ? r->by : "you", strlen(r->by ? r->by : "you"));
	events_add(&e->observer.events, e->wall_us, EVENT_INFO, "%s: %s", by, reply->text);
	journal_command(e, line, r->by ? by : NULL, reply->text);
}
