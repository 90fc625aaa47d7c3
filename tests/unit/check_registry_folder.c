/* The folder of runs, and names of runs. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/registry.h"
#include "control/registry_folder.h"
#include "control/run_name.h"
#include "folder.h"
#include "unit.h"

static char box[256], state[400], run[500];
static struct error err;

static void set_up(void)
{
	ck_assert(folder_make(box, sizeof(box)));
	snprintf(state, sizeof(state), "%s/deep/state", box);
	snprintf(run, sizeof(run), "%s/sluice/run", state);
	setenv("XDG_STATE_HOME", state, 1);
	err.text[0] = '\0';
}

static void tear_down(void)
{
	folder_remove(box);
}

static struct registry *open_run(void)
{
	return registry_open(&(struct registry_run){.results = "/tmp/a.results.jsonl"}, &err);
}

static void close_run(struct registry *r)
{
	registry_close(r, &(struct registry_end){.state = "finished"});
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	return st.st_mode & 07777;
}

/* A run is refused, with this in the reason. */
static void refused(const char *why)
{
	struct registry *r = open_run();

	ck_assert_ptr_null(r);
	ck_assert_msg(strstr(err.text, why), "%s", err.text);
}

START_TEST(makes_the_folder_and_its_parents_private)
{
	struct registry *r;
	char part[600];

	umask(0);
	r = open_run();
	ck_assert_msg(r, "%s", err.text);
	ck_assert_uint_eq(mode_of(run), 0700);
	snprintf(part, sizeof(part), "%s/sluice", state);
	ck_assert_uint_eq(mode_of(part), 0700);
	ck_assert_uint_eq(mode_of(state), 0700);
	snprintf(part, sizeof(part), "%s/%d.json", run, getpid());
	ck_assert_uint_eq(mode_of(part), 0600);
	close_run(r);
}
END_TEST

START_TEST(tightens_what_is_ours)
{
	struct registry *r = open_run();
	char parent[600];

	ck_assert(r);
	close_run(r);
	snprintf(parent, sizeof(parent), "%s/sluice", state);
	ck_assert_int_eq(chmod(run, 0777), 0);
	ck_assert_int_eq(chmod(parent, 0777), 0);
	r = open_run();
	ck_assert(r);
	ck_assert_uint_eq(mode_of(run), 0700);
	ck_assert_uint_eq(mode_of(parent), 0755);
	close_run(r);
}
END_TEST

START_TEST(refuses_a_folder_of_another_user)
{
	if (geteuid())
		return; /* only root can give a folder away */
	close_run(open_run());
	ck_assert_int_eq(chmod(run, 0777), 0);
	ck_assert_int_eq(chown(run, 12345, 12345), 0);
	refused("belongs to user 12345, not to you");
	ck_assert_uint_eq(mode_of(run), 0777);
}
END_TEST

START_TEST(refuses_a_link_to_the_folder_of_another_user)
{
	char other[600];

	if (geteuid())
		return;
	close_run(open_run());
	snprintf(other, sizeof(other), "%s/other", box);
	ck_assert_int_eq(mkdir(other, 0777), 0);
	ck_assert_int_eq(chown(other, 12345, 12345), 0);
	ck_assert(folder_remove(run));
	ck_assert_int_eq(symlink(other, run), 0);
	refused("belongs to user 12345");
}
END_TEST

START_TEST(follows_a_link_to_a_folder_of_ours)
{
	struct registry *r;
	char other[600];

	close_run(open_run());
	snprintf(other, sizeof(other), "%s/other", box);
	ck_assert_int_eq(mkdir(other, 0755), 0);
	ck_assert(folder_remove(run));
	ck_assert_int_eq(symlink(other, run), 0);
	r = open_run();
	ck_assert_msg(r, "%s", err.text);
	ck_assert_uint_eq(mode_of(other), 0700);
	close_run(r);
}
END_TEST

START_TEST(refuses_what_is_no_folder)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/deep", box);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	refused("cannot create");
	unlink(path);
	close_run(open_run());
	ck_assert(folder_remove(run));
	ck_assert_int_eq(symlink("nowhere", run), 0);
	refused("a broken link");
	unlink(run);
	fd = open(run, O_CREAT | O_WRONLY, 0600);
	close(fd);
	refused("is not a folder");
}
END_TEST

