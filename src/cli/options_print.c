/* The output of --print-config: the options in the form of the configuration file. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/inifile.h"
#include "cli/command_line.h"
#include "cli/options_file.h"

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
	if (!option_may_show(name, value, secret))
		fprintf(out, "# %s is set but not shown: it may contain a secret\n", safe.text);
	else if (!fits_a_line(name, value))
		fprintf(out,
			"# %s is set but not shown: it does not fit into a configuration "
			"line\n",
			safe.text);
	else
		fprintf(out, "%s = %s\n", name, value);
}

static void print_default(FILE *out, const struct option_row *o, enum command_id command)
{
	const char *value = option_default(o, command);

	if (!value && o->type == TYPE_FLAG)
		value = "false";
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
