/* `sluice report` from the files of a run. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/report.h"
#include "box.h"
#include "unit.h"

static struct box box;

#define START            RECORD("start", ",\"input\":\"in\\u001b.jsonl\"") "\n"
#define ATTEMPT(outcome) RECORD("attempt", ",\"id\":\"a\",\"outcome\":\"" outcome "\"") "\n"
#define STOP(code, total)                                                                          \
	RECORD("stop",                                                                             \
		",\"reason\":\"drained\",\"exit_code\":" code ",\"items\":{\"total\":" total       \
		"},\"elapsed_ms\":61000,\"session\":{\"speed_up\":2.50},\"why\":{"                 \
		"\"conc\":0.71,\"rpm\":0.29}")                                                     \
	"\n"
#define SPEED                                                                                      \
	"  latency     avg 812ms, p50 812ms, p90 812ms, p99 812ms, max 812ms\n"                    \
	"  first byte  avg 640ms, p50 640ms, p90 640ms, p99 640ms, max 640ms\n"
#define TIME "  time        2026-01-31T23:59:59.123Z to 2026-01-31T23:59:59.123Z, "

#define BAD_LINE(id, line)                                                                         \
	"{\"custom_id\":\"" id "\",\"id\":\"sluice-" line "\",\"response\":null,\"error\":{"       \
	"\"code\":\"bad_input\",\"message\":\"\"},\"metadata\":null,\"sluice\":{\"line\":" line    \
	",\"attempts\":0,\"outcome\":\"bad_input\"}}"

/* A streamed one. */
#define STREAMED                                                                                   \
	"{\"custom_id\":\"s\",\"id\":\"sluice-9\",\"response\":{\"status_code\":200,"              \
	"\"request_id\":null,\"body\":{}},\"error\":null,\"metadata\":null,\"sluice\":{"           \
	"\"line\":9,\"attempts\":1,\"latency_ms\":2000.0,\"first_byte_ms\":100.0,"                 \
	"\"first_token_ms\":500.0,\"gap_ms\":20.5,\"tokens_per_s\":40.5,\"tokens_in\":3,"          \
	"\"tokens_out\":81}}\n"

/* An attempt with the words of the server, which were not sanitised. */
#define SAID(outcome, status, message, id)                                                         \
	RECORD("attempt", ",\"id\":\"" id "\",\"outcome\":\"" outcome "\",\"status\":" status      \
			  ",\"message\":\"" message "\"")                                          \
	"\n"

