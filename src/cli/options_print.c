/* The output of --print-config: the options in the form of the configuration file. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/inifile.h"
#include "cli/options_file.h"
#include "plan/redact.h"

static bool header_may_show(const char *value)
{
	return !redact_is_secret_header(value, strcspn(value, ":"));
}

static bool origin_header_may_show(const char *value)
{
	value += strcspn(value, " \t");
	return header_may_show(value + strspn(value, " \t"));
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

/* Options and members of endpoints whose values are checked before they are shown. */
static const struct guarded {
	const char *name;
	bool (*may_show)(const char *value);
} guarded[] = {
	{"header", header_may_show},
	{"header-for", origin_header_may_show},
	{"url", url_may_show},
	{"key-env", variable_may_show},
	{"endpoint", endpoint_may_show},
};

/* secret: a value of that name is shown only in a form known to be harmless. */
static bool may_show(const char *name, const char *value, bool secret)
{
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
		if (!strcmp(guarded[i].name, name))
			return guarded[i].may_show(value);
	return !secret;
}

static bool has_controls(const char *text)
{
	while (*text && !iscntrl((unsigned char)*text))
		text++;
	return *text;
}

/* Would the reader of INI files find it again as "name = value"? */
static bool fits_a_line(const char *name, const char *value)
{
	size_t len = strlen(value);

	if (!name[0] || has_controls(name) || has_controls(value) ||
		strlen(name) + strlen(" = ") + len > inifile_line_most())
		return false;
	if (len && (value[0] == ' ' || value[len - 1] == ' '))
		return false;
	for (size_t i = 0; i < len; i++) /* a comment */
		if (value[i] == ';' && (!i || value[i - 1] == ' '))
			return false;
	return true;
}

static void print_value(FILE *out, const struct option_origins *g, int line, const char *name,
	const char *value, bool secret)
{
	struct error where, safe; /* sanitised: names may hold anything */

	if (line)
		error_set(&where, "%.300s:%d", g->path, line);
	fprintf(out, "# %s\n", line ? where.text : "command line");
	error_set(&safe, "%.100s", name);
	if (!may_show(name, value, secret))
		fprintf(out, "# %s is set but not shown: it may hold a secret\n", safe.text);
	else if (!fits_a_line(name, value))
		fprintf(out, "# %s is set but not shown: a configuration line cannot hold it\n",
			safe.text);
	else
		fprintf(out, "%s = %s\n", name, value);
}

static void print_default(FILE *out, const struct option_row *o, enum command_id command)
{
	const char *value = o->type == TYPE_FLAG ? "false" : option_default(o, command);

	fputs("# default\n", out);
	if (value)
		fprintf(out, "%s = %s\n", o->name, value);
	else
		fprintf(out, "# %s =\n", o->name);
}

void options_file_print(enum command_id command, const struct option_origins *g, FILE *out)
{
	size_t n, n_uses;
	const struct option_row *rows = option_table(&n);
	const char *section = command_row(command)->name;

	fprintf(out, "[%s]\n", section);
	for (size_t i = 0; i < n; i++) {
		const struct option_row *o = &rows[i];
		const struct option_use *uses;

		if (options_file_row(command, o->name) != o)
			continue;
		uses = option_origins_of(g, o, &n_uses);
		for (size_t k = 0; k < n_uses; k++)
			print_value(out, g, uses[k].line, o->name, uses[k].text, o->secret);
		if (!n_uses)
			print_default(out, o, command);
	}
	for (size_t i = 0; i < g->n_pairs; i++) {
		const struct config_pair *p = &g->pairs[i];

		if (strcmp(section, p->section) != 0)
			fprintf(out, "\n[%s]\n", p->section);
		section = p->section;
		print_value(out, g, p->line, p->name, p->value, false);
	}
}
