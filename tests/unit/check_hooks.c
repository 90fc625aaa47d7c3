/* Hooks: when a run is held for long, and commands on a real loop with small limits. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_port.h"
#include "folder.h"
#include "session/hold_watch.h"
#include "session/hooks.h"
#include "unit.h"

/* ---- when a run is held ---- */

static struct hold_watch watch;
static struct snapshot snap;

/* Time passes in a state; until_s: seconds until the hold ends. */
static bool look(int s, enum run_state state, int until_s)
{
	snap.now_us += s * US_PER_S;
	snap.state = state;
	snap.held_until_us = until_s ? snap.now_us + until_s * US_PER_S : 0;
	return hold_watch_look(&watch, &snap);
}

static void begin_watch(void)
{
	watch = (struct hold_watch){0};
	snap = (struct snapshot){.now_us = 1000 * US_PER_S};
}

START_TEST(short_holds_are_the_usual_pace)
{
	begin_watch();
	for (int i = 0; i < 20; i++) {
		ck_assert(!look(1, RUN_HELD, 3));
		ck_assert(!look(3, RUN_HELD, 1));
		snap.outcomes[OUTCOME_OK]++;
		ck_assert(!look(1, RUN_RUNNING, 0));
	}
}
END_TEST

START_TEST(a_long_hold_is_told_at_once_and_once)
{
	begin_watch();
	ck_assert(look(1, RUN_HELD, 60));
	for (int i = 0; i < 100; i++)
		ck_assert(!look(1, RUN_HELD, 60 - i));
	/* requests that were in flight do not end it */
	snap.outcomes[OUTCOME_OK]++;
	ck_assert(!look(1, RUN_HELD, 60));
	ck_assert(!look(1, RUN_HELD, 60));
	/* an answer afterwards does */
	snap.outcomes[OUTCOME_OK]++;
	ck_assert(!look(1, RUN_RUNNING, 0));
	ck_assert(look(1, RUN_HELD, 60));
}
END_TEST

START_TEST(probes_that_fail_do_not_end_a_hold)
{
	int told = 0;

	begin_watch();
	for (int i = 0; i < 100; i++) {
		told += look(4, RUN_HELD, 5);
		told += look(1, RUN_RUNNING, 0);
	}
	ck_assert_int_eq(told, 1);
}
END_TEST

START_TEST(a_full_disk_and_a_pause_of_its_own_are_holds)
{
	begin_watch();
	ck_assert(!look(1, RUN_DISK_FULL, 0));
	ck_assert(!look(9, RUN_DISK_FULL, 0));
	ck_assert(look(1, RUN_DISK_FULL, 0));
	begin_watch();
	snap.paused_itself = true;
	ck_assert(!look(1, RUN_PAUSED, 0));
	ck_assert(look(10, RUN_PAUSED, 0));
}
END_TEST

START_TEST(what_the_operator_does_is_no_hold)
{
	begin_watch();
	ck_assert(!look(100, RUN_PAUSED, 0));
	ck_assert(!look(100, RUN_PAUSED, 0));
	snap.standstill = STANDSTILL_BY_HAND;
	ck_assert(!look(100, RUN_HELD, 0));
	ck_assert(!look(100, RUN_HELD, 0));
}
END_TEST

/* ---- commands ---- */

static struct {
	struct fake_port fake;
	struct port port;
	struct hook_settings settings;
	struct secrets secrets;
	struct hooks *hooks;
	char folder[256];
	char said[4][400];
	int n;
} w;

static void set_up(void)
{
	memset(&w, 0, sizeof(w));
	ck_assert(folder_make(w.folder, sizeof(w.folder)));
	ck_assert_int_eq(chdir(w.folder), 0);
	ck_assert(fake_port_scene(&w.fake, "hostile"));
	w.port = fake_port_port(&w.fake);
	secrets_add(&w.secrets, "sk-secret-0123456789", 20);
	signal(SIGPIPE, SIG_IGN);
}

static void tear_down(void)
{
	hooks_free(w.hooks);
	secrets_free(&w.secrets);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert(folder_remove(w.folder));
}

static void on_failed(void *ctx, const char *hook, const char *why)
{
	(void)ctx;
	ck_assert_int_lt(w.n, 4);
	snprintf(w.said[w.n++], sizeof(w.said[0]), "%s: %s", hook, why);
}

static char *keys[] = {(char *)"MY_KEY", NULL};

