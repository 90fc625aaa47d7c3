/* The store of answers: what is kept is found, by others too; what goes wrong is told and harmless.
 */
#include "cache/cache.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "unit.h"

enum { MAX_BODY = 64 << 20 };

static char folder[64], file[96];
static struct error err;

static void set_up(void)
{
	ck_assert(folder_make(folder, sizeof(folder) - sizeof("/c")));
	strcat(folder, "/c");
	snprintf(file, sizeof(file), "%s/cache.sqlite", folder);
	err = (struct error){""};
}

static void tear_down(void)
{
	*strrchr(folder, '/') = '\0';
	ck_assert(folder_remove(folder));
}

static struct cache *open_cache(void)
{
	struct cache *c = cache_open(folder, MAX_BODY, &err);

	ck_assert_msg(c != NULL, "%s", err.text);
	return c;
}

static void keep(struct cache *c, uint64_t n, const char *body, size_t len)
{
	const struct answer_store *store = cache_store(c);
	struct hash128 key = {n, ~n};
	struct stored_answer a = {.status = 200,
		.body = body,
		.body_len = len,
		.request_id = "req-1",
		.tokens_in = 3,
		.tokens_out = -1,
		.wall_us = 17};

	store->keep(store->ctx, &key, &a);
}

static bool find(struct cache *c, uint64_t n, struct stored_answer *out)
{
	const struct answer_store *store = cache_store(c);
	struct hash128 key = {n, ~n};

	return store->find(store->ctx, &key, out);
}

static bool finds(struct cache *c, uint64_t n, const char *body)
{
	struct stored_answer a;

	return find(c, n, &a) && a.body_len == strlen(body) && !memcmp(a.body, body, a.body_len);
}

START_TEST(what_is_kept_is_found_in_this_run_and_the_next)
{
	struct cache *c = open_cache();
	struct stored_answer a;

	ck_assert(!find(c, 1, &a));
	keep(c, 1, "one", 3);
	keep(c, UINT64_MAX, "", 0);
	cache_flush(c);
	ck_assert(finds(c, 1, "one"));
	ck_assert(finds(c, UINT64_MAX, ""));
	cache_close(c);
	c = open_cache();
	ck_assert(find(c, 1, &a));
	ck_assert_int_eq(a.status, 200);
	ck_assert_str_eq(a.request_id, "req-1");
	ck_assert_int_eq(a.tokens_in, 3);
	ck_assert_int_eq(a.tokens_out, -1);
	ck_assert_int_eq(a.wall_us, 17);
	ck_assert(!find(c, 2, &a));
	ck_assert(!cache_trouble(c, &err));
	cache_close(c);
}
END_TEST

START_TEST(closing_writes_what_waits_and_the_later_answer_counts)
{
	struct cache *c = open_cache();

	for (uint64_t i = 0; i < 1000; i++)
		keep(c, i, "old", 3);
	keep(c, 7, "new", 3);
	cache_close(c);
	c = open_cache();
	ck_assert(finds(c, 7, "new"));
	ck_assert(finds(c, 999, "old"));
	cache_close(c);
}
END_TEST

START_TEST(what_is_forgotten_is_gone)
{
	struct cache *c = open_cache();
	const struct answer_store *store = cache_store(c);
	struct hash128 key = {1, ~(uint64_t)1};
	struct stored_answer a;

	keep(c, 1, "one", 3);
	keep(c, 2, "two", 3);
	store->forget(store->ctx, &key);
	cache_flush(c);
	ck_assert(!find(c, 1, &a));
	ck_assert(finds(c, 2, "two"));
	keep(c, 1, "again", 5);
	cache_flush(c);
	ck_assert(finds(c, 1, "again"));
	cache_close(c);
}
END_TEST

START_TEST(a_key_needs_both_its_halves)
{
	struct cache *c = open_cache();
	const struct answer_store *store = cache_store(c);
	struct hash128 other = {1, 1};
	struct stored_answer a;

	keep(c, 1, "one", 3);
	cache_flush(c);
	ck_assert(!store->find(store->ctx, &other, &a));
	cache_close(c);
}
END_TEST

