/* An export from the files of a run, whatever state they are in. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "box.h"
#include "export/export.h"
#include "folder.h"
#include "unit.h"

static struct box box;
static char input[BOX_FOLDER + 16], output[BOX_FOLDER + 16];

#define START           RECORD("start", ",\"results\":0") "\n"
#define AT(time, event) "{\"time\":\"2026-01-31T" time "Z\",\"event\":\"" event "\""
#define BAD_LINE(id, line)                                                                         \
	BOX_HEAD(id, line)                                                                         \
	"\"response\":null,\"error\":{\"code\":\"bad_input\",\"message\":\"\"}," BOX_TAIL(         \
		line, "\"outcome\":\"bad_input\"")
#define ENDED(id, line, ms) BOX_HEAD(id, line) BOX_GOOD BOX_TAIL(line, "\"ended_ms\":" ms)

static const struct {
	const char *journal, *results, *errors, *input; /* NULL: no such file */
	int state, order;
	const char *out; /* ids and states */
	int64_t unfinished;
	uint64_t failed, lost, bad_lines;
	bool torn;
} cases[] = {
	/* in input order; an item that failed first and was asked again is ok */
	{START FINAL("failed", FAILED_LINE("a", "1")) "\n" RECORD(
		 "requeued", ",\"id\":\"a\"") "\n" FINAL("failed", FAILED_LINE("d", "4")) "\n",
		OK_LINE("c", "3") "\n" OK_LINE("b", "2") "\n" OK_LINE("a", "1") "\n", NULL, NULL,
		EXPORT_ALL, EXPORT_INPUT_ORDER, "a ok,b ok,c ok,d failed", -1, 0, 0, 0, false},
	{START FINAL("failed", FAILED_LINE("a", "1")) "\n", OK_LINE("b", "2") "\n", NULL, NULL,
		EXPORT_OK, EXPORT_INPUT_ORDER, "b ok", -1, 1, 0, 0, false},
	{START FINAL("failed", FAILED_LINE("a", "1")) "\n" FINAL(
		 "cancelled", FAILED_LINE("c", "3")) "\n",
		OK_LINE("b", "2") "\n", NULL, NULL, EXPORT_FAILED, EXPORT_INPUT_ORDER,
		"a failed,c cancelled", -1, 0, 0, 0, false},
	/* queued again, and not yet ended once more */
	{START FINAL("failed", FAILED_LINE("a", "1")) "\n" RECORD("requeued", ",\"id\":\"a\"") "\n",
		OK_LINE("b", "2") "\n", NULL, NULL, EXPORT_ALL, EXPORT_INPUT_ORDER, "b ok", -1, 0,
		0, 0, false},
	/* it failed twice: the last counts */
	{START FINAL("failed", FAILED_LINE("a", "1")) "\n" FINAL(
		 "cancelled", FAILED_LINE("a", "1")) "\n",
		"", NULL, NULL, EXPORT_ALL, EXPORT_INPUT_ORDER, "a cancelled", -1, 0, 0, 0, false},
	/* killed: torn last lines, zeros, nonsense */
	{START "{\"time\":\"2026-01-31T23:5",
		OK_LINE("b", "2") "\nnonsense\n" OK_LINE("a", "1") "\n{\"custom_id\":\"c\",\"id\":",
		NULL, NULL, EXPORT_ALL, EXPORT_INPUT_ORDER, "a ok,b ok", -1, 0, 0, 1, true},
	/* a last line that lacks only its end counts; the front of one that looks whole does not */
	{START, OK_LINE("b", "2"), NULL, NULL, EXPORT_ALL, EXPORT_INPUT_ORDER, "b ok", -1, 0, 0, 0,
		false},
	{START, "{\"custom_id\":\"b\",\"response\":{\"body\":{\"x\":1,\"sluice\":{\"line\":1}",
		NULL, NULL, EXPORT_ALL, EXPORT_INPUT_ORDER, "", -1, 0, 0, 0, true},
	/* without a journal the errors file says what failed */
	{NULL, OK_LINE("b", "2") "\n", FAILED_LINE("a", "1") "\n", NULL, EXPORT_ALL,
		EXPORT_INPUT_ORDER, "a failed,b ok", -1, 0, 0, 0, false},
	/* line 3 was mended since, line 2 has the id of line 1 */
	{START FINAL("failed", BAD_LINE("a", "2")) "\n" FINAL("failed", BAD_LINE("3", "3")) "\n",
		OK_LINE("a", "1") "\n" OK_LINE("c", "3") "\n", NULL, NULL, EXPORT_ALL,
		EXPORT_INPUT_ORDER, "a ok,a failed,c ok", -1, 0, 0, 0, false},
	/* several sessions: the input as it is now has the order */
	{START START, OK_LINE("a", "1") "\n" OK_LINE("b", "2") "\n" OK_LINE("x", "1") "\n", NULL,
		"{\"custom_id\":\"x\"}\n{\"custom_id\":\"b\"}\n\n{\"custom_id\":\"new\"}\n",
		EXPORT_ALL, EXPORT_INPUT_ORDER, "x ok,b ok,a ok", 1, 0, 1, 0, false},
	/* results of another tool: their order is that of their ids in the input */
	{NULL,
		"{\"custom_id\":\"b\",\"result\":{\"type\":\"succeeded\",\"message\":{}}}\n"
		"{\"custom_id\":\"2\",\"response\":{\"status_code\":200,\"body\":{}},\"error\":"
		"null}"
		"\n{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":{}}}\n",
		NULL, "{\"custom_id\":\"a\"}\n{}\n{\"custom_id\":\"b\"}\n", EXPORT_ALL,
		EXPORT_INPUT_ORDER, "a failed,2 ok,b ok", 0, 0, 0, 0, false},
	/* as they ended, in results and journal, over two sessions */
	{AT("10:00:00", "start") ",\"results\":0}\n" AT("10:00:02",
		 "final") ",\"state\":"
			  "\"failed\",\"line\":" FAILED_LINE("f", "2") "}\n" AT(
				  "11:00:00", "start") ",\"results\":300}\n" AT("11:00:03",
				  "final") ",\"state\":\"failed\",\"line\":" FAILED_LINE("g",
				  "5") "}\n",
		ENDED("c", "3", "1000") "\n" ENDED("a", "1", "3000") "\n" ENDED(
			"d", "4", "1000") "\n",
		NULL, NULL, EXPORT_ALL, EXPORT_DONE_ORDER, "c ok,f failed,a ok,d ok,g failed", -1,
		0, 0, 0, false},
	{START FINAL("failed", FAILED_LINE("a", "1")) "\n" RECORD("requeued", ",\"id\":\"a\"") "\n",
		OK_LINE("c", "3") "\n" OK_LINE("a", "1") "\n", NULL, NULL, EXPORT_OK,
		EXPORT_DONE_ORDER, "c ok,a ok", -1, 0, 0, 0, false},
	/* a line that names its session was moved to the front, since void lines were */
	{AT("10:00:00", "start") ",\"results\":0}\n" AT("10:00:02",
		 "final") ",\"state\":"
			  "\"failed\",\"line\":" FAILED_LINE("f", "2") "}\n" AT(
				  "11:00:00", "start") ",\"results\":300}\n" AT("11:00:03",
				  "final") ",\"state\":\"failed\",\"line\":" FAILED_LINE("g",
				  "5") "}\n",
		BOX_HEAD("c", "3") BOX_GOOD BOX_TAIL("3", "\"ended_ms\":1000,\"session\":2") "\n",
		NULL, NULL, EXPORT_ALL, EXPORT_DONE_ORDER, "f failed,c ok,g failed", -1, 0, 0, 0,
		false},
	/* a trial: its items are not all of the input's */
	{START RECORD("stop", ",\"items\":{\"total\":1},\"part\":{\"first\":1,\"of\":10}") "\n",
		OK_LINE("a", "1") "\n", NULL, NULL, EXPORT_OK, EXPORT_INPUT_ORDER, "a ok", 9, 0, 0,
		0, false},
	{START RECORD("stop", ",\"items\":{\"total\":1},\"part\":{\"first\":1,\"of\":10,"
			      "\"of_estimated\":true}") "\n",
		OK_LINE("a", "1") "\n", NULL, NULL, EXPORT_OK, EXPORT_INPUT_ORDER, "a ok", -1, 0, 0,
		0, false},
	{"", "", NULL, NULL, EXPORT_ALL, EXPORT_INPUT_ORDER, "", -1, 0, 0, 0, false},
};

