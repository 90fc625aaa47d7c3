/* The store of a service: what it keeps over a restart, and what it sweeps. */
#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "folder.h"
#include "serve/kind.h"
#include "serve/store.h"
#include "unit.h"

static struct {
	char folder[256], data[300];
	struct ev_loop *loop;
	struct store *store;
	int done, failed;
} w;

static void open_store(void)
{
	struct error err = {""};

	w.store = store_open(w.loop, w.data, true, &err);
	ck_assert_msg(w.store != NULL, "%s", err.text);
}

static void reopen(void)
{
	store_close(w.store);
	open_store();
}

static void set_up(void)
{
	memset(&w, 0, sizeof(w));
	ck_assert(folder_make(w.folder, sizeof(w.folder)));
	snprintf(w.data, sizeof(w.data), "%s/data", w.folder);
	w.loop = ev_loop_new(EVFLAG_AUTO);
	open_store();
}

static void tear_down(void)
{
	store_close(w.store);
	ev_loop_destroy(w.loop);
	ck_assert(folder_remove(w.folder));
}

static void on_done(void *ctx, const struct error *err)
{
	(void)ctx;
	w.done++;
	w.failed += err != NULL;
}

static void wait_done(int n)
{
	while (w.done < n)
		ev_run(w.loop, EVRUN_ONCE);
}

static struct file_record *new_file(const char *text)
{
	struct file_record *f = xcalloc(1, sizeof(*f));
	char path[DISK_PATH_MAX];
	int fd;

	serve_id_make(f->id, "file-");
	strcpy(f->purpose, "batch");
	f->filename = xstrdup("a \"b\"\n.jsonl");
	f->bytes = strlen(text);
	f->created_us = 1000 + w.done;
	store_file_path(w.store, f->id, NULL, path);
	fd = disk_begin(path, "content", NULL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	store_add_file(w.store, f, fd, on_done, NULL);
	return f;
}

static struct batch_record *new_batch(const char *file)
{
	struct batch_record *b = xcalloc(1, sizeof(*b));