START_TEST(nobody_else_can_read_it)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	struct cache *c = open_cache();
	struct stat st;
	char path[128];

	keep(c, 1, "one", 3);
	cache_flush(c);
	ck_assert_int_eq(stat(folder, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", file, suffix[i]);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 0777, 0600);
	}
	cache_close(c);
}
END_TEST

START_TEST(what_another_user_owns_or_can_write_is_refused)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	static const mode_t modes[] = {0777, 01777, 0770, 0720, 0702};
	char path[128];

	cache_close(open_cache());
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		ck_assert_int_eq(chmod(folder, modes[i]), 0);
		ck_assert_ptr_null(cache_open(folder, MAX_BODY, &err));
		ck_assert_msg(
			strstr(err.text, "other users can write to it") != NULL, "%s", err.text);
	}
	ck_assert_int_eq(chmod(folder, 0755), 0);
	for (size_t i = 0; i < 3; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s%s", file, suffix[i]);
		f = fopen(path, "a");
		ck_assert_ptr_nonnull(f);
		fclose(f);
		ck_assert_int_eq(chmod(path, 0620), 0);
		ck_assert_ptr_null(cache_open(folder, MAX_BODY, &err));
		ck_assert_msg(
			strstr(err.text, "other users can write to it") != NULL, "%s", err.text);
		ck_assert_int_eq(chmod(path, 0600), 0);
		if (!geteuid() && !chown(path, 65534, 65534)) {
			ck_assert_ptr_null(cache_open(folder, MAX_BODY, &err));
			ck_assert_msg(strstr(err.text, "another user") != NULL, "%s", err.text);
			ck_assert_int_eq(chown(path, 0, 0), 0);
		}
	}
	if (!geteuid() && !chown(folder, 65534, 65534)) {
		ck_assert_ptr_null(cache_open(folder, MAX_BODY, &err));
		ck_assert_msg(strstr(err.text, "another user") != NULL, "%s", err.text);
		ck_assert_int_eq(chown(folder, 0, 0), 0);
	}
	cache_close(open_cache());
}
END_TEST

START_TEST(two_runs_share_it)
{
	struct cache *a = open_cache(), *b = open_cache();

	ck_assert_uint_eq(cache_store(a)->key.high, cache_store(b)->key.high);
	ck_assert_uint_eq(cache_store(a)->key.low, cache_store(b)->key.low);
	keep(a, 1, "from a", 6);
	keep(b, 2, "from b", 6);
	cache_flush(a);
	cache_flush(b);
	ck_assert(finds(a, 2, "from b"));
	ck_assert(finds(b, 1, "from a"));
	cache_close(a);
	ck_assert(finds(b, 1, "from a"));
	cache_close(b);
}
END_TEST

/* As many processes as there are make the file at once and write into it. */
START_TEST(processes_share_it_from_the_start)
{
	enum { PROCESSES = 4, EACH = 200 };
	struct cache *c;

	for (int p = 0; p < PROCESSES; p++) {
		if (fork())
			continue;
		c = cache_open(folder, MAX_BODY, &err);
		for (int i = 0; c && i < EACH; i++)
			keep(c, (uint64_t)(p * EACH + i), "x", 1);
		if (c)
			cache_flush(c);
		_exit(!c || cache_trouble(c, &err));
	}
	for (int p = 0; p < PROCESSES; p++) {
		int status;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	c = open_cache();
	for (uint64_t i = 0; i < PROCESSES * EACH; i++)
		ck_assert(finds(c, i, "x"));
	cache_close(c);
}
END_TEST

START_TEST(large_bodies_are_kept_up_to_the_bound)
{
	size_t len = 20 << 20;
	char *body = malloc(len);
	struct cache *c = open_cache();
	struct stored_answer a;

	memset(body, 'b', len);
	keep(c, 1, body, len);
	cache_flush(c);
	ck_assert(find(c, 1, &a));
	ck_assert_uint_eq(a.body_len, len);
	ck_assert_int_eq(memcmp(a.body, body, len), 0);
	cache_close(c);
	c = cache_open(folder, len - 1, &err);
	ck_assert_ptr_nonnull(c);
	ck_assert(!find(c, 1, &a));
	cache_close(c);
	free(body);
}
END_TEST

static void run_sql(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

START_TEST(an_answer_that_changed_on_disk_is_not_found)
{
	struct cache *c = open_cache();
	struct stored_answer a;

	keep(c, 1, "one", 3);
	keep(c, 2, "two", 3);
	cache_close(c);
	run_sql("UPDATE answers SET body=x'6f6e66' WHERE key=1");
	c = open_cache();
	ck_assert(!find(c, 1, &a));
	ck_assert(finds(c, 2, "two"));
	cache_close(c);
}
END_TEST

static void overwrite(const char *path, const void *data, size_t len, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)pwrite(fd, data, len, at), (int)len);
	close(fd);
}

