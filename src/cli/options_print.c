/* What --print-config prints: the options in the form of the configuration file. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/options_file.h"
#include "run/redact.h"

/* Longer lines are no lines to the reader of INI files. */
enum { LINE_MOST = 198 };

static bool header_may_show(const char *value)
{
	return !redact_is_secret_header(value, strcspn(value, ":"));
}

static bool url_may_show(const char *value)
{
	struct buf shown;
	bool same;

	buf_init(&shown, strlen(value) * 16 + 64);
	redact_url(value, &shown);
	same = !strcmp(buf_str(&shown), value);
	buf_free(&shown);
	return same;
}

/* Some keys look like names of variables; those that exist, and names in capitals, are names. */
static bool variable_may_show(const char *value)
{
	if (getenv(value))
		return true;
	while (isupper((unsigned char)*value) || isdigit((unsigned char)*value) || *value == '_')
		value++;
	return !*value;
}

static bool endpoint_may_show(const char *value)
{
	struct endpoint_spec spec;
	struct error err;
	bool good = endpoint_spec_parse(value, &spec, &err) && url_may_show(spec.url) &&
		    (!spec.key_env || variable_may_show(spec.key_env));

	endpoint_spec_free(&spec);
	return good;
}

/* Options and members of endpoints whose values are looked at before they are shown. */
static const struct guarded {
	const char *name;
	bool (*may_show)(const char *value);
} guarded[] = {
	{"header", header_may_show},
	{"url", url_may_show},
	{"key-env", variable_may_show},
	{"endpoint", endpoint_may_show},
};

/* secret: nothing of that name is shown unless its looks are known to be harmless. */
static bool may_show(const char *name, const char *value, bool secret)
{
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
		if (!strcmp(guarded[i].name, name))
			return guarded[i].may_show(value);
	return !secret;
}

/* Would the reader of INI files find it again behind "name = "? */
static bool fits_a_line(const char *name, const char *value)
{
	size_t len = strlen(value);

	if (len && (isspace((unsigned char)value[0]) || isspace((unsigned char)value[len - 1])))
		return false;
	if (strlen(name) + strlen(" = ") + len > LINE_MOST)
		return false;
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)value[i]) ||
			(value[i] == ';' && (!i || isspace((unsigned char)value[i - 1]))))
			return false;
	return true;
}

static void print_value(
	const struct option_origins *g, int line, const char *name, const char *value, bool secret)
{
	struct error where; /* sanitised: a name of a file may hold anything */

	if (line)
		error_set(&where, "%.300s:%d", g->path, line);
	printf("# %s\n", line ? where.text : "command line");
	if (!may_show(name, value, secret))
		printf("# %s is given, and not shown: it can hold a secret\n", name);
	else if (!fits_a_line(name, value))
		printf("# %s is given, and not shown: a line of a file cannot hold it\n", name);
	else
		printf("%s = %s\n", name, value);
}

static void print_default(const struct option_row *o, enum command_id command)
{
	const char *value = o->type == TYPE_FLAG ? "false" : option_default(o, command);

	puts("# default");
	if (value)
		printf("%s = %s\n", o->name, value);
	else
		printf("# %s =\n", o->name);
}

void options_file_print(enum command_id command, const struct option_origins *g)
{
	size_t n, n_uses;
	const struct option_row *rows = option_table(&n);
	const char *section = command_row(command)->name;

	printf("[%s]\n", section);
	for (size_t i = 0; i < n; i++) {
		const struct option_row *o = &rows[i];
		const struct option_use *uses;

		if (options_file_row(command, o->name) != o)
			continue;
		uses = option_origins_of(g, o, &n_uses);
		for (size_t k = 0; k < n_uses; k++)
			print_value(g, uses[k].line, o->name, uses[k].text, o->secret);
		if (!n_uses)
			print_default(o, command);
	}
	for (size_t i = 0; i < g->n_pairs; i++) {
		const struct config_pair *p = &g->pairs[i];

		if (strcmp(section, p->section) != 0)
			printf("\n[%s]\n", p->section);
		section = p->section;
		print_value(g, p->line, p->name, p->value, false);
	}
}