static void put(const char *path, const char *text)
{
	if (text)
		file_put(path, text, strlen(text));
}

/* A run of these files. The journal does not name its input, which is a case of its own. */
static void make_run(const char *journal, const char *results, const char *errors, const char *rows)
{
	box_make(&box);
	snprintf(input, sizeof(input), "%s/in.jsonl", box.folder);
	snprintf(output, sizeof(output), "%s/out.txt", box.folder);
	put(box.paths.results, results);
	put(box.paths.journal, journal);
	put(box.paths.errors, errors);
	put(input, rows);
}

static void clear(void)
{
	unlink(input);
	unlink(output);
}

/* Exports custom_id and state. */
static enum export_end run(
	struct export_settings s, struct export_summary *summary, struct buf *out)
{
	char state[] = "state=state", *fields[] = {state, NULL};
	struct error err;
	enum export_end end;

	s.results = box.paths.results;
	s.output = s.output ? s.output : output;
	s.fields = fields;
	s.format = EXPORT_TSV;
	end = export_run(&s, NULL, summary, &err);
	if (end != EXPORT_DONE) {
		buf_adds(out, err.text);
		return end;
	}
	file_get(s.output, out);
	return end;
}

/* "custom_id\tstate\na\tok\n" to "a ok". */
static void shorten(struct buf *out)
{
	static const char header[] = "custom_id\tstate\n";

	ck_assert_mem_eq(out->data, header, sizeof(header) - 1);
	buf_drop_front(out, sizeof(header) - 1);
	for (size_t i = 0; i < out->len; i++)
		out->data[i] = out->data[i] == '\t'   ? ' '
			       : out->data[i] == '\n' ? ','
						      : out->data[i];
	out->len -= out->len > 0;
	buf_str(out);
	out->data[out->len] = '\0';
}