START_TEST(files_that_are_no_cache_are_refused_and_left_alone)
{
	static const struct {
		const char *sql, *says;
	} cases[] = {
		{"CREATE TABLE mine(x)", "is not a sluice cache"},
		{"PRAGMA user_version=9; PRAGMA application_id=1", "is not a sluice cache"},
		{"PRAGMA user_version=9; PRAGMA application_id=1936483173", "another version"},
	};

	mkdir(folder, 0700);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unlink(file);
		run_sql(cases[i].sql);
		ck_assert_ptr_null(cache_open(folder, MAX_BODY, &err));
		ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "%s", err.text);
	}
	unlink(file);
	overwrite(file, "this is a diary, not a database", 31, 0);
	ck_assert_ptr_null(cache_open(folder, MAX_BODY, &err));
	ck_assert_msg(strstr(err.text, "not a database") != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_file_that_is_damaged_meanwhile_is_told_once)
{
	static char junk[1 << 16];
	struct cache *c = open_cache();
	struct stored_answer a;
	static char body[3000];
	int found = 0;

	memset(body, 'x', sizeof(body));
	memset(junk, 0xa5, sizeof(junk));
	for (uint64_t i = 0; i < 200; i++)
		keep(c, i << 50, body, sizeof(body));
	cache_close(c);
	overwrite(file, junk, sizeof(junk), 4096 * 3);
	c = open_cache();
	for (uint64_t i = 0; i < 200; i++)
		found += find(c, i << 50, &a);
	ck_assert_int_lt(found, 200);
	ck_assert(cache_trouble(c, &err));
	ck_assert_msg(strstr(err.text, "malformed") != NULL, "%s", err.text);
	ck_assert(!cache_trouble(c, &err));
	cache_close(c);
}
END_TEST

