/* What can be done with a run that is over: resume it by the command that it was started with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/shell.h"
#include "base/text.h"
#include "past/past_impl.h"
#include "past/past_replay.h"

const struct command_info past_commands[] = {
	{"go on", "", "resume the run with its own command"},
	{"retry failed", "", "run its command again with --retry-failed"},
	{"write", "FILE [where FILTER]",
		"write all items, or the items that match a filter, with their answers to a new "
		"file"},
	{"tag", "ID|#LINE", "tag an item; see tag: in filters"},
	{"untag", "ID|#LINE|all", "remove the tag of an item, or all tags"},
	{"quit", "", "leave"},
	{"interrupt", "", "leave"},
};
const size_t past_commands_n = sizeof(past_commands) / sizeof(past_commands[0]);

static bool say(struct command_reply *reply, bool ok, const char *text)
{
	reply->ok = ok;
	snprintf(reply->text, sizeof(reply->text), "%s", text);
	return ok;
}

void past_leave(struct past *p)
{
	ev_break(p->loop, EVBREAK_ALL);
}

/* Can the command be given again? If not, the reply says why. */
static bool may_go_on(const struct past *p, struct command_reply *reply)
{
	char text[200];

	if (p->holder) {
		snprintf(text, sizeof(text),
			"the run is live, as pid %ld: steer it with sluice "
			"ctl %ld",
			(long)p->holder, (long)p->holder);
		return say(reply, false, text);
	}
	if (!p->start.command || !p->start.command[0] || !p->start.command[1] ||
		strcmp(p->start.command[1], "run") != 0)
		return say(reply, false,
			"its journal does not hold its command (an earlier release): type the "
			"command in a shell");
	if (p->start.cut)
		return say(reply, false,
			"its command has a secret or a hook, or is too long: type the command in a "
			"shell");
	if (run_input_is_pipe(&p->start.input))
		return say(reply, false, "its input was a pipe: type its command in a shell");
	return true;
}

/* The words of the command, with or without --retry-failed, whatever they had; the strings are the
 * past's. */
static char **words_of(const struct past *p, bool retry)
{
	static char program[] = "sluice", again[] = "--retry-failed";
	size_t n = 0, len = 0;
	char **out;

	while (p->start.command[n])
		n++;
	out = xcalloc(n + 2, sizeof(*out));
	out[len++] = program;
	out[len++] = p->start.command[1];
	if (retry)
		out[len++] = again;
	for (size_t i = 2; i < n; i++)
		if (strcmp(p->start.command[i], again) != 0)
			out[len++] = p->start.command[i];
	return out;
}

void past_command_text(char **words, const char *folder, struct buf *out)
{
	if (folder) {
		buf_adds(out, "cd ");
		shell_add_word(out, folder);
		buf_adds(out, " && ");
	}
	for (size_t i = 0; words[i]; i++) {
		if (i)
			buf_addc(out, ' ');
		shell_add_word(out, words[i]);
	}
}

static void go_on(
	struct past *p, bool retry, const struct command_request *r, struct command_reply *out)
{
	char **words;
	struct buf text;

	if (!may_go_on(p, out))
		return;
	words = words_of(p, retry);
	buf_init(&text, 1 << 20);
	past_command_text(words, p->start.folder, &text);
	out->ok = true;
	text_sanitise(out->text, sizeof(out->text), buf_str(&text), text.len);
	buf_free(&text);
	if (r->dry_run) {
		free(words);
		return;
	}
	free(p->next);
	p->next = words;
	past_leave(p);
}

/* A verb of items that failed concerns all of them: `run` has no other way. */
static bool is_retry(const char *text)
{
	return !strcmp(text, "retry") || !strncmp(text, "retry ", 6);
}

/* What changes nothing of a run, at whatever moment. */
static bool is_harmless(const char *text)
{
	return !strncmp(text, "write ", 6) || !strncmp(text, "tag ", 4) ||
	       !strncmp(text, "untag ", 6);
}

void past_command(struct past *p, const struct command_request *r, struct command_reply *out)
{
	const char *text = r->text + strspn(r->text, " \t");

	memset(out, 0, sizeof(*out));
	if (p->replay && replay_command(p->replay, text, clock_mono_us(), out)) {
		past_replay_move(p);
	} else if (!strcmp(text, "quit") || !strcmp(text, "interrupt")) {
		say(out, true, "");
		past_leave(p);
	} else if (is_harmless(text)) {
		port_ask(&p->run, r, out);
	} else if (p->replay) {
		say(out, false,
			p->here ? "a replay changes nothing: l leads back to the run"
				: "a replay changes nothing: resume a run with sluice view, "
				  "steer one with sluice ctl");
	} else if (!strcmp(text, "go on")) {
		go_on(p, false, r, out);
	} else if (is_retry(text)) {
		go_on(p, true, r, out);
	} else {
		say(out, false,
			p->holder ? "this view of the run's files cannot steer the run: use sluice "
				    "ctl"
				  : "the run is over; available commands: `go on`, `retry failed`, "
				    "`write FILE`");
	}
}
