/* Files of a run that are truncated, moved or removed under it; what is found missing later; zeros
 * between the lines. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "unit.h"

static struct box box;

static const int64_t wall_us = INT64_C(1769903999123000);

int fdatasync(int fd)
{
	return fsync(fd);
}

static void shell(const struct box *b, const char *command)
{
	char text[400];

	snprintf(text, sizeof(text), "cd %s && %s", b->folder, command);
	ck_assert_int_eq(system(text), 0);
}

static void add_line(struct ledger *l)
{
	ledger_add_result(l, OK_LINE("a", "1") "\n", sizeof(OK_LINE("a", "1")));
	ck_assert_int_eq(ledger_flush(l, NULL), LEDGER_OK);
}

static void pass(void *ctx, const struct ledger_entry *e)
{
	(void)ctx, (void)e;
}

/* ---- while the run goes on ---- */

static const struct {
	const char *command, *says;
	bool then; /* lines are written before it is noticed */
} losses[] = {
	{": > x.jsonl", "x.jsonl: truncated", false},
	{": > x.jsonl", "x.jsonl: truncated", true},
	{"truncate -s -1 x.jsonl", "x.jsonl: truncated", false},
	{"truncate -s 10 x.journal", "x.journal: truncated", true},
	{"rm x.jsonl", "x.jsonl: removed", true},
	{"mv x.jsonl y.jsonl", "x.jsonl: moved away", true},
	{"mv x.journal y.journal", "x.journal: moved away", false},
	{"mv x.jsonl y.jsonl && cp y.jsonl x.jsonl", "x.jsonl: moved away", false},
	{"cp x.jsonl z && mv z x.jsonl", "x.jsonl: removed", false},
	{"echo >> x.jsonl", "x.jsonl: another program wrote to it", true},
	{"mkdir y && mv x.j* y", "x.journal: moved away", false},
};

START_TEST(a_loss_is_noticed)
{
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct error err = {""};
		struct ledger *l;

		box_make(&box);
		l = box_open(&box);
		ledger_add_start(l, wall_us, "", 0);
		add_line(l);
		ck_assert_int_eq(ledger_watch(l, &err), LEDGER_OK);
		shell(&box, losses[i].command);
		if (losses[i].then)
			ledger_add_result(l, OK_LINE("a", "1") "\n", sizeof(OK_LINE("a", "1")));
		ledger_flush(l, NULL);
		ck_assert_int_eq(ledger_sync(l, &err), LEDGER_ERROR);
		ck_assert_msg(strstr(err.text, losses[i].says) != NULL, "%s: %s", losses[i].command,
			err.text);
		ck_assert(ledger_was_lost(l));
		ck_assert_int_eq(ledger_flush(l, &err), LEDGER_ERROR);
		ck_assert(!ledger_close(l, &err));
		shell(&box, "rm -rf y* x.*");
	}
}
END_TEST

START_TEST(nothing_is_written_behind_a_truncation)
{
	struct error err = {""};
	struct ledger *l;

	box_make(&box);
	l = box_open(&box);
	add_line(l);
	add_line(l);
	shell(&box, "truncate -s 7 x.jsonl");
	ledger_add_result(l, OK_LINE("b", "2") "\n", sizeof(OK_LINE("b", "2")));
	ck_assert_int_eq(ledger_flush(l, &err), LEDGER_ERROR);
	ck_assert_ptr_nonnull(strstr(err.text, "truncated"));
	ck_assert(!ledger_close(l, NULL));
	file_is(box.paths.results, "{\"custo", 7);
}
END_TEST

