#include "cli/completion.h"

#include <string.h>

#include "base/config_paths.h"
#include "base/inifile.h"
#include "base/text.h"
#include "cli/options_shape.h"
#include "cli/options_table.h"
#include "control/command.h"
#include "control/reads.h"
#include "control/registry_list.h"
#include "words.h"

enum { WORD_MAX = 512, PATH_SIZE = 512 };

struct completion {
	const char *const *words;
	size_t n;
	const char *typed;  /* the part of the last word that candidates begin with */
	const char *before; /* the rest of that word, in front of it: "--theme=" */
	int before_len;
	const struct command_row *command;
	unsigned command_bit;
	const struct dashboard_lists *lists;
	bool files, folders;
	FILE *out;
};

/* ---- candidates ---- */

static void offer_part(struct completion *c, const char *word, size_t len, const char *about)
{
	size_t typed = strlen(c->typed);
	char safe[WORD_MAX];

	if (len < typed || strncmp(word, c->typed, typed) != 0)
		return;
	text_sanitise(safe, sizeof(safe), word, len);
	fprintf(c->out, "%.*s%s\t%s\n", c->before_len, c->before, safe, about);
}

static void offer(struct completion *c, const char *word, const char *about)
{
	offer_part(c, word, strlen(word), about);
}

/* "auto|aimd|fixed"; of the arguments of a command only what is a word itself: "N|+N|off". */
static void offer_choices(struct completion *c, const char *choices)
{
	while (*choices) {
		size_t len = strcspn(choices, "|");

		if (choices[0] >= 'a' && choices[0] <= 'z')
			offer_part(c, choices, len, "");
		choices += len;
		choices += *choices == '|';
	}
}

static void offer_name(void *c, const char *name)
{
	offer(c, name, "theme");
}

static void offer_themes(struct completion *c)
{
	if (c->lists->themes)
		c->lists->themes(offer_name, c);
}

static void offer_runs(struct completion *c)
{
	struct registry_list list;
	struct error err;

	registry_list_read(&list, false, &err);
	for (size_t i = 0; i < list.n; i++)
		if (list.entries[i].name)
			offer(c, list.entries[i].name, "run");
	registry_list_free(&list);
}

static bool skip_pair(
	void *ctx, const char *section, const char *name, const char *value, struct error *err)
{
	(void)ctx, (void)section, (void)name, (void)value, (void)err;
	return true;
}

static void skip_warning(void *ctx, const char *text)
{
	(void)ctx, (void)text;
}

static bool offer_section(void *ctx, const char *section, struct error *err)
{
	static const char prefix[] = "endpoint ";

	(void)err;
	if (!strncmp(section, prefix, sizeof(prefix) - 1))
		offer(ctx, section + sizeof(prefix) - 1, "endpoint");
	return true;
}

static const char *config_word(const struct completion *c)
{
	static const char option[] = "--config=";

	for (size_t i = 0; i + 1 < c->n; i++) {
		if (!strncmp(c->words[i], option, sizeof(option) - 1))
			return c->words[i] + sizeof(option) - 1;
		if (i + 2 < c->n && !strcmp(c->words[i], "--config"))
			return c->words[i + 1];
	}
	return NULL;
}

static void offer_endpoints(struct completion *c)
{
	static const struct inifile_calls calls = {skip_pair, skip_warning, offer_section};
	const char *path = config_word(c);
	char own[PATH_SIZE];
	struct error err;

	if (!path && config_path("config", own, sizeof(own)))
		path = own;
	if (path && !inifile_is_pipe(path))
		inifile_read(path, &calls, c, &err);
}

/* ---- options ---- */

/* "What it does." of "What it does. More of it." */
static size_t first_sentence(const char *help)
{
	const char *end = strstr(help, ". ");

	return end ? (size_t)(end - help)
		   : strlen(help) - (help[0] && help[strlen(help) - 1] == '.');
}

static void offer_options(struct completion *c)
{
	size_t n;
	const struct option_row *rows = option_table(&n);
	char word[80], about[WORD_MAX];

	for (size_t i = 0; i < n; i++) {
		if (!(rows[i].commands & c->command_bit))
			continue;
		snprintf(word, sizeof(word), "--%s", rows[i].name);
		snprintf(about, sizeof(about), "%.*s", (int)first_sentence(rows[i].help),
			rows[i].help);
		offer(c, word, about);
	}
}

static bool takes_value(const struct option_row *o)
{
	return o->type != TYPE_FLAG && o->type != TYPE_HELP && o->type != TYPE_VERSION;
}

/* The option of "--name" or "-n", with len bytes, if it takes a value. */
static const struct option_row *option_of(const struct completion *c, const char *word, size_t len)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		const char *name = rows[i].name;
		bool is_it = len > 2 && word[1] == '-'
				     ? strlen(name) == len - 2 && !memcmp(word + 2, name, len - 2)
				     : len == 2 && rows[i].letter && word[1] == rows[i].letter;

		if (is_it && rows[i].commands & c->command_bit && takes_value(&rows[i]))
			return &rows[i];
	}
	return NULL;
}

static void offer_values(struct completion *c, const struct option_row *o)
{
	bool file = o->arg && strstr(o->arg, "FILE");

	if (o->choices)
		offer_choices(c, o->choices);
	if (o->zero)
		offer(c, o->zero, "");
	if (o->arg && !strncmp(o->arg, "NAME|FILE", strlen("NAME|FILE")))
		offer_themes(c);
	c->files = file || (o->shape == shape_path && !o->choices);
	c->folders = o->arg && !strcmp(o->arg, "DIR");
}

