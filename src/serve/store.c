/* Opening, the lock, and the records in memory. */
#include "serve/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/lines.h"
#include "serve/store_impl.h"

enum { FOLDERS = 2, PID_TEXT = 32 };

static const char *const folders[FOLDERS] = {"files", "batches"};

/* ---- records in memory ---- */

struct file_list *store_files(struct store *s)
{
	return &s->files;
}

struct batch_list *store_batches(struct store *s)
{
	return &s->batches;
}

struct file_record *store_file(const struct store *s, const char *id)
{
	return store_index_find(&s->file_index, id);
}

struct batch_record *store_batch(const struct store *s, const char *id)
{
	return store_index_find(&s->batch_index, id);
}

uint64_t store_bytes(const struct store *s)
{
	return s->bytes;
}

/* Nearly always the newest. */
void store_insert_file(struct store *s, struct file_record *f)
{
	struct file_record *before = TAILQ_LAST(&s->files, file_list);

	while (before && before->created_us > f->created_us)
		before = TAILQ_PREV(before, file_list, next);
	if (before)
		TAILQ_INSERT_AFTER(&s->files, before, f, next);
	else
		TAILQ_INSERT_HEAD(&s->files, f, next);
	store_index_add(&s->file_index, f);
	s->bytes += f->bytes;
}

void store_insert_batch(struct store *s, struct batch_record *b)
{
	struct batch_record *before = TAILQ_LAST(&s->batches, batch_list);

	while (before && before->created_us > b->created_us)
		before = TAILQ_PREV(before, batch_list, next);
	if (before)
		TAILQ_INSERT_AFTER(&s->batches, before, b, next);
	else
		TAILQ_INSERT_HEAD(&s->batches, b, next);
	store_index_add(&s->batch_index, b);
	s->bytes += b->bytes;
}

void store_take_file(struct store *s, struct file_record *f)
{
	TAILQ_REMOVE(&s->files, f, next);
	store_index_remove(&s->file_index, f->id);
	s->bytes -= f->bytes;
}

void store_take_batch(struct store *s, struct batch_record *b)
{
	TAILQ_REMOVE(&s->batches, b, next);
	store_index_remove(&s->batch_index, b->id);
	s->bytes -= b->bytes;
}

/* ---- paths ---- */

static void path_of(const struct store *s, const char *kind, const char *id, const char *name,
	char out[DISK_PATH_MAX])
{
	snprintf(out, DISK_PATH_MAX, "%s/%s/%s%s%s", s->folder, kind, id, name ? "/" : "",
		name ? name : "");
}

void store_file_path(
	const struct store *s, const char *id, const char *name, char out[DISK_PATH_MAX])
{
	path_of(s, folders[0], id, name, out);
}

void store_batch_path(
	const struct store *s, const char *id, const char *name, char out[DISK_PATH_MAX])
{
	path_of(s, folders[1], id, name, out);
}

/* ---- opening ---- */

static bool take_lock(struct store *s, struct error *err)
{
	char path[DISK_PATH_MAX], pid[PID_TEXT] = "";

	snprintf(path, sizeof(path), "%s/lock", s->folder);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return error_set(err, "%s: %s", path, strerror(errno));
		if (read(s->lock, pid, sizeof(pid) - 1) < 0)
			pid[0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		return error_set(err,
			"another sluice serve (pid %s) uses %s: stop it first, or give another "
			"--data",
			pid[0] ? pid : "unknown", s->folder);
	}
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(s->lock, 0) || pwrite(s->lock, pid, strlen(pid), 0) < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	return true;
}

static void visit_file(void *ctx, const char *name, const char *meta, size_t len)
{
	struct file_record *f = file_record_read(name, meta, len);

	if (f)
		store_insert_file(ctx, f);
	else
		say_warning("files/%.60s/meta.json is not a record of this release: left unchanged",
			name);
}

