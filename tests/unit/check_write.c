/* `write FILE`: what is listed, while the run goes on. */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "control/control.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;
static char path[RIG_FOLDER + 32];

static void expect(const char *command, bool ok, const char *reply)
{
	struct command_reply got = rig_command(&rig, command);

	ck_assert_msg(
		got.ok == ok && strstr(got.text, reply), "%s: %d %s", command, got.ok, got.text);
}

/* a0 ok, a1 failed, a2 and a3 in flight, a4 queued. */
static void mixed_run(void)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 5);
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 200, "", RIG_CHAT("=1"));
	rig_answer(&rig, 400, "", RIG_REFUSED);
	rig_turn(&rig);
	snprintf(path, sizeof(path), "%s/list.csv", rig.folder);
}

static void write_file(const char *where, bool ok, const char *reply)
{
	char command[300];

	snprintf(command, sizeof(command), "write %s%s", path, where);
	expect(command, ok, reply);
}

/* How many files of such a name are in the run's folder. */
static int files_like(const char *pattern)
{
	DIR *dir = opendir(rig.folder);
	const struct dirent *entry;
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		n += !fnmatch(pattern, entry->d_name, 0);
	closedir(dir);
	return n;
}

static void written_is(const char *text)
{
	struct stat st;

	file_is(path, text, strlen(text));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	unlink(path);
}

#define HEADER "custom_id,state,text,finish_reason,model,tokens_in,tokens_out,error\r\n"

START_TEST(every_item_is_written_as_it_is_now)
{
	mixed_run();
	write_file("", true, "5 items written to");
	written_is(HEADER "a0,ok,'=1,,m,3,4,\r\na1,failed,,,m,,,bad: no such model\r\n"
			  "a2,in flight,,,,,,\r\na3,in flight,,,,,,\r\na4,queued,,,,,,\r\n");
	ck_assert_int_eq(rig.in_flight, 2);
}
END_TEST

START_TEST(a_filter_chooses)
{
	mixed_run();
	write_file(" where state:failed", true, "1 item written to");
	written_is(HEADER "a1,failed,,,m,,,bad: no such model\r\n");
	write_file(" where id:a4", true, "1 item written to");
	written_is(HEADER "a4,queued,,,,,,\r\n");
	write_file(" where bogus:x", false, "bogus");
	ck_assert_int_ne(access(path, F_OK), 0);
	/* the last one counts: a name may have the word */
	snprintf(path, sizeof(path), "%s/a where b.csv", rig.folder);
	write_file(" where state:ok", true, "1 item written to");
	written_is(HEADER "a0,ok,'=1,,m,3,4,\r\n");
}
END_TEST

START_TEST(nothing_that_is_there_is_written_over)
{
	char command[200];

	mixed_run();
	file_put(path, "mine", 4);
	write_file("", false, "exists");
	written_is("mine");
	snprintf(command, sizeof(command), "write %s", rig.results);
	expect(command, false, "is the results of the run");
	expect("write /nowhere/at/all.csv", false, "No such file");
	expect("write -", false, "write FILE");
	expect("write - where state:ok", false, "write FILE");
	expect("write", false, "usage: write FILE [where FILTER]");
}
END_TEST

/* A pipe that nobody reads would hold up the run. */
START_TEST(what_is_no_file_is_not_opened)
{
	mixed_run();
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	write_file("", false, "exists: choose another name");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	write_file("", false, "exists: choose another name");
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

/* An answer that is gone is not passed off as an empty one. */
START_TEST(answers_that_are_gone_are_counted)
{
	mixed_run();
	ck_assert_int_eq(truncate(rig.results, 0), 0);
	write_file("", true, "5 items written to");
	unlink(path);
	write_file(" where state:ok", true, "1 of them without answers");
	unlink(path);
}
END_TEST

/* Many items take many turns, in which the run goes on; the end is an event. */
START_TEST(many_items_are_written_in_steps)
{
	enum { ITEMS = 8000 };
	struct event event[64];
	struct stat st;
	size_t n, turns = 0;
	bool said = false;

	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", ITEMS);
	rig_feed_end(&rig);
	rig_turn(&rig);
	snprintf(path, sizeof(path), "%s/list.jsonl", rig.folder);
	write_file("", true, "more follow");
	write_file("", false, "busy: ");
	ck_assert_int_eq(files_like(".sluice-export-*"), 1);
	ck_assert_int_ne(stat(path, &st), 0);
	while (stat(path, &st) && turns++ < ITEMS)
		rig_turn(&rig);
	ck_assert_uint_gt(turns, 1);
	ck_assert_uint_lt(turns, ITEMS);
	n = port_events_since(&rig.port, 0, event, 64);
	for (size_t i = 0; i < n; i++)
		said = said || strstr(event[i].text, "8000 items written to");
	ck_assert(said);
	unlink(path);
}
END_TEST

/* The run's end does not cut it short; leaving at once leaves nothing behind. */
START_TEST(the_end_of_the_run_finishes_the_file)
{
	struct stat st;

	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "a", 8000);
	rig_feed_end(&rig);
	rig_turn(&rig);
	snprintf(path, sizeof(path), "%s/list.json", rig.folder);
	write_file("", true, "more follow");
	control_end(rig.control);
	ck_assert_int_eq(stat(path, &st), 0);
	unlink(path);
	write_file("", true, "more follow");
	rig_close(&rig);
	ck_assert_int_eq(files_like(".sluice-export-*") + files_like("list*"), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_item_is_written_as_it_is_now, a_filter_chooses,
		nothing_that_is_there_is_written_over, what_is_no_file_is_not_opened,
		answers_that_are_gone_are_counted, many_items_are_written_in_steps,
		the_end_of_the_run_finishes_the_file, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "write", .tests = tests, .tear_down = rig_tear_down});
}
