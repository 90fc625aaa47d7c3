#include "cli/man.h"

#include <ctype.h>
#include <string.h>

#include "cli/examples.h"
#include "cli/roff.h"
#include "item_fields.h"

enum { TEXT_SIZE = 640 };

/* "Run or resume a batch. INPUT is ..." as "run or resume a batch". */
static void about_command(const struct command_row *c, char *out, size_t size)
{
	const char *end = strstr(c->help, ". ");

	snprintf(out, size, "%.*s", (int)(end ? end - c->help : (int)strlen(c->help) - 1), c->help);
	out[0] = (char)tolower((unsigned char)out[0]);
}

/* ---- options ---- */

static void print_option(const struct option_row *o, enum command_id command, FILE *out)
{
	char term[96], text[TEXT_SIZE];

	help_option_term(o, term, sizeof(term));
	help_option_text(o, command, text, sizeof(text));
	roff_item(out, term + strspn(term, " "), text);
}

static void print_options(enum command_id command, FILE *out)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	fputs(".SH OPTIONS\nDefaults are in brackets.\n", out);
	for (int g = 0; g < GROUP_COUNT; g++) {
		bool any = false;

		for (size_t i = 0; i < n; i++) {
			if ((int)rows[i].group != g || !(rows[i].commands & 1U << command))
				continue;
			if (!any)
				roff_heading(out, "SS", help_group_title(rows[i].group));
			any = true;
			print_option(&rows[i], command, out);
		}
	}
}

static void print_common_options(FILE *out)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	fputs(".SH OPTIONS\nThe most used options of\n.BR run ;\nthe page of each command has all "
	      "of its options.\nDefaults are in brackets.\n",
		out);
	for (size_t i = 0; i < n; i++)
		if (rows[i].common && rows[i].commands & FOR_RUN)
			print_option(&rows[i], COMMAND_RUN, out);
}

/* ---- parts of sluice(1) ---- */

struct key_list {
	FILE *out;
	const char *group; /* the last one */
};

static void print_keys(void *ctx, const char *group, const char *keys, const char *help)
{
	struct key_list *l = ctx;

	if (!l->group || strcmp(l->group, group) != 0)
		roff_heading(l->out, "SS", group);
	l->group = group;
	roff_item(l->out, keys, help);
}

static void print_control(void *out, const char *usage, const char *help)
{
	roff_item(out, usage, help);
}

static void print_dashboard(const struct dashboard_lists *lists, FILE *out)
{
	struct key_list keys = {.out = out};

	if (lists->keys) {
		fputs(".SH KEYS\nThe dashboard shows them with\n.BR ? .\nThe section [keys] of "
		      "the configuration file changes them.\n",
			out);
		lists->keys(print_keys, &keys);
	}
	fputs(".SH COMMANDS OF A RUN\nFor\n.BR \"sluice ctl\" ,\nthe first commands only read; the "
	      "others also work at the prompt of the dashboard.\n",
		out);
	help_each_control(print_control, out);
	if (lists->commands) {
		fputs(".SS Commands of the dashboard alone\n", out);
		lists->commands(print_control, out);
	}
}

/* The words of filters, for the dashboard's / and for --filter. */
static void print_filters(FILE *out)
{
	roff_line(out, ".SH FILTERS\n", item_filter_grammar);
	for (int f = 0; f < FIELD_COUNT; f++) {
		const struct item_field_info *info = item_field((enum item_field)f);
		char term[80];

		if (!info->values)
			continue;
		snprintf(term, sizeof(term), "%s: %s", info->name, info->values);
		roff_item(out, term, info->help);
	}
}

/* Commands are to be copied: no word is cut, no space is stretched. */
static void print_patterns(FILE *out)
{
	size_t n;
	const struct example *e = example_table(&n);

	fputs(".SS Patterns\nOne command for each, with files of the examples folder.\n.nh\n.ad "
	      "l\n",
		out);
	for (size_t i = 0; i < n; i++)
		roff_item(out, e[i].pattern, e[i].command);
}

static void print_see_also(const char *but, FILE *out)
{
	fputs(".SH SEE ALSO\n", out);
	if (strcmp(but, "sluice") != 0)
		fputs(".BR sluice (1),\n", out);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const char *name = command_row((enum command_id)i)->name;

		if (strcmp(but, name) != 0)
			fprintf(out, ".BR sluice\\-%s (1),\n", name);
	}
	fputs(".BR sluice\\-formats (5),\n.BR sluice\\-pipeline (5)\n", out);
}

static void print_main(const struct dashboard_lists *lists, FILE *out)
{
	roff_page(out, "sluice", 1, "terminal dashboard for interactive batch runs of API calls");
	fputs(".SH SYNOPSIS\n", out);
	for (int i = 0; i < COMMAND_COUNT; i++)
		roff_line(out, i ? ".br\n" : "", command_row((enum command_id)i)->usage);
	roff_line(out, ".SH DESCRIPTION\n", help_about);
	fputs(".SH COMMANDS\n", out);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command_row *c = command_row((enum command_id)i);

		roff_item(out, c->name, c->help);
	}
	print_common_options(out);
	print_dashboard(lists, out);
	print_filters(out);
	roff_pairs(out, "FILES", help_files);
	roff_pairs(out, "ENVIRONMENT", help_variables);
	roff_pairs(out, "EXIT STATUS", help_exits);
	roff_pairs(out, "SIGNALS", help_signals);
	roff_pairs(out, "EXAMPLES", help_examples);
	print_patterns(out);
	print_see_also("sluice", out);
}

/* ---- a command ---- */

static void print_more(enum command_id command, FILE *out)
{
	if (command == COMMAND_RUN || command == COMMAND_CHECK)
		roff_pairs(out, "INPUT", help_inputs);
	if (command == COMMAND_RUN) {
		roff_pairs(out, "FILES", help_files);
		roff_pairs(out, "ENVIRONMENT", help_variables);
		roff_pairs(out, "EXIT STATUS", help_exits);
		roff_pairs(out, "SIGNALS", help_signals);
	}
	if (command == COMMAND_CTL) {
		fputs(".SH COMMANDS\nThe first commands only read.\n", out);
		help_each_control(print_control, out);
		roff_pairs(out, "EXIT STATUS", help_ctl_exits);
	}
}

static void print_command(enum command_id command, FILE *out)
{
	const struct command_row *c = command_row(command);
	char name[40], about[TEXT_SIZE];

	snprintf(name, sizeof(name), "sluice-%s", c->name);
	about_command(c, about, sizeof(about));
	roff_page(out, name, 1, about);
	roff_line(out, ".SH SYNOPSIS\n", c->usage);
	roff_line(out, ".SH DESCRIPTION\n", c->help);
	print_options(command, out);
	print_more(command, out);
	print_see_also(c->name, out);
}

bool man_print(const char *page, const struct dashboard_lists *lists, FILE *out)
{
	if (!strcmp(page, "sluice")) {
		print_main(lists, out);
		return true;
	}
	if (!strcmp(page, "formats")) {
		man_print_formats(lists, out);
		return true;
	}
	for (int i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(page, command_row((enum command_id)i)->name) != 0)
			continue;
		print_command((enum command_id)i, out);
		return true;
	}
	return false;
}