START_TEST(folders_are_made_and_those_that_cannot_be_are_told)
{
	char path[128];
	struct cache *c;
	struct stat st;

	snprintf(path, sizeof(path), "%s/deeper//still/", folder);
	c = cache_open(path, MAX_BODY, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	cache_close(c);
	ck_assert_int_eq(stat(folder, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	strcat(path, "cache.sqlite");
	ck_assert_ptr_null(cache_open(path, MAX_BODY, &err));
	ck_assert_msg(strstr(err.text, "cannot be used: Not a directory") != NULL, "%s", err.text);
	strcat(path, "/deeper");
	ck_assert_ptr_null(cache_open(path, MAX_BODY, &err));
	ck_assert_msg(
		strstr(err.text, "cannot be created: Not a directory") != NULL, "%s", err.text);
}
END_TEST

/* flock(1) on the folder, say, around all that uses it. */
START_TEST(a_lock_on_the_folder_is_not_waited_for_ever)
{
	struct cache *c;
	int fd;

	ck_assert_int_eq(mkdir(folder, 0700), 0);
	fd = open(folder, O_RDONLY);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	c = open_cache();
	keep(c, 1, "one", 3);
	cache_close(c);
	close(fd);
}
END_TEST

/* Rights do not bind root, for whom everything works. */
START_TEST(a_file_that_cannot_be_written_still_answers)
{
	struct cache *c = open_cache();

	keep(c, 1, "one", 3);
	cache_close(c);
	ck_assert_int_eq(chmod(file, 0400), 0);
	c = open_cache();
	ck_assert(finds(c, 1, "one"));
	keep(c, 2, "two", 3);
	cache_flush(c);
	if (!finds(c, 2, "two")) {
		ck_assert(cache_trouble(c, &err));
		ck_assert_msg(strstr(err.text, "no longer cached") != NULL, "%s", err.text);
	}
	cache_close(c);
}
END_TEST

/* Somebody writes for longer than the writer waits: looking up goes on all the time. */
START_TEST(a_lock_of_another_does_not_stop_reading)
{
	struct cache *c = open_cache();
	sqlite3 *db;

	keep(c, 1, "one", 3);
	cache_flush(c);
	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	keep(c, 2, "two", 3);
	ck_assert(finds(c, 1, "one"));
	ck_assert_int_eq(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	cache_flush(c);
	ck_assert(finds(c, 2, "two"));
	ck_assert(!cache_trouble(c, &err));
	sqlite3_close(db);
	cache_close(c);
}
END_TEST

/* A process that dies at any moment leaves a file that works. */
START_TEST(a_kill_leaves_it_whole)
{
	struct cache *c;
	int pipe_fd[2], status;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(pipe_fd), 0);
	pid = fork();
	if (!pid) {
		c = cache_open(folder, MAX_BODY, &err);
		for (uint64_t i = 0; c; i++) {
			keep(c, i, "some answer", 11);
			if (i % 100 == 99)
				cache_flush(c);
			if (i == 1000)
				status = (int)write(pipe_fd[1], "x", 1);
		}
		_exit(1);
	}
	ck_assert_int_eq((int)read(pipe_fd[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	c = open_cache();
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert(finds(c, i, "some answer"));
	keep(c, 1 << 30, "more", 4);
	cache_flush(c);
	ck_assert(finds(c, 1 << 30, "more"));
	cache_close(c);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}
END_TEST

/* It hashed with a seed of 64 bits, and has no key. */
START_TEST(one_of_an_earlier_release_gets_a_key)
{
	struct cache *c = open_cache(), *again;
	struct hash_key first = cache_store(c)->key;

	cache_close(c);
	run_sql("DELETE FROM facts WHERE name='key'");
	c = open_cache();
	again = open_cache();
	ck_assert(cache_store(c)->key.high != first.high && cache_store(c)->key.low != first.low);
	ck_assert_uint_eq(cache_store(c)->key.high, cache_store(again)->key.high);
	cache_close(again);
	cache_close(c);
	run_sql("UPDATE facts SET value='short' WHERE name='key'");
	ck_assert_ptr_null(cache_open(folder, MAX_BODY, &err));
	ck_assert_msg(strstr(err.text, "damaged") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {one_of_an_earlier_release_gets_a_key,
		what_is_kept_is_found_in_this_run_and_the_next,
		closing_writes_what_waits_and_the_later_answer_counts, what_is_forgotten_is_gone,
		a_key_needs_both_its_halves, nobody_else_can_read_it,
		what_another_user_owns_or_can_write_is_refused, two_runs_share_it,
		processes_share_it_from_the_start, large_bodies_are_kept_up_to_the_bound,
		an_answer_that_changed_on_disk_is_not_found,
		files_that_are_no_cache_are_refused_and_left_alone,
		a_file_that_is_damaged_meanwhile_is_told_once,
		folders_are_made_and_those_that_cannot_be_are_told,
		a_lock_on_the_folder_is_not_waited_for_ever,
		a_file_that_cannot_be_written_still_answers,
		a_lock_of_another_does_not_stop_reading, a_kill_leaves_it_whole, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "cache", .tests = tests, .set_up = set_up, .tear_down = tear_down});
}