static const struct {
	const char *journal, *results, *errors; /* NULL: no such file */
	const char *text;                       /* up to the list of files */
} cases[] = {
	{START ATTEMPT("timeout") ATTEMPT("timeout") ATTEMPT("network") SAID("server_error", "503",
		 "Busy, 7 wait\\u001b", "x") SAID("server_error", "503", "Busy, 12 wait\\u001b",
		 "y") SAID("server_error", "503", "Busy, 9 wait\\u001b", "z")
			FINAL("failed", FAILED_LINE("a", "1")) "\n" FINAL(
				"failed", FAILED_LINE("b", "2")) "\n" FINAL("failed",
				FAILED_LINE("b", "2")) "\n" FINAL("cancelled",
				FAILED_LINE("c", "3")) "\n" FINAL("failed",
				FAILED_LINE("e", "5")) "\n" RECORD("requeued",
				",\"id\":\"a\"") "\n" STOP("3", "9"),
		OK_LINE("d", "4") "\n" OK_LINE("e", "5") "\n", "",
		"  state       stopped: drained; run the same command to resume\n"
		"  input       in\\x1b.jsonl\n"
		"  items       2 ok + 1 failed + 1 cancelled + 5 to do = 9 in all\n"
		"  success     50.00% of the items that ended\n"
		"  failed      1 timeout\n"
		"  attempts    8 for the items that ended, 4 of them retries\n"
		"  failed ones 3 server_error, 2 timeout, 1 network\n"
		"  error       3 times server_error (503), last item z: Busy, 7 wait\\x1b\n"
		"  error       2 times timeout, last item a\n"
		"  error       1 time network, last item a\n" SPEED
		"  tokens      42 in, 38 out\n" TIME "1 session, 00:01:01 running\n"
		"  speed-up    2.5 times as fast as one at a time\n"
		"  bound by    conc 71%, rpm 29% (last session)\n"},
	{RECORD("start", "") "\n" STOP("0", "1") RECORD("start", "") "\n",
		OK_LINE("a", "1") "\n"
				  "nonsense\n"
				  "{\"custom_id\":\"to",
		NULL,
		"  state       interrupted: no stop record: probably killed; run the same command "
		"to resume\n"
		"  items       1 ok + 0 failed + 0 cancelled + 0 to do = 1 in all\n"
		"  success     100.00% of the items that ended\n"
		"  attempts    2 for the items that ended, 1 of them retries\n" SPEED
		"  tokens      21 in, 19 out\n" TIME "2 sessions, 00:01:01 running\n"
		"  speed-up    2.5 times as fast as one at a time\n"
		"  bound by    conc 71%, rpm 29% (last session that ended)\n"},
	/* bad lines: another item's id on line 2, line 3 mended later as "c" */
	{RECORD("start", "") "\n" FINAL("failed", BAD_LINE("a", "2")) "\n" FINAL(
		 "failed", BAD_LINE("3", "3")) "\n" STOP("1", "3"),
		OK_LINE("a", "1") "\n" OK_LINE("c", "3") "\n", NULL,
		"  state       finished: drained\n"
		"  items       2 ok + 1 failed + 0 cancelled + 0 to do = 3 in all\n"
		"  success     66.67% of the items that ended\n"
		"  failed      1 bad_input\n"
		"  attempts    4 for the items that ended, 2 of them retries\n"
		"  error       2 times bad_input, last item 3\n" SPEED
		"  tokens      42 in, 38 out\n" TIME "1 session, 00:01:01 running\n"
		"  speed-up    2.5 times as fast as one at a time\n"
		"  bound by    conc 71%, rpm 29% (last session)\n"},
	{NULL, OK_LINE("a", "1") "\n", FAILED_LINE("b", "2") "\n",
		"  state       unknown: its journal is missing\n"
		"  items       1 ok + 1 failed + 0 cancelled = 2 ended, total unknown\n"
		"  success     50.00% of the items that ended\n"
		"  failed      1 timeout\n"
		"  attempts    4 for the items that ended, 2 of them retries\n"
		"  error       1 time timeout, last item b\n" SPEED
		"  tokens      21 in, 19 out\n"},
	{RECORD("start", "") "\n" RECORD("stop",
		 ",\"reason\":\"\",\"exit_code\":0,\"items\":{"
		 "\"total\":1},\"session\":{\"usd_of_run\":1.2361,\"requests\":3}") "\n",
		OK_LINE("a", "1") "\n", NULL,
		"  state       finished\n"
		"  items       1 ok + 0 failed + 0 cancelled + 0 to do = 1 in all\n"
		"  success     100.00% of the items that ended\n"
		"  attempts    2 for the items that ended, 1 of them retries\n"
		"  requests    3\n" SPEED "  tokens      21 in, 19 out\n"
		"  cost        $1.24\n" TIME "1 session\n"},
	/* the last session was killed: what it cost is not known */
	{RECORD("start", "") "\n" RECORD("stop",
		 ",\"reason\":\"\",\"exit_code\":3,\"items\":{"
		 "\"total\":1},\"session\":{\"usd_of_run\":1.2361}") "\n" RECORD("start", "") "\n",
		OK_LINE("a", "1") "\n", NULL,
		"  state       interrupted: no stop record: probably killed; run the same command "
		"to resume\n"
		"  items       1 ok + 0 failed + 0 cancelled + 0 to do = 1 in all\n"
		"  success     100.00% of the items that ended\n"
		"  attempts    2 for the items that ended, 1 of them retries\n" SPEED
		"  tokens      21 in, 19 out\n  cost        $1.24, without the last session\n" TIME
		"2 sessions\n"},
	/* the first session was killed: it lasted until its last record */
	{"{\"time\":\"2026-01-31T23:59:50.000Z\",\"event\":\"start\"}\n"
	 "{\"time\":\"2026-01-31T23:59:55.500Z\",\"event\":\"learnt\"}\n" RECORD(
		 "start", "") "\n" STOP("0", "1"),
		OK_LINE("a", "1") "\n", NULL,
		"  state       finished: drained\n"
		"  items       1 ok + 0 failed + 0 cancelled + 0 to do = 1 in all\n"
		"  success     100.00% of the items that ended\n"
		"  attempts    2 for the items that ended, 1 of them retries\n" SPEED
		"  tokens      21 in, 19 out\n"
		"  time        2026-01-31T23:59:50.000Z to 2026-01-31T23:59:59.123Z, 2 sessions, "
		"00:01:06 running\n"
		"  speed-up    2.5 times as fast as one at a time\n"
		"  bound by    conc 71%, rpm 29% (last session)\n"},
	{NULL, STREAMED, NULL,
		"  state       unknown: its journal is missing\n"
		"  items       1 ok + 0 failed + 0 cancelled = 1 ended, total unknown\n"
		"  success     100.00% of the items that ended\n"
		"  attempts    1 for the items that ended, 0 of them retries\n"
		"  latency     avg 2.0s, p50 2.0s, p90 2.0s, p99 2.0s, max 2.0s\n"
		"  first byte  avg 100ms, p50 100ms, p90 100ms, p99 100ms, max 100ms\n"
		"  first token avg 500ms, p50 500ms, p90 500ms, p99 500ms, max 500ms\n"
		"  token gap   avg 20ms, p50 20ms, p90 20ms, p99 20ms, max 20ms\n"
		"  writing     40.5 tokens/s an answer\n"
		"  tokens      3 in, 81 out\n"},
	/* of a pipeline: three stages, one asked twice, and a failed row */
	{RECORD("start", "") "\n" FINAL("failed",
		 "{\"custom_id\":\"b\",\"response\":null,\"sluice\":{\"line\":2,"
		 "\"attempts\":5,"
		 "\"retries\":3,\"outcome\":\"timeout\"}}") "\n" RECORD("sto"
									"p",
		 ",\"reason\":\"\",\"exit_code\":1,\"elapsed_ms\":300,\"items\":{\"total\":"
		 "2},\"session\":{\"speed_up\":3.00}") "\n",
		"{\"custom_id\":\"a\",\"response\":{\"status_code\":200},\"error\":null,\"stages\":"
		"{},"
		"\"sluice\":{\"line\":1,\"attempts\":4,\"retries\":1,\"latency_"
		"ms\":200.0}}\n",
		NULL,
		"  state       finished\n"
		"  items       1 ok + 1 failed + 0 cancelled + 0 to do = 2 in all\n"
		"  success     50.00% of the items that ended\n"
		"  failed      1 timeout\n"
		"  attempts    9 for the items that ended, 4 of them retries\n"
		"  latency     avg 200ms, p50 200ms, p90 200ms, p99 200ms, max 200ms\n" TIME
		"1 session, 00:00:00 running\n"
		"  speed-up    3.0 times as fast as one at a time\n"},
	/* Anthropic's own results, errors among them */
	{NULL,
		"{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{}}}\n"
		"{\"custom_id\":\"b\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":"
		"\"error\","
		"\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}}}\n"
		"{\"custom_id\":\"c\",\"result\":{\"type\":\"canceled\"}}\n",
		NULL,
		"  state       unknown: its journal is missing\n"
		"  items       1 ok + 1 failed + 1 cancelled = 3 ended, total unknown\n"
		"  success     33.33% of the items that ended\n"
		"  failed      1 client_error\n"
		"  attempts    0 for the items that ended, 0 of them retries\n"
		"  error       1 time client_error, last item b: busy\n"},
	{"", "", NULL,
		"  state       not started\n"
		"  items       0 ok + 0 failed + 0 cancelled = 0 ended, total unknown\n"
		"  attempts    0 for the items that ended, 0 of them retries\n"},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static void fill(const struct box *b, size_t i)
{
	file_put(b->paths.results, cases[i].results, strlen(cases[i].results));
	if (cases[i].journal)
		file_put(b->paths.journal, cases[i].journal, strlen(cases[i].journal));
	if (cases[i].errors)
		file_put(b->paths.errors, cases[i].errors, strlen(cases[i].errors));
}

static void print(
	const struct box *b, void (*how)(struct report *r, struct buf *out), struct buf *out)
{
	struct report r;
	struct error err;

	ck_assert_msg(report_read(&r, b->paths.results, &err), "%s", err.text);
	how(&r, out);
	report_free(&r);
}

START_TEST(a_run_as_text)
{
	for (size_t i = 0; i < CASES; i++) {
		struct buf out;
		char *files;

		box_make(&box);
		fill(&box, i);
		buf_init(&out, 1 << 20);
		print(&box, report_print_text, &out);
		files = strstr(buf_str(&out), "  results     ");
		ck_assert_ptr_nonnull(files);
		*files = '\0';
		ck_assert_str_eq(out.data, cases[i].text);
		buf_free(&out);
	}
}
END_TEST

START_TEST(a_run_as_json)
{
	static const char expected[] =
		"{\"state\":\"stopped\",\"pid\":null,\"input\":\"in\\u001b.jsonl\",\"items\":{"
		"\"ok\":2,"
		"\"failed\":1,\"cancelled\":1,\"to_do\":5,\"total\":9},\"success_rate\":0.500000,"
		"\"failed_by_outcome\":{\"timeout\":1},\"cached\":0,\"shared\":0,\"attempts\":8,"
		"\"retries\":4,\"requests\":null,"
		"\"failed_attempts_by_outcome\":{\"server_error\":3,\"timeout\":2,\"network\":1},"
		"\"errors\":[{\"outcome\":\"server_error\",\"status\":503,\"message\":\"Busy, 7 "
		"wait\\\\x1b\",\"attempts\":3,\"sample\":\"z\"},{\"outcome\":\"timeout\",";

	for (size_t i = 0; i < CASES; i++) {
		struct buf out;

		box_make(&box);
		fill(&box, i);
		buf_init(&out, 1 << 20);
		print(&box, report_print_json, &out);
		ck_assert_int_eq(json_pick(out.data, out.len, NULL, 0, NULL), JSON_VALUE_OBJECT);
		if (i == 0)
			ck_assert_int_eq(strncmp(out.data, expected, sizeof(expected) - 1), 0);
		buf_free(&out);
	}
}
END_TEST

START_TEST(json_is_ascii)
{
	static const char journal[] =
		RECORD("start", ",\"input\":\"\xc2\x9b\xe2\x80\xae\xf0\x9f\x98\x80\x7f\"") "\n";
	struct buf out;

	box_make(&box);
	file_put(box.paths.results, "", 0);
	file_put(box.paths.journal, journal, sizeof(journal) - 1);
	buf_init(&out, 1 << 20);
	print(&box, report_print_json, &out);
	ck_assert_ptr_nonnull(
		strstr(buf_str(&out), "\"input\":\"\\u009b\\u202e\\ud83d\\ude00\\u007f\""));
	buf_free(&out);
}
END_TEST

START_TEST(a_running_run_is_told_with_its_pid)
{
	struct report r;
	struct error err;
	pid_t pid;

	box_make(&box);
	pid = box_hold(&box);
	ck_assert(report_read(&r, box.paths.results, &err));
	ck_assert_str_eq(report_state(&r), "running");
	ck_assert_int_eq(r.files.holder, pid);
	report_free(&r);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(what_is_no_run_is_told)
{
	static const struct {
		const char *file, *why; /* file NULL: none */
	} wrong[] = {
		{NULL, "no such file"},
		{"{\"custom_id\":\"a\",\"url\":\"/\",\"body\":{}}\n", "does not hold results"},
		{START, "does not hold results"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct report r;
		struct error err;

		box_make(&box);
		if (wrong[i].file)
			file_put(box.paths.results, wrong[i].file, strlen(wrong[i].file));
		ck_assert(!report_read(&r, box.paths.results, &err));
		ck_assert_msg(strstr(err.text, wrong[i].why), "%s", err.text);
		report_free(&r);
		ck_assert_int_eq(command_report(box.paths.results, false), 2);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_run_as_text, a_run_as_json, json_is_ascii,
		a_running_run_is_told_with_its_pid, what_is_no_run_is_told, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "report", .tests = tests, .tear_down = box_tear_down});
}