START_TEST(how_it_ended_is_still_in_the_journal)
{
	static const char stop[] = "\"lost\":true,\"items\":{\"ok\":3}";
	struct error err = {""};
	struct ledger *l;
	uint64_t bad;

	box_make(&box);
	l = box_open(&box);
	ledger_add_start(l, wall_us, "", 0);
	for (int i = 0; i < 3; i++)
		add_line(l);
	shell(&box, "rm x.jsonl");
	ck_assert_int_eq(ledger_watch(l, &err), LEDGER_ERROR);
	ledger_add_event(l, wall_us, JOURNAL_STOP, stop, sizeof(stop) - 1);
	ck_assert_int_eq(ledger_flush(l, &err), LEDGER_ERROR);
	ledger_close(l, &err);
	l = box_open(&box);
	ck_assert(ledger_replay(l, pass, NULL, &bad, &err));
	ck_assert_uint_eq(ledger_count(l).counted, 3);
	ck_assert_uint_eq(ledger_count(l).found, 0);
	ck_assert(ledger_count(l).reported);
	box_close(l);
}
END_TEST

/* ---- counts ---- */

static struct ledger_count count_of(const char *journal)
{
	struct error err = {""};
	struct ledger_count c;
	struct ledger *l;
	uint64_t bad;

	box_make(&box);
	file_put(box.paths.journal, journal, strlen(journal));
	file_put(box.paths.results, OK_LINE("a", "1") "\n", sizeof(OK_LINE("a", "1")));
	l = box_open(&box);
	ck_assert(ledger_replay(l, pass, NULL, &bad, &err));
	c = ledger_count(l);
	box_close(l);
	return c;
}

#define START(good) RECORD("start", ",\"results\":400," good) "\n"
#define VOID(offset)                                                                               \
	RECORD("void", ",\"id\":\"x\",\"offset\":" offset ",\"hash\":\"0123456789abcdef\"") "\n"