/* ---- operands ---- */

/* Does the command of a run begin with these words? Then the place of its next one. */
static const char *after_words(const char *name, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		if (strncmp(name, words[i], len) != 0 || (name[len] && name[len] != ' '))
			return NULL;
		name += len;
		name += *name == ' ';
		if (!*name && i + 1 < n)
			return NULL;
	}
	return name;
}

static void offer_arguments(struct completion *c, const struct command_info *info)
{
	if (!strcmp(info->name, "endpoint"))
		offer_endpoints(c);
	else if (!strcmp(info->args, "[OUTCOME]"))
		for (int i = 0; i < OUTCOME_COUNT; i++)
			offer(c, outcome_name((enum outcome)i), "outcome");
	else if (!strncmp(info->args, "FILE", strlen("FILE")))
		c->files = true;
	else
		offer_choices(c, info->args);
}

/* The commands of ctl: what reads, and then the table. */
static const struct command_info *control_command(size_t i)
{
	size_t n;
	const struct command_info *table = command_table(&n);

	if (i < READ_COUNT)
		return read_info((enum read_id)i);
	return i - READ_COUNT < n ? &table[i - READ_COUNT] : NULL;
}

/* Does a command before the i-th have this word at this place, too? */
static bool word_again(size_t i, const char *word, size_t len, const char *const *words, size_t n)
{
	while (i--) {
		const char *other = after_words(control_command(i)->name, words, n);

		if (other && strcspn(other, " ") == len && !memcmp(other, word, len))
			return true;
	}
	return false;
}

/* What ctl takes behind the RUN, or without one: n words of it are typed. */
static void offer_control(struct completion *c, const char *const *words, size_t n)
{
	const struct command_info *info;

	for (size_t i = 0; (info = control_command(i)); i++) {
		const char *next = after_words(info->name, words, n);
		size_t len = next ? strcspn(next, " ") : 0;

		if (len && !word_again(i, next, len, words, n))
			offer_part(c, next, len, next[len] ? "" : info->help);
		else if (next && !len)
			offer_arguments(c, info);
	}
}

/* Is the word the first one of a command? Then it is no RUN. */
static bool begins_command(const char *word)
{
	const struct command_info *info;

	for (size_t i = 0; (info = control_command(i)); i++)
		if (after_words(info->name, &word, 1))
			return true;
	return false;
}

static void offer_operand(struct completion *c, const char *const *operands, size_t n)
{
	const char *what = c->command->operand;

	if (!what || (n && !c->command->many))
		return;
	if (strcmp(what, "COMMAND") != 0) {
		if (strstr(what, "RUN"))
			offer_runs(c);
		c->files = true;
	} else if (!n) {
		offer_runs(c);
		offer_control(c, operands, 0);
	} else {
		bool run = !begins_command(operands[0]);

		offer_control(c, operands + run, n - run);
	}
}

/* ---- the line ---- */

static bool find_command(struct completion *c)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(command_row((enum command_id)i)->name, c->words[0]) != 0)
			continue;
		c->command = command_row((enum command_id)i);
		c->command_bit = 1U << i;
		return true;
	}
	return false;
}

static void offer_commands(struct completion *c)
{
	char about[WORD_MAX];

	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command_row *row = command_row((enum command_id)i);

		snprintf(about, sizeof(about), "%.*s", (int)first_sentence(row->help), row->help);
		offer(c, row->name, about);
	}
	offer(c, "help", "Show the help of sluice, or of a command");
	offer(c, "--help", "Show the help");
	offer(c, "--version", "Show the version");
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

/* The operands before the last word, without options and their values. */
static size_t find_operands(const struct completion *c, const char **operands, size_t most)
{
	size_t n = 0;

	for (size_t i = 1; i + 1 < c->n; i++) {
		const char *word = c->words[i];

		if (!is_option(word) || (word[1] >= '0' && word[1] <= '9')) {
			if (n < most)
				operands[n++] = word;
		} else if (option_of(c, word, strlen(word))) {
			i++;
		}
	}
	return n;
}

static void complete(struct completion *c)
{
	const char *last = c->words[c->n - 1], *equals = strchr(last, '=');
	const char *previous = c->words[c->n - 2];
	const char *operands[8];
	const struct option_row *o =
		is_option(previous) ? option_of(c, previous, strlen(previous)) : NULL;

	if (o) {
		offer_values(c, o);
	} else if (is_option(last) && equals) {
		c->before = last;
		c->before_len = (int)(equals + 1 - last);
		c->typed = equals + 1;
		o = option_of(c, last, (size_t)(equals - last));
		if (o)
			offer_values(c, o);
	} else if (last[0] == '-') {
		offer_options(c);
	} else {
		offer_operand(c, operands,
			find_operands(c, operands, sizeof(operands) / sizeof(operands[0])));
	}
}

void completion_print(
	const char *const *words, size_t n, const struct dashboard_lists *lists, FILE *out)
{
	struct completion c = {.words = words,
		.n = n,
		.typed = n ? words[n - 1] : "",
		.before = "",
		.lists = lists,
		.out = out};

	if (n < 2)
		offer_commands(&c);
	else if (!strcmp(words[0], "help") && n == 2)
		offer_commands(&c);
	else if (find_command(&c))
		complete(&c);
	if (c.folders || c.files)
		fprintf(out, "%s\n", c.folders ? ":folders" : ":files");
}
