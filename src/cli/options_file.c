#include "cli/options_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/config_paths.h"
#include "base/inifile.h"

struct reading {
	struct settings *settings;
	enum command_id command;
	struct option_origins *origins;
	bool bad_value; /* of the pair just read */
	bool failed;
	struct error *err; /* the first bad value */
};

static size_t place_of(const struct option_row *o)
{
	size_t n;

	return (size_t)(o - option_table(&n));
}

void option_origin_set(struct option_origins *g, const struct option_row *o,
	enum option_origin from, const char *value)
{
	size_t i = place_of(o);

	g->from[i] = from;
	free(g->text[i]);
	g->text[i] = value ? xstrdup(value) : NULL;
}

void option_origins_free(struct option_origins *g)
{
	for (size_t i = 0; i < MAX_OPTIONS; i++)
		free(g->text[i]);
}

/* The file cannot name another file, nor ask for help. */
static bool fits_a_file(const struct option_row *o, enum command_id command)
{
	return o->commands & 1U << command && o->type != TYPE_HELP && o->type != TYPE_VERSION &&
	       strcmp(o->name, "config") != 0 && strcmp(o->name, "print-config") != 0;
}

static const struct option_row *row_named(enum command_id command, const char *name)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (size_t i = 0; i < n; i++)
		if (fits_a_file(&rows[i], command) && !strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static bool take_flag(
	struct reading *r, const struct option_row *o, const char *value, struct error *err)
{
	bool on = !strcasecmp(value, "true") || !strcasecmp(value, "yes");

	if (!on && strcasecmp(value, "false") != 0 && strcasecmp(value, "no") != 0) {
		r->bad_value = true;
		return error_set(err, "%s takes true or false, not \"%.60s\"", o->name, value);
	}
	*(bool *)((char *)r->settings + o->offset) = on;
	option_origin_set(r->origins, o, on ? ORIGIN_FILE : ORIGIN_DEFAULT, NULL);
	return true;
}

static bool on_pair(
	void *ctx, const char *section, const char *name, const char *value, struct error *err)
{
	struct reading *r = ctx;
	const struct option_row *o;

	r->bad_value = false;
	if (strcmp(section, command_row(r->command)->name) != 0)
		return true;
	o = row_named(r->command, name);
	if (!o)
		return error_set(err, "sluice %s has no option \"%.40s\"; see sluice %s --help",
			section, name, section);
	if (r->origins->from[place_of(o)] == ORIGIN_COMMAND_LINE)
		return true;
	if (o->type == TYPE_FLAG)
		return take_flag(r, o, value, err);
	if (!option_set(r->settings, o, value, err)) {
		r->bad_value = true;
		return false;
	}
	option_origin_set(r->origins, o, ORIGIN_FILE, value);
	return true;
}

static void on_warning(void *ctx, const char *text)
{
	struct reading *r = ctx;

	if (!r->bad_value)
		fprintf(stderr, "sluice: warning: %s\n", text);
	else if (!r->failed)
		r->failed = !error_set(r->err, "%s", text);
	r->bad_value = false;
}

bool options_file_read(struct settings *s, enum command_id command, const char *path,
	struct option_origins *g, struct error *err)
{
	static const struct inifile_calls calls = {on_pair, on_warning};
	struct reading r = {s, command, g, false, false, err};
	char own[512];

	if (!path && (!config_path("config", own, sizeof(own)) || access(own, F_OK) != 0))
		return true;
	return inifile_read(path ? path : own, &calls, &r, err) && !r.failed;
}

static void print_row(
	const struct option_row *o, enum command_id command, const struct option_origins *g)
{
	static const char *const from[] = {"default", "config file", "command line"};
	size_t i = place_of(o);
	const char *value = g->text[i];

	if (g->from[i] == ORIGIN_DEFAULT)
		value = o->type == TYPE_FLAG ? "false" : option_default(o, command);
	else if (o->type == TYPE_FLAG)
		value = "true";
	printf("# %s\n", from[g->from[i]]);
	if (!value)
		printf("# %s =\n", o->name);
	else if (o->secret)
		printf("# %s is given, and not shown: it can hold a secret\n", o->name);
	else
		printf("%s = %s\n", o->name, value);
}

/* Each use of a repeatable option is a line. */
static void print_list(const struct option_row *o, char *const *list, enum option_origin from)
{
	for (; *list; list++)
		printf("# %s\n%s = %s\n", from == ORIGIN_FILE ? "config file" : "command line",
			o->name, *list);
}

void options_file_print(
	const struct settings *s, enum command_id command, const struct option_origins *g)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	printf("[%s]\n", command_row(command)->name);
	for (size_t i = 0; i < n; i++) {
		char *const *list = NULL;

		if (!fits_a_file(&rows[i], command))
			continue;
		if (rows[i].type == TYPE_LIST && !rows[i].secret)
			list = *(char *const *const *)((const char *)s + rows[i].offset);
		if (list)
			print_list(&rows[i], list, g->from[i]);
		else
			print_row(&rows[i], command, g);
	}
}
