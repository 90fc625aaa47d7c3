/* Which run is meant, and tables for people. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/run_choice.h"
#include "cli/table.h"
#include "folder.h"
#include "unit.h"

static char box[256], input[300], results[300];
static char names[3][2] = {"a", "b", "c"}, paths[3][4] = {"/a", "/b", "/c"}, done[] = "DONE";
static struct registry_entry entries[3];
static struct registry_list runs = {.entries = entries};
static struct run_choice choice;
static struct error err;

static void set_up(void)
{
	ck_assert(folder_make(box, sizeof(box)));
	snprintf(input, sizeof(input), "%s/in.jsonl", box);
	snprintf(results, sizeof(results), "%s/a.jsonl", box);
	close(open(input, O_CREAT | O_WRONLY, 0600));
	close(open(results, O_CREAT | O_WRONLY, 0600));
	entries[0] = (struct registry_entry){.pid = 10,
		.name = names[0],
		.socket = paths[0],
		.input = input,
		.results = results};
	entries[1] = (struct registry_entry){.pid = 11,
		.name = names[1],
		.socket = paths[1],
		.input = input,
		.results = paths[1]};
	entries[2] = (struct registry_entry){
		.pid = 12, .name = names[2], .socket = paths[2], .state = done, .ended = 60};
	runs.n = 3;
}

static void tear_down(void)
{
	folder_remove(box);
}

static enum run_found find(const char *what)
{
	return run_choose(&runs, what, &choice, &err);
}

START_TEST(a_run_is_found_by_pid_name_and_results)
{
	char linked[300];

	ck_assert_int_eq(find("10"), RUN_FOUND);
	ck_assert_str_eq(choice.socket, "/a");
	ck_assert_int_eq(find("b"), RUN_FOUND);
	ck_assert_int_eq(choice.pid, 11);
	ck_assert_int_eq(find(results), RUN_FOUND);
	ck_assert_int_eq(choice.pid, 10);
	snprintf(linked, sizeof(linked), "%s/link", box);
	ck_assert_int_eq(symlink(results, linked), 0);
	ck_assert_int_eq(find(linked), RUN_FOUND);
	ck_assert_int_eq(choice.pid, 10);
}
END_TEST

START_TEST(what_means_several_is_no_guess)
{
	ck_assert_int_eq(find(input), RUN_AMBIGUOUS);
	ck_assert_ptr_nonnull(strstr(err.text, "matches 2 runs: a (pid 10), b (pid 11)"));
	ck_assert_int_eq(find(NULL), RUN_AMBIGUOUS);
	ck_assert_ptr_nonnull(strstr(err.text, "a (pid 10), b (pid 11)"));
	runs.n = 1;
	ck_assert_int_eq(find(NULL), RUN_FOUND);
	ck_assert_int_eq(find(input), RUN_FOUND);
	/* the pid of one is the name of a file of the other */
	runs.n = 2;
	ck_assert_int_eq(chdir(box), 0);
	ck_assert_int_eq(link(results, "11"), 0);
	ck_assert_int_eq(find("11"), RUN_AMBIGUOUS);
}
END_TEST

START_TEST(what_is_not_there_is_said)
{
	static const char *const none[] = {
		"", "x", "0", "13", "1e1", "0010000000000000000000", "/", "\x1b[2J", "10 "};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ck_assert_int_eq(find(none[i]), RUN_MISSING);
		ck_assert_ptr_nonnull(strstr(err.text, "a (10), b (11)"));
	}
	ck_assert_int_eq(find("c"), RUN_MISSING);
	ck_assert_str_eq(err.text, "the run c (pid 12) is over: DONE at 1970-01-01T00:01:00.000Z");
	runs.n = 0;
	ck_assert_int_eq(find(NULL), RUN_MISSING);
}
END_TEST

START_TEST(names_are_cut_where_the_text_ends)
{
	char out[80];

	run_choice_names(&runs, out, sizeof(out));
	ck_assert_str_eq(out, "a (10), b (11)");
	run_choice_names(&runs, out, 66);
	ck_assert_str_eq(out, "a (10) and 1 more");
	runs.n = 0;
	run_choice_names(&runs, out, sizeof(out));
	ck_assert_str_eq(out, "none");
}
END_TEST

START_TEST(a_table_is_aligned_and_cut)
{
	static const struct table_column columns[] = {
		{"NAME", false, true}, {"N", true, false}, {"TEXT", false, true}};
	static const char *const rows[][3] = {{"a", "1", "one\ntwo\x1b[2J"},
		{"a long name, longer than others", "123", NULL}, {"\xe4\xb8\xad", "5", "x"}};
	struct buf out;
	struct table t;

	buf_init(&out, 1 << 20);
	table_init(&t, columns, 3);
	for (int i = 0; i < 3; i++)
		table_add(&t, rows[i]);
	table_write(&t, 0, &out);
	ck_assert_ptr_null(strchr(buf_str(&out), 0x1b));
	ck_assert_ptr_nonnull(
		strstr(buf_str(&out), "a                                  1  one two"));
	for (int width = 1; width < 80; width++) {
		char *line, *rest;

		buf_clear(&out);
		table_write(&t, width, &out);
		for (line = strtok_r(out.data, "\n", &rest); line;
			line = strtok_r(NULL, "\n", &rest))
			ck_assert_int_le(text_cells(line), width);
	}
	table_free(&t);
	buf_free(&out);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_run_is_found_by_pid_name_and_results,
		what_means_several_is_no_guess,
		what_is_not_there_is_said,
		names_are_cut_where_the_text_ends,
		a_table_is_aligned_and_cut,
		NULL,
	};
	const struct unit_suite suite = {
		.name = "run_choice", .tests = tests, .set_up = set_up, .tear_down = tear_down};

	return unit_run_suite(&suite);
}