static void visit_batch(void *ctx, const char *name, const char *meta, size_t len)
{
	struct batch_record *b = batch_record_read(name, meta, len);
	struct store *s = ctx;
	char path[DISK_PATH_MAX];

	if (!b) {
		say_warning(
			"batches/%.60s/meta.json is not a record of this release: left unchanged",
			name);
		return;
	}
	store_batch_path(s, b->id, NULL, path);
	if (batch_record_ended(b))
		disk_drop(path, STORE_SOURCE);
	b->bytes = s->measures ? disk_bytes(path) : 0;
	store_insert_batch(s, b);
}

static bool read_folders(struct store *s, struct error *err)
{
	char path[DISK_PATH_MAX];
	bool ok = true;

	for (int i = 0; ok && i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s/%s", s->folder, folders[i]);
		ok = disk_make(path, err) && disk_sweep(path, i ? visit_batch : visit_file, s, err);
	}
	return ok && io_sync_folder(path, err);
}

static bool drop_output(struct store *s, const char *id, struct error *err)
{
	struct file_record *f = *id ? store_file(s, id) : NULL;
	char path[DISK_PATH_MAX];

	if (!f)
		return true;
	store_file_path(s, id, NULL, path);
	store_take_file(s, f);
	file_record_free(f);
	return disk_remove(path, err);
}

/* Files of a batch whose record does not have them yet will be made again. */
static bool sweep_outputs(struct store *s, struct error *err)
{
	const struct batch_record *b;

	TAILQ_FOREACH (b, &s->batches, next)
		if (!batch_record_ended(b) && (!drop_output(s, b->output_file, err) ||
						      !drop_output(s, b->error_file, err)))
			return false;
	return true;
}

static void on_again(struct ev_loop *loop, ev_timer *w, int events)
{
	struct store *s = w->data;
	struct store_retry *r;
	struct batch_record *b;
	STAILQ_HEAD(, store_retry) due = STAILQ_HEAD_INITIALIZER(due);

	(void)loop, (void)events;
	STAILQ_CONCAT(&due, &s->retries);
	while ((r = STAILQ_FIRST(&due))) {
		STAILQ_REMOVE_HEAD(&due, next);
		b = store_batch(s, r->id);
		if (b)
			store_save_batch(s, b, NULL, NULL);
		free(r);
	}
}

struct store *store_open(struct ev_loop *loop, const char *folder, bool measures, struct error *err)
{
	struct store *s = xcalloc(1, sizeof(*s));
	bool ok;

	s->loop = loop;
	s->folder = xstrdup(folder);
	s->measures = measures;
	s->lock = -1;
	TAILQ_INIT(&s->files);
	TAILQ_INIT(&s->batches);
	STAILQ_INIT(&s->retries);
	ev_timer_init(&s->again, on_again, 1.0, 0.0);
	s->again.data = s;
	if (strlen(folder) > DISK_PATH_MAX / 2)
		ok = error_set(err, "--data: the path is too long");
	else
		ok = disk_make(folder, err) && take_lock(s, err) && read_folders(s, err) &&
		     sweep_outputs(s, err);
	for (int i = 0; ok && i < STORE_WRITERS; i++)
		ok = (s->jobs[i] = jobs_new(loop, 1, err)) != NULL;
	if (ok)
		return s;
	store_close(s);
	return NULL;
}

void store_settle(struct store *s)
{
	for (int i = 0; i < STORE_WRITERS; i++)
		jobs_settle(s->jobs[i]);
}

void store_close(struct store *s)
{
	struct file_record *f;
	struct batch_record *b;
	struct store_retry *r;

	if (!s)
		return;
	for (int i = 0; i < STORE_WRITERS; i++)
		jobs_free(s->jobs[i]);
	ev_timer_stop(s->loop, &s->again);
	while ((r = STAILQ_FIRST(&s->retries))) {
		STAILQ_REMOVE_HEAD(&s->retries, next);
		free(r);
	}
	while ((f = TAILQ_FIRST(&s->files))) {
		TAILQ_REMOVE(&s->files, f, next);
		file_record_free(f);
	}
	while ((b = TAILQ_FIRST(&s->batches))) {
		TAILQ_REMOVE(&s->batches, b, next);
		batch_record_free(b);
	}
	store_index_free(&s->file_index);
	store_index_free(&s->batch_index);
	if (s->lock >= 0)
		close(s->lock);
	free(s->folder);
	free(s);
}
