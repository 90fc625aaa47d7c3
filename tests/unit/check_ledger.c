/* The ledger's files: appending, replay, the errors file, the lock, and what a crash leaves. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"
#include "unit.h"

static struct box box;

static const int64_t wall_us = INT64_C(1769903999123000); /* 2026-01-31T23:59:59.123Z */

int fdatasync(int fd)
{
	return fsync(fd);
}

START_TEST(paths_follow_the_results)
{
	static const struct {
		const char *results, *errors, *journal;
	} cases[] = {
		{"a.jsonl", "a.errors.jsonl", "a.journal"},
		{"d/in.results.jsonl", "d/in.results.errors.jsonl", "d/in.results.journal"},
		{"out", "out.errors.jsonl", "out.journal"},
		{".jsonl", ".jsonl.errors.jsonl", ".jsonl.journal"},
		{"d/.jsonl", "d/.jsonl.errors.jsonl", "d/.jsonl.journal"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ledger_paths p;

		ledger_paths_init(&p, cases[i].results);
		ck_assert_str_eq(p.results, cases[i].results);
		ck_assert_str_eq(p.errors, cases[i].errors);
		ck_assert_str_eq(p.journal, cases[i].journal);
		ledger_paths_free(&p);
	}
}
END_TEST

START_TEST(what_is_added_is_written_by_a_flush)
{
	static const char results[] = OK_LINE("a", "1") "\n" OK_LINE("b", "2") "\n";
	static const char journal[] = RECORD("start", ",\"pid\":1") "\n" FINAL(
		"failed", FAILED_LINE("c", "3")) "\n" RECORD("requeued",
		",\"id\":\"q\\\"\"") "\n" RECORD("stop", "") "\n";
	struct ledger *l;
	struct stat st;

	box_make(&box);
	l = box_open(&box);
	ledger_add_event(l, wall_us, JOURNAL_START, "\"pid\":1", 7);
	ck_assert_uint_eq(ledger_add_final(l, wall_us, ITEM_FAILED, FAILED_LINE("c", "3") "\n",
				  sizeof(FAILED_LINE("c", "3"))),
		sizeof(RECORD("start", ",\"pid\":1")));
	ledger_add_requeued(l, wall_us, "q\"", 2);
	ledger_add_event(l, wall_us, JOURNAL_STOP, "", 0);
	ledger_add_result(l, OK_LINE("a", "1") "\n", sizeof(OK_LINE("a", "1")));
	ledger_add_result(l, OK_LINE("b", "2") "\n", sizeof(OK_LINE("b", "2")));
	ck_assert_uint_eq(ledger_results_written(l), 0);
	ck_assert_uint_eq(ledger_unwritten(l), sizeof(results) - 1 + sizeof(journal) - 1);
	ck_assert_int_eq(ledger_flush(l, NULL), LEDGER_OK);
	ck_assert_uint_eq(ledger_results_written(l), 2);
	ck_assert_uint_eq(ledger_journal_written(l), 4);
	ck_assert_uint_eq(ledger_unwritten(l), 0);
	file_is(box.paths.results, results, sizeof(results) - 1);
	file_is(box.paths.journal, journal, sizeof(journal) - 1);
	ck_assert_int_eq(stat(box.paths.results, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	box_close(l);
}
END_TEST

START_TEST(a_line_stays_one_line)
{
	static const char expected[] = "{\"custom_id\":\"a\", \"x\":1}\n";
	struct ledger *l;

	box_make(&box);
	l = box_open(&box);
	ledger_add_result(l, "{\"custom_id\":\"a\",\n\"x\":1}\n", sizeof(expected) - 1);
	box_close(l);
	file_is(box.paths.results, expected, sizeof(expected) - 1);
}
END_TEST

/* The visits as text: id, state, outcome, line, attempts, tokens. */
static void note_visit(void *ctx, const struct ledger_entry *e)
{
	struct buf *out = ctx;

	buf_add(out, e->id, e->id_len);
	buf_addf(out, " %s %s %d %d %d %d\n", item_state_name(e->state), outcome_name(e->outcome),
		(int)e->line, e->attempts, (int)e->cost.in, (int)e->cost.out);
}

START_TEST(replay_visits_so_that_the_last_counts)
{
	static const char journal[] =
		RECORD("start", "") "\n" FINAL("failed", FAILED_LINE("a", "1")) "\n" FINAL(
			"cancelled", FAILED_LINE("b", "2")) "\n" RECORD("requeued",
			",\"id\":\"a\"") "\n{\"event\":\"requeued\", \"id\":\"\\u00e9\","
					 "\"time\":\"t\"}\nnonsense\n" RECORD(
						 "final", "") "\n" FINAL("failed", "{}") "\n";
	static const char results[] = OK_LINE("a", "1") "\n" OK_LINE("\\\"\\\\",
		"4") "\n\0\0\n"
		     "{\"custom_id\":\"n\"}\n"
		     "{\"id\":\"batch_1\",\"custom_id\":\"other\",\"response\":{\"status_code\":"
		     "200},"
		     "\"error\":null}\n"
		     "{\"id\":\"batch_2\",\"custom_id\":\"no\",\"response\":{\"status_code\":400},"
		     "\"error\":null}\n" FAILED_LINE("z", "9") "\n" OK_LINE("e", "5") "\n";
	struct buf seen;
	struct ledger *l;
	uint64_t bad;

	box_make(&box);
	file_put(box.paths.journal, journal, sizeof(journal) - 1);
	file_put(box.paths.results, results, sizeof(results) - 1);
	l = box_open(&box);
	buf_init(&seen, 4096);
	ck_assert(ledger_replay(l, note_visit, &seen, &bad, NULL));
	ck_assert_str_eq(buf_str(&seen), "a failed timeout 1 2 -1 -1\n"
					 "b cancelled timeout 2 2 -1 -1\n"
					 "a queued ok 0 0 -1 -1\n"
					 "\xc3\xa9 queued ok 0 0 -1 -1\n"
					 "a ok ok 1 2 21 19\n"
					 "\"\\ ok ok 4 2 21 19\n"
					 "other ok ok 0 0 -1 -1\n"
					 "e ok ok 5 2 21 19\n");
	ck_assert_uint_eq(bad, 6);
	ck_assert_uint_eq(ledger_zeros(l), 3); /* with their newline */
	buf_free(&seen);
	box_close(l);
}
END_TEST

/* Records of later releases, and members of known ones, cost no line. */
START_TEST(what_a_later_release_adds_is_skipped)
{
	static const char journal[] = RECORD("start", ",\"path\":\"/d/"
						      "in\",\"command\":[\"sluice\",\"run\",\"in\"]"
						      ",\"later\":{}") "\n" RECORD("tick",
		",\"ms\":1000,\"items\":[4],\"lanes\":{\"a\":{\"rpm\":2}}") "\n" RECORD("tomorrow",
		",\"items\":[{\"state\":\"failed\"}],\"line\":7") "\n" FINAL("failed",
		FAILED_LINE("a", "1")) "\n";
	struct buf seen;
	struct ledger *l;
	uint64_t bad;

	box_make(&box);
	file_put(box.paths.journal, journal, sizeof(journal) - 1);
	l = box_open(&box);
	buf_init(&seen, 4096);
	ck_assert(ledger_replay(l, note_visit, &seen, &bad, NULL));
	ck_assert_str_eq(buf_str(&seen), "a failed timeout 1 2 -1 -1\n");
	ck_assert_uint_eq(bad, 0);
	buf_free(&seen);
	box_close(l);
}
END_TEST

/* A body may hold what looks like the end of a line, and ids anything. */
START_TEST(replay_is_not_fooled_by_what_a_line_holds)
{
	static const struct {
		const char *line, *seen;
	} cases[] = {
		{"{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":"
		 "\",\\\"sluice\\\":{\\\"line\\\":9}}\"},\"error\":null,"
		 "\"sluice\":{\"line\":3,\"attempts\":1}}",
			"a ok ok 3 1 -1 -1\n"},
		{"{\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":{\"b\":1,"
		 "\"sluice\":{\"line\":9}}}}",
			"a ok ok 0 0 -1 -1\n"},
		{"{\"custom_id\":\"a\",\"response\":{\"status_code\":200},\"metadata\":{\"a\":1,"
		 "\"sluice\":{\"line\":9}}}",
			"a ok ok 0 0 -1 -1\n"},
		{"{\"custom_id\":\"a\\\",\\\"sluice\\\":{\",\"response\":{\"status_code\":200},"
		 "\"error\":null,\"sluice\":{\"line\":4}}",
			"a\",\"sluice\":{ ok ok 4 0 -1 -1\n"},
		{"{\"custom_id\":\"a\",\"response\":{\"status_code\":200},"
		 "\"sluice\": {\"line\": 5, \"tokens_in\": 1e2, \"new\": [1]}}",
			"a ok ok 5 0 100 -1\n"},
		{"{\"custom_id\":\"a\",\"response\":{\"status_code\":200},\"error\":null,"
		 "\"sluice\":{\"line\":6,\"outcome\":\"timeout\"}}",
			""},
		{"{\"custom_id\":\"a\",\"response\":{\"status_code\":200},\"error\":null,"
		 "\"sluice\":{\"line\":6",
			""},
		{"{\"custom_id\":7,\"response\":{\"status_code\":200},\"error\":null}", ""},
		/* Ids that a fault of the disk made no JSON strings any more. */
		{OK_LINE("a\\x", "7"), ""},
		{OK_LINE("\\u12", "7"), ""},
		{OK_LINE("\xff", "7"), ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf seen;
		struct ledger *l;
		uint64_t bad;
		char file[1024];

		box_make(&box);
		snprintf(file, sizeof(file), OK_LINE("first", "1") "\n%s\n", cases[i].line);
		file_put(box.paths.results, file, strlen(file));
		l = box_open(&box);
		buf_init(&seen, 4096);
		ck_assert(ledger_replay(l, note_visit, &seen, &bad, NULL));
		ck_assert_str_eq(strchr(buf_str(&seen), '\n') + 1, cases[i].seen);
		ck_assert_uint_eq(bad, !*cases[i].seen);
		buf_free(&seen);
		box_close(l);
	}
}
END_TEST

/* Opens the box's files with this in one of them and checks what is left of it. */
static void mends_to(bool journal, const char *file, size_t len, size_t kept, bool newline)
{
	struct buf expected;
	const char *path;

	box_make(&box);
	path = journal ? box.paths.journal : box.paths.results;
	file_put(path, file, len);
	box_close(box_open(&box));
	buf_init(&expected, 4096);
	buf_add(&expected, file, kept);
	if (newline)
		buf_addc(&expected, '\n');
	file_is(path, buf_str(&expected), expected.len);
	buf_free(&expected);
}

START_TEST(a_record_cut_at_any_byte_is_cut_or_kept)
{
	static const struct {
		const char *line;
		size_t len;
	} files[] = {
		{OK_LINE("a", "1") "\n", sizeof(OK_LINE("a", "1"))},
		{FINAL("failed", FAILED_LINE("a", "1")) "\n",
			sizeof(FINAL("failed", FAILED_LINE("a", "1")))},
	};

	for (int journal = 0; journal < 2; journal++) {
		size_t len = files[journal].len;
		char two[1024];

		memcpy(two, files[journal].line, len);
		memcpy(two + len, files[journal].line, len);
		for (size_t cut = 0; cut < len - 1; cut++) {
			mends_to(journal, two, cut, 0, false);
			mends_to(journal, two, len + cut, len, false);
		}
		mends_to(journal, two, len - 1, len - 1, true);
		mends_to(journal, two, 2 * len - 1, 2 * len - 1, true);
		mends_to(journal, two, 2 * len, 2 * len, false);
	}
}
END_TEST

START_TEST(zeros_and_other_wreckage_at_the_end_are_cut)
{
	static const char line[] = OK_LINE("a", "1") "\n";
	static const struct {
		const char *tail;
		size_t len;
	} tails[] = {
		{"\0", 1},
		{"\0\0\0\0\0\0\0\0", 8},
		{"{\"custom_id\":\"b\"\0\0\0\0", 20},
		{"{\"custom_id\":\"b\"\0\0\0\0\n", 21},
		{"\0\0\n\0\0\n", 6},
		{"{\"custom_id\":\"\xc3", 15},
		{"{\"custom_id\":\"\xff\"}", 17},
		{"[1]", 3},
	};
	char zeros[9000] = "";

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		char file[1024];

		memcpy(file, line, sizeof(line) - 1);
		memcpy(file + sizeof(line) - 1, tails[i].tail, tails[i].len);
		mends_to(false, file, sizeof(line) - 1 + tails[i].len, sizeof(line) - 1, false);
	}
	mends_to(false, zeros, sizeof(zeros), 0, false);
	mends_to(true, zeros, sizeof(zeros), 0, false);
}
END_TEST

START_TEST(files_of_somebody_else_are_left_alone)
{
	static const char *const files[] = {
		"a letter without a line end",
		"\n",
		"{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1\",\"body\":{}}",
		"{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1\",\"body\":{}}\nx",
		"{\"custom_id\":\"torn\n" OK_LINE("a", "1") "\n",
		"{\"messages\":[]}\n",
	};

	box_make(&box);
	for (int which = 0; which < 3; which++) {
		char *path = which == 0   ? box.paths.results
			     : which == 1 ? box.paths.errors
					  : box.paths.journal;

		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			struct error err = {""};

			file_put(path, files[i], strlen(files[i]));
			ck_assert_ptr_null(ledger_open(box.paths.results, &err));
			ck_assert_ptr_nonnull(strstr(err.text, "leaves it unchanged"));
			file_is(path, files[i], strlen(files[i]));
		}
		unlink(path);
	}
}
END_TEST

START_TEST(what_cannot_be_results_is_refused)
{
	static const struct {
		const char *path, *why;
	} cases[] = {
		{"/dev/null", "not a regular file"},
		{"/tmp", "directory"},
		{"/tmp/no/such/folder/x.jsonl", "No such file"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};

		ck_assert_ptr_null(ledger_open(cases[i].path, &err));
		ck_assert_msg(strstr(err.text, cases[i].why), "%s", err.text);
		ck_assert_msg(strstr(err.text, "-o"), "%s", err.text);
	}
}
END_TEST

START_TEST(a_second_run_is_refused_and_told_the_first_ones_pid)
{
	char name[32], link[80];
	pid_t pid;

	box_make(&box);
	pid = box_hold(&box);
	snprintf(name, sizeof(name), "(pid %d)", (int)pid);
	snprintf(link, sizeof(link), "%s/y.jsonl", box.folder);
	ck_assert_int_eq(symlink("x.jsonl", link), 0);
	for (int i = 0; i < 2; i++) {
		struct error err = {""};

		ck_assert_ptr_null(ledger_open(i ? link : box.paths.results, &err));
		ck_assert_msg(strstr(err.text, name), "%s", err.text);
	}
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	box_close(box_open(&box));
	unlink(link);
	strcpy(strrchr(link, '.'), ".journal");
	unlink(link);
}
END_TEST

START_TEST(the_errors_file_is_made_from_the_journal)
{
	static const char *const lines[] = {
		FAILED_LINE("a", "1"), FAILED_LINE("b", "2"), FAILED_LINE("c", "3")};
	static const char two[] = FAILED_LINE("c", "3") "\n" FAILED_LINE("a", "1") "\n";
	uint64_t at[3], order[2];
	struct ledger *l;
	struct buf line;

	box_make(&box);
	buf_init(&line, 4096);
	l = box_open(&box);
	ck_assert(ledger_write_errors(l, NULL, 0, NULL));
	for (int i = 0; i < 3; i++)
		at[i] = ledger_add_final(l, wall_us, ITEM_FAILED, lines[i], strlen(lines[i]));
	for (int written = 0; written < 2; written++) {
		for (int i = 0; i < 3; i++) {
			ck_assert(ledger_read_final(l, at[i], &line, NULL));
			ck_assert_str_eq(buf_str(&line), lines[i]);
		}
		ck_assert(!ledger_read_final(l, at[1] + 1, &line, NULL));
		ck_assert(!ledger_read_final(l, at[2] * 2, &line, NULL));
		ck_assert_int_eq(ledger_flush(l, NULL), LEDGER_OK);
	}
	order[0] = at[2], order[1] = at[0];
	ck_assert(ledger_write_errors(l, order, 2, NULL));
	file_is(box.paths.errors, two, sizeof(two) - 1);
	ck_assert(!ledger_write_errors(l, &(uint64_t){at[0] + 1}, 1, NULL));
	file_is(box.paths.errors, two, sizeof(two) - 1);
	ck_assert(ledger_write_errors(l, NULL, 0, NULL));
	ck_assert_int_ne(access(box.paths.errors, F_OK), 0);
	buf_free(&line);
	box_close(l);
}
END_TEST

START_TEST(a_resumed_journal_tells_offsets_of_the_whole_file)
{
	struct buf line;
	struct ledger *l;
	uint64_t at;

	box_make(&box);
	l = box_open(&box);
	ledger_add_event(l, wall_us, JOURNAL_START, "", 0);
	box_close(l);
	l = box_open(&box);
	at = ledger_add_final(l, wall_us, ITEM_CANCELLED, "{\"a\":{}}\n", 9);
	ck_assert_uint_eq(at, sizeof(RECORD("start", "")));
	ck_assert_int_eq(ledger_flush(l, NULL), LEDGER_OK);
	buf_init(&line, 4096);
	ck_assert(ledger_read_final(l, at, &line, NULL));
	ck_assert_str_eq(buf_str(&line), "{\"a\":{}}");
	buf_free(&line);
	box_close(l);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {paths_follow_the_results, what_is_added_is_written_by_a_flush,
		a_line_stays_one_line, replay_visits_so_that_the_last_counts,
		replay_is_not_fooled_by_what_a_line_holds, what_a_later_release_adds_is_skipped,
		a_record_cut_at_any_byte_is_cut_or_kept,
		zeros_and_other_wreckage_at_the_end_are_cut, files_of_somebody_else_are_left_alone,
		what_cannot_be_results_is_refused,
		a_second_run_is_refused_and_told_the_first_ones_pid,
		the_errors_file_is_made_from_the_journal,
		a_resumed_journal_tells_offsets_of_the_whole_file, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "ledger", .tests = tests, .tear_down = box_tear_down});
}