	serve_id_make(b->id, "batch_");
	serve_id_make(b->output_file, "file-");
	strcpy(b->endpoint, "/v1/embeddings");
	b->kind = &batch_kind_openai;
	b->metadata = xstrdup("{\"a\":\"b\"}");
	b->created_us = 5;
	store_add_batch(w.store, b, file, on_done, NULL);
	return b;
}

static bool is_there(const char *name)
{
	char path[DISK_PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", w.data, name);
	return !stat(path, &st);
}

START_TEST(a_file_is_there_once_it_is_on_the_disk)
{
	struct file_record *f = new_file("hello");
	char id[SERVE_ID_SIZE], path[DISK_PATH_MAX];

	strcpy(id, f->id);
	ck_assert_ptr_null(store_file(w.store, id));
	wait_done(1);
	ck_assert_ptr_eq(store_file(w.store, id), f);
	ck_assert_uint_eq(store_bytes(w.store), 5);
	reopen();
	f = store_file(w.store, id);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->filename, "a \"b\"\n.jsonl");
	ck_assert_uint_eq(store_bytes(w.store), 5);
	store_remove_file(w.store, f, on_done, NULL);
	ck_assert_ptr_null(store_file(w.store, id));
	wait_done(2);
	store_file_path(w.store, id, NULL, path);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(w.failed, 0);
}
END_TEST

START_TEST(half_of_a_file_is_swept)
{
	char path[DISK_PATH_MAX];
	struct error err;
	int fd;

	store_file_path(w.store, "file-half", NULL, path);
	fd = disk_begin(path, "content", &err);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert(is_there("files/file-half/content"));
	reopen();
	ck_assert(!is_there("files/file-half"));
}
END_TEST

START_TEST(a_batch_keeps_its_facts)
{
	struct file_record *f = new_file("x\n");
	struct batch_record *b;
	char id[SERVE_ID_SIZE], name[100];

	wait_done(1);
	b = new_batch(f->id);
	strcpy(id, b->id);
	wait_done(2);
	ck_assert_int_eq(batch_record_state(b), BATCH_VALIDATING);
	b->at_us[FACT_IN_PROGRESS] = 7;
	b->at_us[FACT_CANCELLING] = 8;
	b->counts.total = 3;
	b->repeat_key = (uint64_t)INT64_MAX;
	store_save_batch(w.store, b, on_done, NULL);
	reopen();
	ck_assert_int_eq(w.done, 3);
	b = store_batch(w.store, id);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(batch_record_state(b), BATCH_CANCELLING);
	ck_assert_int_eq(b->at_us[FACT_IN_PROGRESS], 7);
	ck_assert_uint_eq(b->counts.total, 3);
	ck_assert_uint_eq(b->repeat_key, (uint64_t)INT64_MAX);
	ck_assert_str_eq(b->metadata, "{\"a\":\"b\"}");
	snprintf(name, sizeof(name), "batches/%s/source", id);
	ck_assert(is_there(name));
}
END_TEST

START_TEST(the_output_of_an_unfinished_batch_is_swept)
{
	struct file_record *f = new_file("x\n"), *output;
	struct batch_record *b;
	char batch[SERVE_ID_SIZE], id[SERVE_ID_SIZE];

	wait_done(1);
	output = new_file("y\n");
	strcpy(id, output->id);
	wait_done(2);
	b = new_batch(f->id);
	strcpy(batch, b->id);
	strcpy(b->output_file, id);
	wait_done(3);
	store_save_batch(w.store, b, on_done, NULL);
	reopen();
	ck_assert_ptr_null(store_file(w.store, id));
	b = store_batch(w.store, batch);
	b->at_us[FACT_COMPLETED] = 9;
	ck_assert(batch_record_ended(b));
}
END_TEST

/* Its link to the client's file would keep the bytes of one that is deleted. */
START_TEST(the_source_of_an_ended_batch_goes)
{
	struct file_record *f = new_file("x\n");
	struct batch_record *b;
	char name[100], path[DISK_PATH_MAX];

	wait_done(1);
	b = new_batch(f->id);
	wait_done(2);
	snprintf(name, sizeof(name), "batches/%s/source", b->id);
	store_batch_path(w.store, b->id, "source", path);
	ck_assert(is_there(name));
	b->at_us[FACT_FAILED] = 9;
	store_save_batch(w.store, b, on_done, NULL);
	wait_done(3);
	ck_assert(!is_there(name));
	/* a process that was killed between */
	ck_assert(!symlink("/dev/null", path));
	reopen();
	ck_assert(access(path, F_OK) && errno == ENOENT);
}
END_TEST

START_TEST(half_of_a_record_is_swept)
{
	struct file_record *f = new_file("x\n");
	char half[DISK_PATH_MAX], id[SERVE_ID_SIZE];

	wait_done(1);
	strcpy(id, f->id);
	store_file_path(w.store, id, "meta.json.tmp", half);
	ck_assert(!symlink("/dev/null", half));
	reopen();
	ck_assert_ptr_nonnull(store_file(w.store, id));
	ck_assert(access(half, F_OK) && errno == ENOENT);
}
END_TEST

/* As a disk error, another user's file, or a link that somebody made of it. */
START_TEST(what_cannot_be_read_is_left_alone)
{
	struct file_record *f = new_file("paid for\n");
	char meta[DISK_PATH_MAX], moved[DISK_PATH_MAX], name[400];

	wait_done(1);
	snprintf(name, sizeof(name), "files/%s/content", f->id);
	store_file_path(w.store, f->id, "meta.json", meta);
	snprintf(moved, sizeof(moved), "%s/moved", w.data);
	ck_assert(!rename(meta, moved) && !symlink(moved, meta));
	snprintf(moved, sizeof(moved), "%s/files/stray", w.data);
	ck_assert(!symlink("/dev/null", moved));
	reopen();
	ck_assert(TAILQ_EMPTY(store_files(w.store)));
	ck_assert(is_there(name));
}
END_TEST

START_TEST(a_second_process_is_refused_with_the_pid)
{
	struct error err = {""};
	char pid[32];

	ck_assert_ptr_null(store_open(w.loop, w.data, true, &err));
	snprintf(pid, sizeof(pid), "(pid %ld)", (long)getpid());
	ck_assert_ptr_nonnull(strstr(err.text, pid));
}
END_TEST

START_TEST(a_batch_whose_file_is_gone_is_none)
{
	new_batch("file-none");
	wait_done(1);
	ck_assert_int_eq(w.failed, 1);
	ck_assert(TAILQ_EMPTY(store_batches(w.store)));
}
END_TEST

START_TEST(ids_are_words)
{
	char id[SERVE_ID_SIZE], other[SERVE_ID_SIZE];

	serve_id_make(id, "batch_");
	serve_id_make(other, "batch_");
	ck_assert(serve_id_valid(id) && strcmp(id, other) != 0);
	ck_assert_uint_eq(strlen(id), 6 + SERVE_ID_RANDOM);
	ck_assert(!serve_id_valid("") && !serve_id_valid("..") && !serve_id_valid("a/b"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_file_is_there_once_it_is_on_the_disk,
		half_of_a_file_is_swept, a_batch_keeps_its_facts,
		the_output_of_an_unfinished_batch_is_swept, the_source_of_an_ended_batch_goes,
		half_of_a_record_is_swept, what_cannot_be_read_is_left_alone,
		a_second_process_is_refused_with_the_pid, a_batch_whose_file_is_gone_is_none,
		ids_are_words, NULL};
	const struct unit_suite suite = {
		.name = "store", .tests = tests, .set_up = set_up, .tear_down = tear_down};

	return unit_run_suite(&suite);
}