START_TEST(the_last_that_counted_is_believed)
{
	static const struct {
		const char *journal;
		unsigned counted;
		bool reported;
	} cases[] = {
		{RECORD("start", "") "\n", 0, false},
		{RECORD("stop", "") "\n", 0, false},
		{RECORD("stop", ",\"items\":7") "\n", 0, false},
		{RECORD("stop", ",\"items\":{\"ok\":-7}") "\n", 0, false},
		{RECORD("stop", ",\"items\":{\"ok\":5}") "\n", 5, false},
		{RECORD("stop", ",\"items\":{\"ok\":5}") "\n" RECORD("start", "") "\n", 5, false},
		{RECORD("stop", ",\"items\":{\"ok\":5}") "\n" RECORD("start", ",\"good\":2") "\n",
			2, false},
		{RECORD("stop", ",\"lost\":true,\"items\":{\"ok\":5}") "\n", 5, true},
		{RECORD("stop", ",\"lost\":true,\"items\":{\"ok\":5}") "\n" RECORD(
			 "start", ",\"good\":4") "\n",
			4, false},
		{START("\"good\":4") VOID("9"), 3, false},
		{START("\"good\":4") VOID("9") VOID("70"), 2, false},
		/* one that was added since was not counted */
		{START("\"good\":4") VOID("500"), 4, false},
		{START("\"good\":0") VOID("9"), 0, false},
		{START("\"good\":4") VOID("9") RECORD("stop", ",\"items\":{\"ok\":5}") "\n", 5,
			false},
		{RECORD("stop", ",\"items\":{\"ok\":5}") "\n" VOID("500"), 4, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ledger_count c = count_of(cases[i].journal);

		ck_assert_msg(c.counted == cases[i].counted && c.reported == cases[i].reported,
			"%zu: %lu", i, (unsigned long)c.counted);
		ck_assert_uint_eq(c.found, 1);
	}
}
END_TEST

/* ---- zeros ---- */

#define A    OK_LINE("a", "1") "\n"
#define B    OK_LINE("b", "2") "\n"
#define TORN "{\"custom_id\":\"t\",\"id"

static const struct {
	const char *text;
	size_t len;
	const char *left;
	unsigned found, bad;
} holes[] = {
#define HOLE(text, left, found, bad)                                                               \
	{                                                                                          \
		text, sizeof(text) - 1, left, found, bad                                           \
	}
	HOLE(A "\0\0\0\0" B, A B, 2, 0),
	HOLE("\0\0\0\0" A B, A B, 2, 0),
	HOLE(TORN "\0\0\"\nnonsense\n\n" A, A, 1, 0),
	HOLE(A TORN "\0\0\0\0" B, A B, 2, 0),
	HOLE(A TORN "\0\0\0\0\n" B, A B, 2, 0),
	HOLE(A "\0\0\0" B "\0\0\0" A, A B A, 3, 0),
	HOLE(A TORN "\0" B TORN "\0" TORN "\n" A, A B A, 3, 0),
	HOLE("{\"custom_id\":\"t\0\0\",\"x\":1}\n" A, A, 1, 0),
	HOLE(OK_LINE("a", "1") "\0\0" B, A B, 2, 0),
	HOLE(A "\0\0\0\0" OK_LINE("b", "2"), A B, 2, 0),
	HOLE(A "\0\0\0\0" TORN, A, 1, 0),
	HOLE(OK_LINE("a", "1") "\0\0\0\0" TORN, A, 1, 0),
	HOLE(A "\0\0\0\0", A, 1, 0),
	HOLE(A "\0\0\0\0\n" B "\0", A B, 2, 0),
};

START_TEST(zeros_are_cut_out_and_lines_stay)
{
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		struct error err = {""};
		struct stat before, after;
		struct ledger *l;
		uint64_t bad;

		box_make(&box);
		file_put(box.paths.results, holes[i].text, holes[i].len);
		ck_assert_int_eq(stat(box.paths.results, &before), 0);
		l = box_open(&box);
		ck_assert_msg(ledger_replay(l, pass, NULL, &bad, &err), "%s", err.text);
		ck_assert_msg(bad == holes[i].bad, "%zu: %lu bad", i, (unsigned long)bad);
		ck_assert_uint_eq(ledger_count(l).found, holes[i].found);
		file_is(box.paths.results, holes[i].left, strlen(holes[i].left));
		ck_assert_int_eq(stat(box.paths.results, &after), 0);
		ck_assert_uint_eq(after.st_mode, before.st_mode);
		/* what comes then goes to the new file, which is locked */
		add_line(l);
		ck_assert_int_eq(ledger_watch(l, &err), LEDGER_OK);
		ck_assert_ptr_null(ledger_open(box.paths.results, &err));
		ck_assert_ptr_nonnull(strstr(err.text, "another sluice run"));
		box_close(l);
		l = box_open(&box);
		ck_assert(ledger_replay(l, pass, NULL, &bad, &err));
		ck_assert_uint_eq(ledger_count(l).found, holes[i].found + 1);
		ck_assert_uint_eq(ledger_zeros(l), 0);
		box_close(l);
	}
}
END_TEST

static void note_offset(void *ctx, const struct ledger_entry *e)
{
	*(uint64_t *)ctx = e->journal_offset;
}

START_TEST(records_behind_zeros_are_found_where_they_are_now)
{
	static const char journal[] =
		RECORD("start", "") "\n\0\0\0\0\0" FINAL("failed", FAILED_LINE("c", "3")) "\n";
	struct error err = {""};
	struct ledger *l;
	uint64_t bad, offset = 0;
	struct buf out;

	box_make(&box);
	file_put(box.paths.journal, journal, sizeof(journal) - 1);
	l = box_open(&box);
	buf_init(&out, 4096);
	ck_assert(ledger_replay(l, note_offset, &offset, &bad, &err));
	ck_assert_uint_eq(offset, sizeof(RECORD("start", "")));
	ck_assert(ledger_read_final(l, offset, &out, NULL));
	ck_assert_str_eq(buf_str(&out), FAILED_LINE("c", "3"));
	buf_free(&out);
	box_close(l);
}
END_TEST