START_TEST(says_when_no_variable_tells_the_place)
{
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	refused("cannot find the folder of runs");
	setenv("XDG_STATE_HOME", "relative", 1);
	refused("cannot find the folder of runs");
	setenv("HOME", "also/relative", 1);
	refused("cannot find the folder of runs");
	setenv("HOME", "/proc/self/nowhere", 1);
	refused("cannot create");
}
END_TEST

START_TEST(says_when_the_path_is_too_long_for_a_socket)
{
	struct registry *r;
	char deep[400];

	snprintf(deep, sizeof(deep), "%s/%0100d", box, 1);
	setenv("XDG_STATE_HOME", deep, 1);
	refused("too long for a socket");
	/* but a run with a socket elsewhere is listed */
	r = registry_open(
		&(struct registry_run){.results = "x.jsonl", .socket = "/tmp/x.sock"}, &err);
	ck_assert_msg(r, "%s", err.text);
	ck_assert_str_eq(registry_own(r)->socket, "/tmp/x.sock");
	close_run(r);
}
END_TEST

START_TEST(names_come_from_the_results)
{
	static const struct {
		const char *results, *name;
	} cases[] = {
		{"/data/prompts.results.jsonl", "prompts"},
		{"prompts.jsonl", "prompts"},
		{"out.txt", "out.txt"},
		{".results.jsonl", "_results"},
		{".jsonl", "_jsonl"},
		{"a b\tc'\".jsonl", "a-b-c--"},
		{"-rf.jsonl", "_rf"},
		{"pr\xc3\xbc"
		 "fung.jsonl",
			"pr\xc3\xbc"
			"fung"},
		{"bad\xff\x1b[2J.jsonl", "bad---2J"},
		{"x\xe2\x80\xaey.jsonl", "x---y"},
		{"/", "_"},
		{"", "_"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[RUN_NAME_SIZE];

		run_name_of(cases[i].results, name);
		ck_assert_str_eq(name, cases[i].name);
		ck_assert(run_name_check(name, NULL));
	}
}
END_TEST

START_TEST(long_names_are_cut_at_a_character)
{
	char results[300] = "", name[RUN_NAME_SIZE], second[RUN_NAME_SIZE];

	for (int i = 0; i < 60; i++)
		strcat(results, "\xe4\xb8\xad");
	run_name_of(results, name);
	ck_assert_uint_eq(strlen(name), 63);
	run_name_numbered(name, 12, second);
	ck_assert_uint_eq(strlen(second), 63);
	ck_assert_str_eq(second + 60, "-12");
	ck_assert(run_name_check(second, NULL));
}
END_TEST

START_TEST(bad_names_are_refused_with_a_reason)
{
	static const struct {
		const char *name, *why;
	} cases[] = {
		{"", "letters, digits"},
		{"a b", "letters, digits"},
		{"a/b", "letters, digits"},
		{"-x", "letters, digits"},
		{".x", "letters, digits"},
		{"a\x1b", "letters, digits"},
		{"\xff", "letters, digits"},
		{"1234", "pid"},
		{"pause", "command"},
		{"set", "command"},
		{"items", "command"},
		{"123456789012345678901234567890123456789012345678901234567890abcde", "64 bytes"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert(!run_name_check(cases[i].name, &err));
		ck_assert_msg(strstr(err.text, cases[i].why), "%s", err.text);
	}
	ck_assert(run_name_check("nightly-2.b_c", NULL));
	ck_assert(run_name_check("2026-11-30", NULL));
	ck_assert(run_name_check("paused", NULL));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		makes_the_folder_and_its_parents_private,
		tightens_what_is_ours,
		refuses_a_folder_of_another_user,
		refuses_a_link_to_the_folder_of_another_user,
		follows_a_link_to_a_folder_of_ours,
		refuses_what_is_no_folder,
		says_when_no_variable_tells_the_place,
		says_when_the_path_is_too_long_for_a_socket,
		names_come_from_the_results,
		long_names_are_cut_at_a_character,
		bad_names_are_refused_with_a_reason,
		NULL,
	};
	const struct unit_suite suite = {.name = "registry_folder",
		.tests = tests,
		.set_up = set_up,
		.tear_down = tear_down};

	return unit_run_suite(&suite);
}
