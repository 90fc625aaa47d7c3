#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/help_texts.h"

enum { WIDTH = 80, TEXT_COLUMN = 28 };

/* Prints text word by word from column at on, wrapped before WIDTH, with further lines indented. */
static void print_wrapped(const char *text, int at, int indent)
{
	bool first = true;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (!first && at + 1 + len > WIDTH) {
			printf("\n%*s", indent, "");
			at = indent;
			first = true;
		}
		printf("%s%.*s", first ? "" : " ", len, text);
		at += len + !first;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* A term in the left column and its text in the right one, below the term when that is long. */
static void print_pair(const char *term, const char *text)
{
	int len = printf("  %s", term);

	if (len > TEXT_COLUMN - 2) {
		putchar('\n');
		len = 0;
	}
	printf("%*s", TEXT_COLUMN - len, "");
	print_wrapped(text, TEXT_COLUMN, TEXT_COLUMN);
}

static void print_pairs(const char *title, const struct help_pair *pairs)
{
	printf("\n%s:\n", title);
	for (; pairs->term; pairs++)
		print_pair(pairs->term, pairs->text);
}

static void print_control(void *ctx, const char *usage, const char *help)
{
	(void)ctx;
	print_pair(usage, help);
}

static void print_option(const struct option_row *o, enum command_id command)
{
	char term[96], text[512];

	help_option_term(o, term, sizeof(term));
	help_option_text(o, command, text, sizeof(text));
	print_pair(term, text);
}

static void print_group(enum command_id command, enum option_group group)
{
	size_t n;
	const struct option_row *rows = option_table(&n);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].group != group || !(rows[i].commands & 1U << command))
			continue;
		if (!any)
			printf("\n%s:\n", help_group_title(group));
		any = true;
		print_option(&rows[i], command);
	}
}

void help_overview(void)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	puts("Usage: sluice COMMAND [options]\n");
	print_wrapped(help_about, 0, 0);
	puts("\nCommands:");
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command_row *c = command_row((enum command_id)i);
		char term[40];

		snprintf(term, sizeof(term), "%s %s", c->name, c->operand ? c->operand : "");
		print_pair(term, c->help);
	}
	puts("\nMost used options of run (sluice COMMAND --help lists all; [default]):");
	for (size_t i = 0; i < n; i++)
		if (rows[i].common && rows[i].commands & FOR_RUN)
			print_option(&rows[i], COMMAND_RUN);
	print_pairs("Exit status", help_exits);
	puts("\nExamples:");
	for (const struct help_pair *e = help_examples; e->term; e++)
		printf("  %s\n      %s\n", e->term, e->text);
}

void help_command(enum command_id command)
{
	const struct command_row *c = command_row(command);

	printf("Usage: %s\n\n", c->usage);
	print_wrapped(c->help, 0, 0);
	for (int g = 0; g < GROUP_COUNT; g++)
		print_group(command, (enum option_group)g);
	if (command == COMMAND_RUN || command == COMMAND_CHECK)
		print_pairs("Input lines (sluice detects the format of each line)", help_inputs);
	if (command == COMMAND_CTL) {
		puts("\nCommands (the first ones only read):");
		help_each_control(print_control, NULL);
		print_pairs("Exit status", help_ctl_exits);
	}
	if (command == COMMAND_RUN) {
		print_pairs("Files", help_files);
		print_pairs("Environment", help_variables);
		print_pairs("Exit status", help_exits);
	}
}