START_TEST(a_link_to_the_results_stays_one)
{
	static const char text[] = A "\0\0\0" B;
	struct error err = {""};
	struct ledger *l;
	struct stat st;
	uint64_t bad;

	box_make(&box);
	shell(&box, "mkdir y && ln -s y/real x.jsonl");
	file_put(box.paths.results, text, sizeof(text) - 1);
	l = box_open(&box);
	ck_assert(ledger_replay(l, pass, NULL, &bad, &err));
	ck_assert_int_eq(ledger_watch(l, &err), LEDGER_OK);
	box_close(l);
	ck_assert(lstat(box.paths.results, &st) == 0 && S_ISLNK(st.st_mode));
	file_is(box.paths.results, A B, sizeof(A B) - 1);
	shell(&box, "test `ls y` = real && rm -r y");
}
END_TEST

#define TAKEN_BACK RECORD("void", ",\"id\":\"a\",\"offset\":0,\"hash\":\"%016llx\"") "\n"

START_TEST(nor_does_moving_lines_out_change_what_the_file_is)
{
	char journal[200];
	struct error err = {""};
	struct ledger *l;
	struct stat st;
	uint64_t bad;

	box_make(&box);
	shell(&box, "mkdir y && ln -s y/real x.jsonl");
	file_put(box.paths.results, A B, sizeof(A B) - 1);
	shell(&box, "chmod 640 y/real");
	snprintf(journal, sizeof(journal), TAKEN_BACK,
		(unsigned long long)hash_bytes(A, sizeof(A) - 2));
	file_put(box.paths.journal, journal, strlen(journal));
	for (int i = 0; i < 2; i++) {
		l = box_open(&box);
		ck_assert_msg(ledger_replay(l, pass, NULL, &bad, &err), "%s", err.text);
		ck_assert_uint_eq(ledger_count(l).found, 1);
		ck_assert_int_eq(ledger_watch(l, &err), LEDGER_OK);
		ck_assert_ptr_null(ledger_open(box.paths.results, &err));
		ck_assert_ptr_nonnull(strstr(err.text, "another sluice run"));
		box_close(l);
	}
	ck_assert(lstat(box.paths.results, &st) == 0 && S_ISLNK(st.st_mode));
	ck_assert(stat(box.paths.results, &st) == 0 && (st.st_mode & 0777) == 0640);
	file_is(box.paths.results, B, sizeof(B) - 1);
	shell(&box, "test `ls y` = real && rm -r y && test `wc -l <x.void.jsonl` = 1 && rm "
		    "x.void.jsonl");
}
END_TEST

/* As a truncation under an earlier release left it: a hole may be larger than memory. */
START_TEST(a_large_hole_needs_no_memory)
{
	enum { HOLE = 300 << 20 };
	struct error err = {""};
	struct ledger *l;
	uint64_t bad;
	int fd;

	box_make(&box);
	file_put(box.paths.results, A TORN, sizeof(A TORN) - 1);
	fd = open(box.paths.results, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, B, sizeof(B) - 1, HOLE), sizeof(B) - 1);
	close(fd);
	l = box_open(&box);
	ck_assert_msg(ledger_replay(l, pass, NULL, &bad, &err), "%s", err.text);
	ck_assert_uint_eq(ledger_count(l).found, 2);
	ck_assert_uint_eq(bad, 0);
	ck_assert_uint_gt(ledger_zeros(l), HOLE / 2);
	file_is(box.paths.results, A B, sizeof(A B) - 1);
	box_close(l);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_loss_is_noticed, nothing_is_written_behind_a_truncation,
		how_it_ended_is_still_in_the_journal, the_last_that_counted_is_believed,
		zeros_are_cut_out_and_lines_stay, records_behind_zeros_are_found_where_they_are_now,
		a_link_to_the_results_stays_one, nor_does_moving_lines_out_change_what_the_file_is,
		a_large_hole_needs_no_memory, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "ledger lost", .tests = tests, .tear_down = box_tear_down});
}
