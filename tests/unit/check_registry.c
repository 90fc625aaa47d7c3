/* Runs in the registry: their files, what is listed, what is swept, what is hostile. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "control/registry.h"
#include "control/registry_list.h"
#include "folder.h"
#include "http/listen.h"
#include "unit.h"

static char box[256], run[500];
static struct error err;
static struct registry_list list;

static void set_up(void)
{
	ck_assert(folder_make(box, sizeof(box)));
	setenv("XDG_STATE_HOME", box, 1);
	snprintf(run, sizeof(run), "%s/sluice/run", box);
	err.text[0] = '\0';
}

static void tear_down(void)
{
	registry_list_free(&list);
	folder_remove(box);
}

static struct registry *enter(const char *results)
{
	struct registry *r =
		registry_open(&(struct registry_run){.results = results, .input = "-"}, &err);

	ck_assert_msg(r, "%s", err.text);
	return r;
}

static void leave(struct registry *r)
{
	registry_close(r, &(struct registry_end){"finished", 8, 9, 1});
}

static void read_list(bool ended)
{
	registry_list_free(&list);
	ck_assert_msg(registry_list_read(&list, ended, &err), "%s", err.text);
}

static const char *path_of(const char *name)
{
	static char path[700];

	snprintf(path, sizeof(path), "%s/%s", run, name);
	return path;
}

static const char *own(const char *ending)
{
	static char name[64];

	snprintf(name, sizeof(name), "%d%s", getpid(), ending);
	return path_of(name);
}

static bool is_there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static void put(const char *name, const char *text, size_t len)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert(io_write_all(fd, text, len));
	close(fd);
}

/* Another process with a run of this name that listens, until it is killed. */
static pid_t other_run(const char *results)
{
	int ready[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct registry *r = enter(results);

		if (listen_unix(registry_own(r)->socket, &err) >= 0)
			ck_assert_int_eq(write(ready[1], "x", 1), 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void kill_run(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

START_TEST(a_run_is_listed_while_it_goes_on)
{
	struct registry *r;
	char real[4096];

	ck_assert_int_eq(chdir(box), 0);
	ck_assert(realpath(box, real));
	r = registry_open(
		&(struct registry_run){.results = "x/../new.results.jsonl", .input = "."}, &err);
	ck_assert_ptr_nonnull(r);
	leave(r);
	r = registry_open(
		&(struct registry_run){.results = "new.results.jsonl", .input = "."}, &err);
	read_list(true);
	ck_assert_uint_eq(list.n, 2); /* the one that ended, too */
	read_list(false);
	ck_assert_uint_eq(list.n, 1);
	ck_assert_str_eq(list.entries[0].name, "new");
	ck_assert_int_eq(list.entries[0].pid, getpid());
	ck_assert_str_eq(list.entries[0].version, PACKAGE_VERSION);
	ck_assert_str_eq(list.entries[0].input, real);
	strcat(real, "/new.results.jsonl");
	ck_assert_str_eq(list.entries[0].results, real);
	ck_assert_str_eq(list.entries[0].socket, own(".sock"));
	ck_assert_int_le(list.entries[0].started, clock_wall_us() / US_PER_S);
	ck_assert_ptr_null(list.entries[0].state);
	leave(r);
	read_list(false);
	ck_assert_uint_eq(list.n, 0);
	ck_assert(!is_there(own(".json")));
}
END_TEST

START_TEST(nothing_is_made_by_listing)
{
	read_list(true);
	ck_assert_uint_eq(list.n, 0);
	ck_assert(!is_there(run));
}
END_TEST

START_TEST(a_taken_name_gets_a_number_and_a_resumed_run_its_own)
{
	struct registry *a = enter("/x/batch.results.jsonl"), *b = enter("/y/batch.jsonl"),
			*c = enter("/z/batch.jsonl");

	ck_assert_str_eq(registry_own(a)->name, "batch");
	ck_assert_str_eq(registry_own(b)->name, "batch-2");
	ck_assert_str_eq(registry_own(c)->name, "batch-3");
	ck_assert_str_ne(registry_own(a)->socket, registry_own(b)->socket);
	leave(a);
	a = enter("/x/batch.results.jsonl");
	ck_assert_str_eq(registry_own(a)->name, "batch");
	leave(a);
	leave(b);
	leave(c);
	/* words of commands and numbers, which mean pids, are always taken */
	a = enter("pause.jsonl");
	ck_assert_str_eq(registry_own(a)->name, "pause-2");
	leave(a);
	a = enter("2026.jsonl");
	ck_assert_str_eq(registry_own(a)->name, "2026-2");
	leave(a);
}
END_TEST

START_TEST(a_given_name_is_checked)
{
	struct registry_run given = {.name = "nightly", .results = "x"};
	struct registry *a = registry_open(&given, &err), *b = registry_open(&given, &err);

	ck_assert_str_eq(registry_own(a)->name, "nightly");
	ck_assert_str_eq(registry_own(b)->name, "nightly-2");
	leave(a);
	leave(b);
	given.name = "../x";
	ck_assert_ptr_null(registry_open(&given, &err));
}
END_TEST

START_TEST(starts_at_once_take_different_names)
{
	enum { STARTS = 12 };
	pid_t pids[STARTS];

	for (int i = 0; i < STARTS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			enter("same.jsonl");
			for (;;)
				pause();
		}
	}
	for (size_t n = 0; n < STARTS; n = list.n)
		read_list(false);
	for (int i = 0; i < STARTS; i++)
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(list.entries[i].name, list.entries[k].name);
	for (int i = 0; i < STARTS; i++)
		kill_run(pids[i]);
	read_list(true);
	ck_assert_uint_eq(list.n, STARTS); /* all of them as killed */
	read_list(false);
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

START_TEST(a_killed_run_leaves_no_ghost)
{
	pid_t pid = other_run("/tmp/x.results.jsonl");
	char name[64];

	read_list(false);
	ck_assert_uint_eq(list.n, 1);
	kill_run(pid);
	read_list(false);
	ck_assert_uint_eq(list.n, 0);
	snprintf(name, sizeof(name), "%d.json", pid);
	ck_assert(!is_there(path_of(name)));
	snprintf(name, sizeof(name), "%d.sock", pid);
	ck_assert(!is_there(path_of(name)));
	read_list(true);
	ck_assert_uint_eq(list.n, 1);
	ck_assert_str_eq(list.entries[0].state, "KILLED");
	ck_assert_int_eq(list.entries[0].exit_code, -1);
}
END_TEST

START_TEST(a_stopped_run_and_one_that_does_not_listen_stay)
{
	pid_t pid = other_run("/tmp/x.results.jsonl");
	struct registry *r = enter("y.jsonl");

	kill(pid, SIGSTOP);
	for (int i = 0; i < 3; i++)
		read_list(false);
	ck_assert_uint_eq(list.n, 2);
	kill_run(pid);
	read_list(false);
	ck_assert_uint_eq(list.n, 1);
	leave(r);
}
END_TEST

/* A file of a dead run whose pid a live process has. */
START_TEST(a_pid_used_again_does_not_mislead)
{
	char text[400];
	int n = snprintf(text, sizeof(text),
		"{\"pid\":%d,\"name\":\"old\",\"socket\":\"%s\",\"api_version\":1,\"started\":5}",
		getpid(), own(".sock"));

	leave(enter("x"));
	snprintf(text + n, sizeof(text) - (size_t)n, "\n");
	put(strrchr(own(".json"), '/') + 1, text, strlen(text));
	read_list(false);
	ck_assert_uint_eq(list.n, 0);
	ck_assert(!is_there(own(".json")));
}
END_TEST

START_TEST(a_record_tells_how_a_run_ended)
{
	leave(enter("x.jsonl"));
	read_list(true);
	ck_assert_uint_eq(list.n, 1);
	ck_assert_str_eq(list.entries[0].state, "finished");
	ck_assert_int_eq(list.entries[0].done, 8);
	ck_assert_int_eq(list.entries[0].total, 9);
	ck_assert_int_eq(list.entries[0].exit_code, 1);
	ck_assert_int_ge(list.entries[0].ended, list.entries[0].started);
}
END_TEST

START_TEST(records_are_few_and_young)
{
	int64_t now = clock_wall_us() / US_PER_S;
	static const char text[] = "{\"pid\":7,\"name\":\"a\",\"socket\":\"/s\",\"api_version\":1,"
				   "\"started\":1,\"state\":\"finished\",\"ended\":2}";
	char name[64];

	leave(enter("x"));
	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "ended-%lld-7.json", (long long)now - 1000 - i);
		put(name, text, strlen(text));
	}
	snprintf(name, sizeof(name), "ended-%lld-7.json", (long long)now - 8 * 86400);
	put(name, text, strlen(text));
	read_list(true);
	ck_assert_uint_eq(list.n, 50);
	ck_assert(!is_there(path_of(name)));
	leave(enter("x"));
	read_list(true);
	ck_assert_uint_eq(list.n, 50);
}
END_TEST

START_TEST(a_removed_file_is_written_again)
{
	struct registry *r = enter("x");

	unlink(own(".json"));
	read_list(false);
	ck_assert_uint_eq(list.n, 0);
	ck_assert(registry_rewrite(r, &err));
	read_list(false);
	ck_assert_uint_eq(list.n, 1);
	/* the whole folder */
	folder_remove(box);
	ck_assert(registry_rewrite(r, &err));
	read_list(false);
	ck_assert_uint_eq(list.n, 1);
	/* another file in its place */
	put(strrchr(own(".json"), '/') + 1, "{}", 2);
	ck_assert(registry_rewrite(r, &err));
	read_list(false);
	ck_assert_uint_eq(list.n, 1);
	leave(r);
}
END_TEST

START_TEST(hostile_files_are_skipped_with_a_word)
{
	static const char *const texts[] = {"{", "[]", "null", "{}", "\"x\"",
		"{\"pid\":-1,\"name\":\"a\",\"socket\":\"/s\",\"api_version\":1,\"started\":1}",
		"{\"pid\":1e99,\"name\":\"a\",\"socket\":\"/s\",\"api_version\":1,\"started\":1}",
		"{\"pid\":1,\"name\":\"\\u001b[2J\",\"socket\":\"/"
		"s\",\"api_version\":1,\"started\":1}",
		"{\"pid\":1,\"name\":\"a\\u0000\",\"socket\":\"/"
		"s\",\"api_version\":1,\"started\":1}",
		"{\"pid\":1,\"name\":\"a\",\"socket\":\"s\",\"api_version\":1,\"started\":1}",
		"{\"pid\":1,\"name\":\"a\",\"socket\":[],\"api_version\":1,\"started\":1}",
		"{\"pid\":1,\"name\":\"a\",\"socket\":\"/s\",\"api_version\":1,\"started\":\"1\"}"};
	struct registry *r = enter("x");
	char *large = malloc(80 << 10);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put("99.json", texts[i], strlen(texts[i]));
		read_list(false);
		ck_assert_uint_eq(list.n, 1);
		ck_assert_msg(list.n_notes == 1, "%s", texts[i]);
		ck_assert_ptr_nonnull(strstr(list.notes[0].text, "99.json"));
	}
	memset(large, '[', 80 << 10);
	put("99.json", large, 80 << 10);
	put("98.json", large, 60 << 10);
	free(large);
	ck_assert_int_eq(mkfifo(path_of("97.json"), 0600), 0);
	ck_assert_int_eq(symlink("/dev/zero", path_of("96.json")), 0);
	ck_assert_int_eq(mkdir(path_of("95.json"), 0700), 0);
	put("hello.json", "x", 1);
	put("ended-1-x.json", "x", 1);
	put("ended-99999999999999999999-1.json", "x", 1);
	read_list(true);
	ck_assert_uint_eq(list.n, 1);
	ck_assert_uint_eq(list.n_notes, 5);
	ck_assert(is_there(path_of("99.json")) && is_there(path_of("hello.json")));
	leave(r);
}
END_TEST

/* A machine that went down may leave a file without content. */
START_TEST(an_empty_file_is_swept)
{
	leave(enter("x"));
	put("99.json", "", 0);
	read_list(true);
	ck_assert_uint_eq(list.n_notes, 0);
	ck_assert(!is_there(path_of("99.json")));
}
END_TEST

START_TEST(no_file_outside_of_the_folder_is_removed)
{
	char outside[600], text[900];
	int fd;

	leave(enter("x"));
	snprintf(outside, sizeof(outside), "%s/precious.sock", box);
	fd = listen_unix(outside, &err);
	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(text, sizeof(text),
		"{\"pid\":99,\"name\":\"a\",\"socket\":\"%s\",\"api_version\":1,\"started\":1}",
		outside);
	put("99.json", text, strlen(text));
	put("99.sock", "no socket", 9);
	read_list(false);
	ck_assert(!is_there(path_of("99.json")));
	ck_assert(is_there(outside));
	ck_assert(is_there(path_of("99.sock")));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_run_is_listed_while_it_goes_on,
		nothing_is_made_by_listing,
		a_taken_name_gets_a_number_and_a_resumed_run_its_own,
		a_given_name_is_checked,
		starts_at_once_take_different_names,
		a_killed_run_leaves_no_ghost,
		a_stopped_run_and_one_that_does_not_listen_stay,
		a_pid_used_again_does_not_mislead,
		a_record_tells_how_a_run_ended,
		records_are_few_and_young,
		a_removed_file_is_written_again,
		hostile_files_are_skipped_with_a_word,
		an_empty_file_is_swept,
		no_file_outside_of_the_folder_is_removed,
		NULL,
	};
	const struct unit_suite suite = {
		.name = "registry", .tests = tests, .set_up = set_up, .tear_down = tear_down};

	return unit_run_suite(&suite);
}
