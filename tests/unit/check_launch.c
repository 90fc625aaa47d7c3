/* What the process that started a run decides: who gets a signal, what follows its screen, its exit
 * code; the line that tells of a run; and what two command lines have in common. */
#include <signal.h>
#include <string.h>

#include "cli/command_differs.h"
#include "launch/begun.h"
#include "launch/ending.h"
#include "unit.h"

/* As waitpid() tells them. */
#define EXITED(code)   ((code) << 8)
#define KILLED(signal) (signal)

static struct buf text;

static void set_up(void)
{
	buf_init(&text, 1 << 16);
}

static void tear_down(void)
{
	buf_free(&text);
}

START_TEST(the_exit_code_is_the_runs_own)
{
	for (int code = 0; code < 5; code++) {
		ck_assert_int_eq(ending_code(EXITED(code)), code);
		ending_say_killed(EXITED(code), &text);
	}
	ck_assert_uint_eq(text.len, 0);
	ck_assert_int_eq(ending_code(KILLED(SIGKILL)), 137);
	ending_say_killed(KILLED(SIGKILL), &text);
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "signal 9"));
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "the same command resumes it"));
}
END_TEST

START_TEST(a_run_that_goes_on_is_left_but_for_a_drain)
{
	for (int drains = 0; drains < 2; drains++) {
		ck_assert_int_eq(ending_then(SCREEN_LEFT, drains), THEN_LEAVE);
		ck_assert_int_eq(ending_then(SCREEN_ENDED, drains), THEN_WAIT);
		ck_assert_int_eq(ending_then(SCREEN_LOST, drains), THEN_LOOK);
		ck_assert_int_eq(
			ending_then(SCREEN_HUNG_UP, drains), drains ? THEN_WAIT : THEN_LOOK);
	}
}
END_TEST

START_TEST(whoever_leaves_is_told_how_to_come_back)
{
	const struct {
		struct begun run;
		const char *line;
	} cases[] = {
		{{4711, (char *)"in", (char *)"/run/4711.sock"},
			"the run continues as pid 4711; to watch it: sluice attach in"},
		{{4711, NULL, (char *)"/a b.sock"},
			"the run continues as pid 4711; to watch it: sluice attach '/a b.sock'"},
		{{4711, NULL, NULL},
			"the run continues as pid 4711 without a control socket: kill 4711 drains "
			"it"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&text);
		ending_say_left(&cases[i].run, &text);
		ck_assert_str_eq(buf_str(&text), cases[i].line);
	}
}
END_TEST

START_TEST(what_ends_a_run_reaches_it)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};

	for (int phase = CLIENT_STARTS; phase <= CLIENT_WAITS; phase++) {
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			ck_assert(ending_passes_on(ends[i], phase));
		ck_assert_int_eq(ending_passes_on(SIGHUP, phase), phase == CLIENT_STARTS);
		ck_assert(!ending_passes_on(SIGALRM, phase));
		ck_assert(!ending_passes_on(SIGTSTP, phase));
	}
}
END_TEST

START_TEST(a_run_that_has_begun_is_told_in_a_line)
{
	static const struct begun cases[] = {{7, (char *)"in", (char *)"/x/7.sock"},
		{7, NULL, (char *)"/it's \"here\""}, {7, NULL, NULL}};
	static const char *const lines[] = {
		"{\"name\":\"in\",\"pid\":7,\"socket\":\"/x/7.sock\",\"attach\":\"sluice attach "
		"in\"}\n",
		"{\"name\":null,\"pid\":7,\"socket\":\"/it's \\\"here\\\"\",\"attach\":\"sluice "
		"attach '/it'\\\\''s \\\"here\\\"'\"}\n",
		"{\"name\":null,\"pid\":7,\"socket\":null,\"attach\":null}\n"};
	struct begun read;

	for (int i = 0; i < 3; i++) {
		buf_clear(&text);
		begun_write(&cases[i], &text);
		ck_assert_str_eq(buf_str(&text), lines[i]);
		ck_assert(begun_read(text.data, text.len, &read));
		ck_assert_int_eq(read.pid, 7);
		ck_assert_pstr_eq(read.name, cases[i].name);
		ck_assert_pstr_eq(read.socket, cases[i].socket);
		begun_free(&read);
		ck_assert(!begun_read(text.data, text.len / 2, &read));
		begun_free(&read);
	}
}
END_TEST

static bool never_same(void *ctx, const char *ours, const char *theirs)
{
	(void)ours, (void)theirs;
	return ctx != NULL;
}

#define LINE(...) ((char *[]){(char *)"sluice", (char *)"run", __VA_ARGS__, NULL})
#define W(word)   (char *)(word)

START_TEST(options_that_differ_are_named)
{
	struct {
		char **ours, **theirs;
		const char *names;
	} cases[] = {
		{LINE(W("in")), LINE(W("in")), ""},
		{LINE(W("in"), W("--rpm"), W("60")), LINE(W("--rpm=60"), W("in")), ""},
		{LINE(W("in"), W("-c"), W("4")), LINE(W("in"), W("--concurrency=4")), ""},
		{LINE(W("in"), W("-c4")), LINE(W("in"), W("-c5")), "--concurrency"},
		{LINE(W("in"), W("--rpm"), W("60")), LINE(W("in")), "--rpm"},
		{LINE(W("in")), LINE(W("in"), W("--stream")), "--stream"},
		{LINE(W("in"), W("--stream=false")), LINE(W("in")), ""},
		{LINE(W("in"), W("--max-attempts"), W("6"), W("--max-attempts"), W("7")),
			LINE(W("in"), W("--max-attempts=7")), ""},
		{LINE(W("in"), W("--header"), W("a: b")),
			LINE(W("in"), W("--header"), W("a: b"), W("--header"), W("c: d")),
			"--header"},
		/* how it is shown, and where the results are by another name */
		{LINE(W("in"), W("--theme"), W("mono"), W("--detach"), W("-o"), W("x"),
			 W("--read-only")),
			LINE(W("in"), W("--exit"), W("-o"), W("./x")), ""},
		{LINE(W("in"), W("--on-hangup"), W("continue")), LINE(W("in")), ""},
		{LINE(W("--"), W("-in")), LINE(W("--"), W("other")), "INPUT"},
		{LINE(W("-")), LINE(W("in"), W("--rpm=1")), "INPUT, --rpm"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&text);
		command_differs(cases[i].ours, cases[i].theirs, never_same, NULL, &text);
		ck_assert_msg(
			!strcmp(buf_str(&text), cases[i].names), "%zu: %s", i, buf_str(&text));
	}
	buf_clear(&text);
	command_differs(LINE(W("in")), LINE(W("./in")), never_same, &text, &text);
	ck_assert_str_eq(buf_str(&text), "");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_exit_code_is_the_runs_own,
		a_run_that_goes_on_is_left_but_for_a_drain, whoever_leaves_is_told_how_to_come_back,
		what_ends_a_run_reaches_it, a_run_that_has_begun_is_told_in_a_line,
		options_that_differ_are_named, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "launch", .tests = tests, .set_up = set_up, .tear_down = tear_down});
}
