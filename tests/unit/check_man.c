/* The man pages: each has its sections, and what the tables have. */
#include <stdlib.h>
#include <string.h>

#include "cli/man.h"
#include "cli/options_table.h"
#include "folder.h"
#include "lists.h"
#include "source_tree.h"
#include "unit.h"

static const struct dashboard_lists lists = {
	ui_each_theme, ui_each_role, ui_each_key, ui_each_command};

/* Owned by the caller; NULL: there is no such page. */
static char *page_of(const char *name, const struct dashboard_lists *l)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool there = man_print(name, l, out);

	fclose(out);
	if (there)
		return text;
	ck_assert_uint_eq(len, 0);
	free(text);
	return NULL;
}

static void expect(const char *name, const char *const *parts)
{
	char *text = page_of(name, &lists);

	ck_assert_ptr_nonnull(text);
	for (; *parts; parts++)
		ck_assert_msg(strstr(text, *parts) != NULL, "%s: %s", name, *parts);
	free(text);
}

START_TEST(each_page_has_its_sections)
{
	static const char *const first[] = {".TH SLUICE 1", ".SH NAME", ".SH SYNOPSIS",
		".SH OPTIONS", ".SH KEYS\n", ".SS Lists", "\\fBj Down", ".SH COMMANDS OF A RUN",
		"set concurrency", ".SH FILTERS", ".SH FILES", ".SH EXIT STATUS", ".SH SIGNALS",
		"SIGXCPU", ".SH EXAMPLES", "sluice\\-serve (1)", NULL};
	static const char *const run[] = {".TH SLUICE-RUN 1",
		"sluice\\-run \\- run or resume a batch", "\\-\\-max\\-concurrency", ".SH INPUT",
		".SH EXIT STATUS", NULL};
	static const char *const ctl[] = {"snapshot", ".SH EXIT STATUS", NULL};
	static const char *const formats[] = {".TH SLUICE-FORMATS 5", ".SH CONFIGURATION",
		".SS Prices", ".SH JOURNAL", "wait_ms", ".SH SNAPSHOT", ".SH THEME",
		"\\fIselected\\fR", ".SH MOCK ANSWERS", "Retry\\-After", NULL};

	expect("sluice", first);
	expect("run", run);
	expect("ctl", ctl);
	expect("formats", formats);
	ck_assert_ptr_null(page_of("nonsense", &lists));
}
END_TEST

/* No option is without a page. */
START_TEST(the_pages_of_commands_have_all_options)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (int c = 0; c < COMMAND_COUNT; c++) {
		char *text = page_of(command_row((enum command_id)c)->name, &lists);

		for (size_t i = 0; i < n; i++) {
			char term[96];
			size_t len = (size_t)snprintf(term, sizeof(term), "\\-\\-");

			if (!(rows[i].commands & 1U << c))
				continue;
			for (const char *at = rows[i].name; *at; at++)
				len += (size_t)snprintf(term + len, sizeof(term) - len, "%s%c",
					*at == '-' ? "\\" : "", *at);
			ck_assert_msg(strstr(text, term) != NULL, "%s", term);
		}
		free(text);
	}
}
END_TEST

/* A new command is named in Makefile.am, too. */
START_TEST(the_page_of_each_command_is_installed)
{
	char path[4096], name[64];
	struct buf text;

	snprintf(path, sizeof(path), "%s/Makefile.am", source_tree());
	buf_init(&text, 1 << 20);
	file_get(path, &text);
	for (int c = 0; c < COMMAND_COUNT; c++) {
		snprintf(name, sizeof(name), " sluice-%s.1", command_row((enum command_id)c)->name);
		ck_assert_msg(strstr(buf_str(&text), name) ||
				      (name[0] = '\t', strstr(buf_str(&text), name)),
			"MAN_PAGES of Makefile.am lacks%s", name);
	}
	buf_free(&text);
}
END_TEST

START_TEST(a_program_without_a_dashboard_has_pages)
{
	static const struct dashboard_lists none;

	free(page_of("sluice", &none));
	free(page_of("formats", &none));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {each_page_has_its_sections,
		the_pages_of_commands_have_all_options, the_page_of_each_command_is_installed,
		a_program_without_a_dashboard_has_pages, NULL};

	return unit_run("man", tests);
}