START_TEST(what_the_files_say_is_exported)
{
	struct export_settings s = {.state = cases[_i].state, .order = cases[_i].order};
	struct export_summary summary;
	struct buf out;
	struct stat st;

	make_run(cases[_i].journal, cases[_i].results, cases[_i].errors, cases[_i].input);
	buf_init(&out, 1 << 20);
	if (cases[_i].input)
		s.input = input;
	ck_assert_int_eq(run(s, &summary, &out), EXPORT_DONE);
	shorten(&out);
	ck_assert_str_eq(buf_str(&out), cases[_i].out);
	ck_assert_int_eq(summary.unfinished, cases[_i].unfinished);
	ck_assert_uint_eq(summary.failed, cases[_i].failed);
	ck_assert_uint_eq(summary.lost, cases[_i].lost);
	ck_assert_uint_eq(summary.bad_lines, cases[_i].bad_lines);
	ck_assert_int_eq(summary.torn, cases[_i].torn);
	ck_assert_int_eq(stat(output, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	buf_free(&out);
	clear();
}
END_TEST

/* Without --input the journal says where it is. It is read again when there was more than one
 * session, between which it may have been edited. */
START_TEST(the_journal_names_the_input)
{
	static const char results[] = OK_LINE("b", "2") "\n" OK_LINE("a", "1") "\n";
	static const char rows[] = "{\"custom_id\":\"b\"}\n{\"custom_id\":\"a\"}\n";
	struct export_summary summary;
	char journal[1000];
	struct buf out;

	for (int sessions = 1; sessions <= 2; sessions++) {
		make_run("", results, NULL, rows);
		snprintf(journal, sizeof(journal), "%s%s,\"path\":\"%s\"}\n",
			sessions > 1 ? START : "",
			"{\"time\":\"2026-01-31T23:59:59.123Z\",\"event\":\"start\"", input);
		put(box.paths.journal, journal);
		buf_init(&out, 1 << 20);
		ck_assert_int_eq(run((struct export_settings){0}, &summary, &out), EXPORT_DONE);
		shorten(&out);
		ck_assert_str_eq(buf_str(&out), sessions > 1 ? "b ok,a ok" : "a ok,b ok");
		buf_free(&out);
		/* it is gone: the numbers of the records must do */
		unlink(input);
		unlink(output);
		buf_init(&out, 1 << 20);
		ck_assert_int_eq(run((struct export_settings){0}, &summary, &out), EXPORT_DONE);
		shorten(&out);
		ck_assert_str_eq(buf_str(&out), "a ok,b ok");
		buf_free(&out);
		clear();
	}
}
END_TEST

/* A folder that was moved has both: the path in the journal is an earlier one. A name alone is not
 * looked for in the folder of the command. */
START_TEST(the_input_is_found_beside_the_results)
{
	static const char *const starts[] = {
		RECORD("start", ",\"input\":\"in.jsonl\",\"path\":\"/gone/in.jsonl\"") "\n",
		RECORD("start", ",\"input\":\"in.jsonl\"") "\n"};
	char other[BOX_FOLDER + 16], here[4096];
	struct export_summary summary;
	struct buf out;

	for (int i = 0; i < 2; i++) {
		make_run(starts[i], OK_LINE("a", "1") "\n", NULL,
			"{\"custom_id\":\"a\",\"city\":\"Oslo\"}\n");
		snprintf(other, sizeof(other), "%s/other", box.folder);
		ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
		ck_assert(!mkdir(other, 0700) && !chdir(other));
		file_put("in.jsonl", "{}\n", 3);
		buf_init(&out, 1 << 20);
		ck_assert_int_eq(run((struct export_settings){.with_input = true}, &summary, &out),
			EXPORT_DONE);
		ck_assert_ptr_nonnull(strstr(buf_str(&out), "Oslo"));
		buf_free(&out);
		ck_assert(!unlink("in.jsonl") && !chdir(here) && !rmdir(other));
		clear();
	}
}
END_TEST

/* A line that was taken back is not exported, the one after it is. */
START_TEST(void_lines_are_skipped)
{
	static const char first[] = OK_LINE("a", "1");
	struct export_summary summary;
	char journal[300];
	struct buf out;

	make_run("", OK_LINE("a", "1") "\n" OK_LINE("b", "2") "\n", NULL, NULL);
	snprintf(journal, sizeof(journal),
		START RECORD("void", ",\"id\":\"a\",\"offset\":0,\"hash\":\"%016" PRIx64 "\"") "\n",
		hash_bytes(first, sizeof(first) - 1));
	put(box.paths.journal, journal);
	buf_init(&out, 1 << 20);
	ck_assert_int_eq(run((struct export_settings){0}, &summary, &out), EXPORT_DONE);
	shorten(&out);
	ck_assert_str_eq(buf_str(&out), "b ok");
	buf_free(&out);
	clear();
}
END_TEST

/* ---- refusals ---- */

static void expect_refused(struct export_settings s, enum export_end end, const char *why)
{
	struct export_summary summary;
	struct buf out;

	buf_init(&out, 1 << 20);
	ck_assert_int_eq(run(s, &summary, &out), end);
	ck_assert_msg(strstr(buf_str(&out), why), "%s", buf_str(&out));
	buf_free(&out);
}

START_TEST(a_file_is_replaced_only_by_force)
{
	struct export_summary summary;
	struct buf out;

	make_run(START, OK_LINE("a", "1") "\n", NULL, NULL);
	put(output, "mine");
	expect_refused((struct export_settings){0}, EXPORT_REFUSED, "exists: --force replaces it");
	file_is(output, "mine", 4);
	buf_init(&out, 1 << 20);
	ck_assert_int_eq(run((struct export_settings){.force = true}, &summary, &out), EXPORT_DONE);
	shorten(&out);
	ck_assert_str_eq(buf_str(&out), "a ok");
	buf_free(&out);
	expect_refused((struct export_settings){.output = box.folder, .force = true},
		EXPORT_REFUSED, "is a folder");
	clear();
}
END_TEST

START_TEST(the_files_of_the_run_are_never_replaced)
{
	char link_name[BOX_FOLDER + 16], dotted[BOX_FOLDER + 32];
	const char *files[5];

	make_run(START, OK_LINE("a", "1") "\n", NULL, "{\"custom_id\":\"a\"}\n");
	files[0] = box.paths.results;
	files[1] = box.paths.journal;
	files[2] = box.paths.errors; /* it is not there, and would be taken for the run's */
	files[3] = input;
	for (int i = 0; i < 4; i++) {
		expect_refused(
			(struct export_settings){
				.output = (char *)files[i], .input = input, .force = true},
			EXPORT_REFUSED, "of the run: choose another name");
		/* by another way to the same place */
		snprintf(dotted, sizeof(dotted), "%s/./%s", box.folder, strrchr(files[i], '/') + 1);
		expect_refused(
			(struct export_settings){.output = dotted, .input = input, .force = true},
			EXPORT_REFUSED, "of the run");
	}
	snprintf(link_name, sizeof(link_name), "%s/link", box.folder);
	for (int hard = 0; hard < 2; hard++) {
		ck_assert_int_eq(hard ? link(input, link_name) : symlink(input, link_name), 0);
		expect_refused(
			(struct export_settings){
				.output = link_name, .input = input, .force = true},
			EXPORT_REFUSED, "is the input of the run");
		unlink(link_name);
	}
	file_is(input, "{\"custom_id\":\"a\"}\n", 18);
	clear();
}
END_TEST

START_TEST(what_cannot_be_read_is_named)
{
	char other[BOX_FOLDER + 16];

	make_run(START, OK_LINE("a", "1") "\n", NULL, "{\"custom_id\":\"a\"}\n");
	expect_refused(
		(struct export_settings){.with_input = true}, EXPORT_REFUSED, "give --input FILE");
	snprintf(other, sizeof(other), "%s/none.jsonl", box.folder);
	expect_refused((struct export_settings){.input = other}, EXPORT_REFUSED, "none.jsonl");
	unlink(box.paths.results);
	expect_refused((struct export_settings){0}, EXPORT_NO_RUN, "no such file");
	put(box.paths.results, "{\"prompt\":1}\n");
	expect_refused((struct export_settings){0}, EXPORT_REFUSED, "does not hold results");
	clear();
}
END_TEST

/* ---- rows ---- */

/* The row of each line as JSON lines. */
static void join(struct buf *out, struct export_summary *summary)
{
	char x[] = "x=input.x", *fields[] = {x, NULL};
	struct export_settings s = {.results = box.paths.results,
		.output = output,
		.format = EXPORT_JSONL,
		.fields = fields,
		.input = input};
	struct error err;

	unlink(output);
	buf_clear(out);
	ck_assert_msg(export_run(&s, NULL, summary, &err) == EXPORT_DONE, "%s", err.text);
	file_get(output, out);
}

/* Results know the line that they were made of. A row that took its place is not joined to an
 * answer that is not its own. */
START_TEST(edited_rows_are_noticed)
{
	static const char rows[] = "{\"custom_id\":\"a\",\"x\":1}\n{\"x\":2}\n";
	struct export_summary summary;
	char results[2000];
	struct buf out;
	uint64_t a = hash_bytes(rows, 23), b = hash_bytes(rows + 24, 7);

	/* as an earlier release hashed them */
	snprintf(results, sizeof(results),
		BOX_HEAD("a", "1") BOX_GOOD BOX_TAIL(
			"1", "\"line_hash\":\"%016" PRIx64 "\"") "\n" BOX_HEAD("2", "2")
			BOX_GOOD BOX_TAIL("2", "\"line_hash\":\"%016" PRIx64 "\"") "\n",
		a, b);
	make_run(START, results, NULL, rows);
	buf_init(&out, 1 << 20);
	join(&out, &summary);
	ck_assert_str_eq(
		buf_str(&out), "{\"custom_id\":\"a\",\"x\":1}\n{\"custom_id\":\"2\",\"x\":2}\n");
	ck_assert_uint_eq(summary.changed, 0);
	put(input, "{\"custom_id\":\"a\",\"x\":10}\n{\"x\":20}\n");
	join(&out, &summary);
	ck_assert_str_eq(buf_str(&out),
		"{\"custom_id\":\"a\",\"x\":10}\n{\"custom_id\":\"2\",\"x\":null}\n");
	ck_assert_uint_eq(summary.changed, 2);
	ck_assert_uint_eq(summary.first_changed, 1);
	buf_free(&out);
	clear();
}
END_TEST

static void tear_down(void)
{
	box_tear_down();
}

int main(void)
{
	const TTest *const tests[] = {the_journal_names_the_input,
		the_input_is_found_beside_the_results, void_lines_are_skipped,
		a_file_is_replaced_only_by_force, the_files_of_the_run_are_never_replaced,
		what_cannot_be_read_is_named, edited_rows_are_noticed, NULL};

	return unit_run_suite(&(struct unit_suite){.name = "export",
		.tests = tests,
		.loop = what_the_files_say_is_exported,
		.loops = sizeof(cases) / sizeof(cases[0]),
		.tear_down = tear_down});
}