static void begin(const char *on_end, const char *on_hold, double term_s)
{
	w.settings = (struct hook_settings){(char *)on_end, (char *)on_hold};
	w.hooks = hooks_new(
		ev_default_loop(EVFLAG_AUTO), &(const struct hooks_config){.settings = &w.settings,
						      .secrets = &w.secrets,
						      .key_variables = keys,
						      .results = "x.results.jsonl",
						      .term_s = term_s,
						      .kill_s = 0.1,
						      .failed = on_failed});
}

static void wait_for_hooks(void)
{
	while (hooks_run(w.hooks))
		ev_run(ev_default_loop(EVFLAG_AUTO), EVRUN_ONCE);
}

/* Calls --on-end with this command, and waits for it. */
static void call(const char *command, double term_s)
{
	begin(command, NULL, term_s);
	hooks_call(w.hooks, HOOK_END, &w.port, 3);
	wait_for_hooks();
}

/* The text of a file that a command wrote; valid until the next call. */
static const char *text_of(const char *name)
{
	static char text[64 << 10];
	FILE *f = fopen(name, "r");
	size_t n;

	ck_assert_msg(f != NULL, "no file %s", name);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

START_TEST(a_command_reads_the_snapshot)
{
	json_t *o;

	call("cat >input; ls /proc/self/fd | wc -l >fds; ps -o sid= -p $$ >sid; echo $$ >pid", 30);
	ck_assert_int_eq(w.n, 0);
	o = json_loads(text_of("input"), 0, NULL);
	ck_assert_ptr_nonnull(o);
	ck_assert_str_eq(json_string_value(json_object_get(o, "state")), "RUNNING");
	json_decref(o);
	ck_assert_int_eq(text_of("input")[strlen(text_of("input")) - 1], '\n');
	/* stdin, stdout, stderr, and that of ls */
	ck_assert_int_eq(atoi(text_of("fds")), 4);
	ck_assert_int_ne(atoi(text_of("pid")), 0);
}
END_TEST

START_TEST(a_command_gets_no_key)
{
	setenv("MY_KEY", "short", 1);
	setenv("ANTHROPIC_API_KEY", "of another run", 1);
	setenv("COPY_OF_IT", "Bearer sk-secret-0123456789", 1);
	setenv("https_proxy", "http://me:sk-secret-0123456789@proxy", 1);
	setenv("SLACK_TOKEN", "xoxb-1", 1);
	call("env >env", 30);
	ck_assert_ptr_null(strstr(text_of("env"), "MY_KEY"));
	ck_assert_ptr_null(strstr(text_of("env"), "ANTHROPIC_API_KEY"));
	ck_assert_ptr_null(strstr(text_of("env"), "COPY_OF_IT"));
	/* its own tokens, and the way out, are its affair */
	ck_assert_ptr_nonnull(strstr(text_of("env"), "SLACK_TOKEN=xoxb-1\n"));
	ck_assert_ptr_nonnull(strstr(text_of("env"), "https_proxy="));
	ck_assert_ptr_nonnull(strstr(text_of("env"), "SLUICE_HOOK=end\n"));
	ck_assert_ptr_nonnull(strstr(text_of("env"), "SLUICE_EXIT_CODE=3\n"));
	ck_assert_ptr_nonnull(strstr(text_of("env"), "SLUICE_RESULTS=x.results.jsonl\n"));
}
END_TEST

START_TEST(a_failure_is_one_harmless_line)
{
	call("yes | head -100000; printf 'first\\nkey sk-secret-0123456789 \\033[2J\\n\\n'; exit 7",
		30);
	ck_assert_int_eq(w.n, 1);
	ck_assert_str_eq(w.said[0], "--on-end: exit status 7: key [redacted] \\x1b[2J");
}
END_TEST

START_TEST(a_command_that_cannot_run_says_so)
{
	call("/no/such/program", 30);
	ck_assert_int_eq(w.n, 1);
	ck_assert_ptr_nonnull(strstr(w.said[0], "exit status 127: "));
	ck_assert_ptr_nonnull(strstr(w.said[0], "/no/such/program"));
}
END_TEST

START_TEST(a_command_killed_by_a_signal_says_so)
{
	call("kill -SEGV $$", 30);
	ck_assert_str_eq(w.said[0], "--on-end: killed by signal 11 (Segmentation fault)");
}
END_TEST

/* It may be a zombie until init takes it. */
static bool is_gone(int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return kill(pid, 0) || strstr(text_of(path), ") Z");
}

START_TEST(one_that_hangs_is_killed_with_its_children)
{
	int pid;

	call("sleep 600 & echo $! >pid; wait", 0.2);
	ck_assert_str_eq(w.said[0], "--on-end: killed: it still ran after 0.2 s");
	pid = atoi(text_of("pid"));
	ck_assert_int_gt(pid, 1);
	for (int i = 0; i < 5000 && !is_gone(pid); i++)
		usleep(1000);
	ck_assert(is_gone(pid));
}
END_TEST

START_TEST(one_that_ignores_sigterm_is_killed)
{
	call("trap '' TERM; while :; do sleep 1; done", 0.1);
	ck_assert_str_eq(w.said[0], "--on-end: killed: it still ran after 0.1 s");
}
END_TEST

START_TEST(its_background_does_not_hold_the_run)
{
	call("sleep 5 & exit 0", 30);
	ck_assert_int_eq(w.n, 0);
}
END_TEST

START_TEST(one_that_reads_nothing_and_one_that_writes_for_ever)
{
	call("exec 0<&-; exit 0", 30);
	ck_assert_int_eq(w.n, 0);
	hooks_free(w.hooks);
	call("exec yes", 0.2);
	ck_assert_str_eq(w.said[0], "--on-end: killed: it still ran after 0.2 s: y");
}
END_TEST

START_TEST(a_second_call_is_dropped_and_counted)
{
	begin("touch end", "cat >held; while [ ! -e go ]; do sleep 0.01; done", 30);
	hooks_call(w.hooks, HOOK_HOLD, &w.port, -1);
	hooks_call(w.hooks, HOOK_HOLD, &w.port, -1);
	hooks_call(w.hooks, HOOK_HOLD, &w.port, -1);
	ck_assert_uint_eq(hooks_dropped(w.hooks, HOOK_HOLD), 2);
	ck_assert_str_eq(w.said[1],
		"--on-hold: the previous command still runs: this call is skipped (2 so "
		"far)");
	/* the other hook is not in its way */
	hooks_call(w.hooks, HOOK_END, &w.port, 0);
	ck_assert_uint_eq(hooks_dropped(w.hooks, HOOK_END), 0);
	fclose(fopen("go", "w"));
	wait_for_hooks();
	ck_assert_int_eq(w.n, 2);
	ck_assert_int_eq(access("end", F_OK), 0);
	ck_assert_int_gt(strlen(text_of("held")), 100);
	hooks_call(w.hooks, HOOK_HOLD, &w.port, -1);
	ck_assert_uint_eq(hooks_dropped(w.hooks, HOOK_HOLD), 2);
	wait_for_hooks();
}
END_TEST

START_TEST(one_that_nobody_waits_for_is_ended)
{
	begin("trap '' TERM; touch on; while :; do sleep 0.1; done", NULL, 30);
	hooks_call(w.hooks, HOOK_END, &w.port, 0);
	while (access("on", F_OK))
		usleep(1000);
	hooks_hurry(w.hooks);
	hooks_hurry(w.hooks);
	wait_for_hooks();
	ck_assert_str_eq(w.said[0], "--on-end: ended before it was done");
}
END_TEST

START_TEST(closed_standard_descriptors_confuse_nobody)
{
	close(STDIN_FILENO);
	call("cat >input; echo out; echo err >&2; exit 1", 30);
	ck_assert_str_eq(w.said[0], "--on-end: exit status 1: err");
	ck_assert_int_gt(strlen(text_of("input")), 100);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {short_holds_are_the_usual_pace,
		a_long_hold_is_told_at_once_and_once, probes_that_fail_do_not_end_a_hold,
		a_full_disk_and_a_pause_of_its_own_are_holds, what_the_operator_does_is_no_hold,
		a_command_reads_the_snapshot, a_command_gets_no_key, a_failure_is_one_harmless_line,
		a_command_that_cannot_run_says_so, a_command_killed_by_a_signal_says_so,
		one_that_hangs_is_killed_with_its_children, one_that_ignores_sigterm_is_killed,
		its_background_does_not_hold_the_run,
		one_that_reads_nothing_and_one_that_writes_for_ever,
		a_second_call_is_dropped_and_counted, one_that_nobody_waits_for_is_ended,
		closed_standard_descriptors_confuse_nobody, NULL};

	return unit_run_suite(&(const struct unit_suite){
		.name = "hooks", .tests = tests, .set_up = set_up, .tear_down = tear_down});
}
