#include "cli/ctl.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/lines.h"
#include "cli/ctl_impl.h"
#include "control/reads.h"
#include "control/run_name.h"

enum { WORDS_MAX = 32 << 10 };

/* ---- commands of the run ---- */

static void write_command(const struct ctl *c, struct buf *body)
{
	struct json_writer w = json_writer_to(body);
	char folder[PATH_MAX];

	json_open_object(&w);
	json_member_text(&w, "command", c->words);
	if (getcwd(folder, sizeof(folder)))
		json_member_text(&w, "folder", folder);
	if (c->s->dry_run)
		json_member_bool(&w, "dry_run", true);
	json_close_object(&w);
}

static int run_command(struct ctl *c)
{
	struct control_request r;
	char text[CTL_TEXT_SIZE];
	struct buf body;
	int code;

	buf_init(&body, 8 * WORDS_MAX);
	write_command(c, &body);
	r = (struct control_request){
		.path = "/v1/commands", .body = buf_str(&body), .patient = true};
	code = ctl_try(c, &r);
	/* the envelope of a refusal is an answer, too */
	if (c->s->json && r.result == CONTROL_ANSWERED &&
		json_whole(buf_str(&r.answer), r.answer.len).at)
		buf_add(&c->out, r.answer.data, r.answer.len);
	else if (code == CTL_DONE)
		buf_addf(&c->out, "%s",
			ctl_text(json_trim(r.answer.data, r.answer.len), "text", text));
	if (code != CTL_DONE)
		ctl_complain(c, &r);
	control_request_free(&r);
	buf_free(&body);
	return code;
}

/* ---- reads ---- */

enum { WITH_FOLLOW = 1, WITH_LIST = 2, WITH_CONTENT = 4, WITH_DRY_RUN = 8 };

struct ctl_read {
	const struct command_info *info; /* NULL: a command of the run's table */
	unsigned options;
	int (*run)(struct ctl *c);
};

/* The read that the words begin with, and what stands behind it; else a command of the run. */
static struct ctl_read read_of(const char *words, const char **behind)
{
	static const struct {
		unsigned options;
		int (*run)(struct ctl *c);
	} reads[READ_COUNT] = {
		[READ_SNAPSHOT] = {0, ctl_snapshot},
		[READ_ITEMS] = {WITH_LIST, ctl_items},
		[READ_ITEM] = {WITH_CONTENT, ctl_item},
		[READ_ERRORS] = {0, ctl_errors},
		[READ_EVENTS] = {WITH_FOLLOW, ctl_events},
		[READ_COMMANDS] = {0, ctl_commands},
		[READ_BATCHES] = {0, ctl_batches},
		[READ_CLIENTS] = {0, ctl_clients},
	};
	size_t len = strcspn(words, " \t");

	for (int i = 0; i < READ_COUNT; i++) {
		const struct command_info *info = read_info((enum read_id)i);

		if (strlen(info->name) != len || memcmp(info->name, words, len) != 0)
			continue;
		*behind = words + len + strspn(words + len, " \t");
		return (struct ctl_read){info, reads[i].options, reads[i].run};
	}
	return (struct ctl_read){NULL, WITH_DRY_RUN, run_command};
}

/* An option that was given and does not belong to the command; NULL: none. */
static const char *stray_option(const struct ctl_settings *s, unsigned options)
{
	if (s->follow && !(options & WITH_FOLLOW))
		return "--follow is for events";
	if (s->content && !(options & WITH_CONTENT))
		return "--content is for item";
	if ((s->sort || s->descending || s->active || s->facts || s->offset) &&
		!(options & WITH_LIST))
		return "--sort, --descending, --active, --facts and --offset are for items";
	if (s->dry_run && !(options & WITH_DRY_RUN))
		return "--dry-run is for commands that change items";
	return NULL;
}

static bool check_usage(const struct ctl *c, const struct ctl_read *read)
{
	const char *stray = stray_option(c->s, read->options);
	const struct command_info *info = read->info;

	if (stray)
		say("%s", stray);
	else if (info && c->words[0] && !info->args[0])
		say("%s takes no words, but got \"%.200s\"", info->name, c->words);
	else if (info && !c->words[0] && info->args[0] && info->args[0] != '[')
		say("%s is missing: sluice ctl [RUN] %s %s", info->args, info->name, info->args);
	else
		return true;
	return false;
}

/* ---- the words of the command line ---- */

/* The words as one line, as the prompt of the dashboard would have it. A part of them could mean
 * more items than all of them. */
static bool join(char *const *words, struct buf *out)
{
	for (; words && *words; words++)
		if ((out->len && !buf_addc(out, ' ')) || !buf_adds(out, *words))
			return false;
	return true;
}

static bool names_command(const char *word)
{
	char first[RUN_NAME_SIZE];

	word += strspn(word, " \t");
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(word, " \t"), word);
	return run_name_is_command(first);
}

/* Finds the run; 0 or an exit code. */
static int choose(struct ctl *c, struct registry_list *runs, const char *what, bool changes)
{
	char names[300];
	struct error err;

	if (!registry_list_read(runs, true, &err)) {
		say("%s", err.text);
		return CTL_USAGE;
	}
	if (!what && changes) {
		run_choice_names(runs, names, sizeof(names));
		say("\"%.100s\" changes a run: name the run, sluice ctl RUN %.100s; live runs: %s",
			c->words, c->words, names);
		return CTL_USAGE;
	}
	switch (run_or_batch_choose(runs, what, c->s->timeout_us, &c->run, &c->batch, &err)) {
	case RUN_FOUND:
		return 0;
	case RUN_MISSING:
		say("%s%s", err.text,
			changes && !c->words[0] ? "; it is not a command either, see sluice ctl "
						  "--help"
						: "");
		return CTL_NO_RUN;
	case RUN_AMBIGUOUS:
		break;
	}
	say("%s", err.text);
	return CTL_USAGE;
}

static int carry_out(struct ctl *c, const char *what)
{
	const struct ctl_read read = read_of(c->words, &c->words);
	struct registry_list runs = {0};
	int code;

	if (!check_usage(c, &read))
		return CTL_USAGE;
	code = choose(c, &runs, what, !read.info);
	if (!code && !read.info && !c->words[0]) {
		say("the command is missing: sluice ctl %s COMMAND; `sluice ctl %s commands` lists "
		    "all",
			c->run.name, c->run.name);
		code = CTL_USAGE;
	} else if (!code) {
		code = read.run(c);
	}
	registry_list_free(&runs);
	return code;
}

int command_ctl(const struct ctl_settings *s)
{
	const char *what = names_command(s->words[0]) ? NULL : s->words[0];
	struct ctl c = {.s = s};
	struct buf words;
	int code;

	buf_init(&words, WORDS_MAX);
	buf_init(&c.out, SIZE_MAX / 2);
	if (join(s->words + (what != NULL), &words)) {
		c.words = buf_str(&words);
		c.words += strspn(c.words, " \t");
		code = carry_out(&c, what);
	} else {
		say("the command is longer than %d bytes", WORDS_MAX);
		code = CTL_USAGE;
	}
	if (c.out.len && c.out.data[c.out.len - 1] != '\n')
		buf_addc(&c.out, '\n');
	ctl_print(&c, &code);
	buf_free(&c.out);
	buf_free(&words);
	return code;
}
