/* What the store writes: each file and batch in a thread that is always the same for it, so that it
 * is written in the order of the calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/lines.h"
#include "serve/store_impl.h"

static const double again_s = 1.0;

struct write_job {
	struct job job; /* first */
	struct store *store;
	char folder[DISK_PATH_MAX];
	char from[DISK_PATH_MAX], to[DISK_PATH_MAX]; /* a link to make; "": none */
	int content;                                 /* to sync and close; -1: none */
	struct buf meta;
	struct file_record *file;   /* to add */
	struct batch_record *batch; /* to add */
	char saved[SERVE_ID_SIZE];  /* the batch that is there already; "": another job */
	bool ended;                 /* it has: its source is not needed any more */
	uint64_t bytes;             /* of the batch's folder, measured */
	bool failed;
	struct error err;
	store_done *done;
	void *ctx;
};

static struct write_job *new_job(struct store *s, store_done *done, void *ctx)
{
	struct write_job *w = xcalloc(1, sizeof(*w));

	w->store = s;
	w->content = -1;
	w->done = done;
	w->ctx = ctx;
	buf_init(&w->meta, DISK_META_MAX);
	return w;
}

static void start(struct write_job *w, void (*work)(struct job *), void (*done)(struct job *))
{
	uint64_t hash = hash_bytes(w->folder, strlen(w->folder));

	w->job.work = work;
	w->job.done = done;
	jobs_add(w->store->jobs[hash % STORE_WRITERS], &w->job);
}

static void finish(struct write_job *w)
{
	if (w->done)
		w->done(w->ctx, w->failed ? &w->err : NULL);
	else if (w->failed)
		say_warning("%s", w->err.text);
	buf_free(&w->meta);
	free(w);
}

/* ---- adding ---- */

static bool sync_content(struct write_job *w)
{
	bool ok = w->content < 0 || io_sync(w->content);

	if (!ok)
		error_set(&w->err, "%s: %s", w->folder, strerror(errno));
	if (w->content >= 0)
		close(w->content);
	return ok;
}

static void measure(struct write_job *w)
{
	if (w->store->measures)
		w->bytes = disk_bytes(w->folder);
}

/* The check will make lines of the source: they take as much. */
static void measure_new(struct write_job *w)
{
	struct stat st;

	measure(w);
	if (w->store->measures && *w->to && !stat(w->to, &st))
		w->bytes += (uint64_t)st.st_size;
}

static void do_add(struct job *job)
{
	struct write_job *w = (struct write_job *)job;
	struct error ignored;
	bool ok = sync_content(w) && disk_make(w->folder, &w->err);

	if (ok && *w->from)
		ok = disk_link(w->from, w->to, &w->err);
	w->failed = !ok || !disk_commit(w->folder, buf_str(&w->meta), w->meta.len, &w->err);
	if (w->failed)
		disk_remove(w->folder, &ignored);
	else if (w->batch)
		measure_new(w);
}

static void added(struct job *job)
{
	struct write_job *w = (struct write_job *)job;

	if (w->failed) {
		file_record_free(w->file);
		batch_record_free(w->batch);
	} else if (w->file) {
		store_insert_file(w->store, w->file);
	} else {
		w->batch->bytes = w->bytes;
		store_insert_batch(w->store, w->batch);
	}
	finish(w);
}

void store_add_file(
	struct store *s, struct file_record *f_take, int content_take, store_done *done, void *ctx)
{
	struct write_job *w = new_job(s, done, ctx);

	w->file = f_take;
	w->content = content_take;
	store_file_path(s, f_take->id, NULL, w->folder);
	file_record_write(f_take, &w->meta);
	start(w, do_add, added);
}

void store_adopt_file(struct store *s, struct file_record *f_take)
{
	store_insert_file(s, f_take);
}

void store_add_batch(struct store *s, struct batch_record *b_take, const char *file_id,
	store_done *done, void *ctx)
{
	struct write_job *w = new_job(s, done, ctx);

	w->batch = b_take;
	store_batch_path(s, b_take->id, NULL, w->folder);
	if (file_id) {
		store_file_path(s, file_id, "content", w->from);
		store_batch_path(s, b_take->id, STORE_SOURCE, w->to);
	}
	batch_record_write(b_take, &w->meta);
	start(w, do_add, added);
}

/* ---- changing ---- */

static void do_save(struct job *job)
{
	struct write_job *w = (struct write_job *)job;

	w->failed = !disk_replace(w->folder, buf_str(&w->meta), w->meta.len, &w->err);
	if (w->ended && !w->failed)
		disk_drop(w->folder, STORE_SOURCE);
	measure(w);
}

/* The batch may be gone meanwhile. */
static void take_measure(const struct write_job *w)
{
	struct batch_record *b = store_batch(w->store, w->saved);

	if (!b)
		return;
	w->store->bytes += w->bytes - b->bytes;
	b->bytes = w->bytes;
}

static void saved(struct job *job)
{
	struct write_job *w = (struct write_job *)job;
	struct store *s = w->store;
	struct store_retry *r;

	take_measure(w);
	if (w->failed && !w->done) {
		r = xcalloc(1, sizeof(*r));
		memcpy(r->id, w->saved, sizeof(r->id));
		STAILQ_INSERT_TAIL(&s->retries, r, next);
		ev_timer_stop(s->loop, &s->again);
		ev_timer_set(&s->again, again_s, 0.0);
		ev_timer_start(s->loop, &s->again);
	}
	finish(w);
}

/* Of a batch that is there. */
static struct write_job *new_batch_job(
	struct store *s, const struct batch_record *b, store_done *done, void *ctx)
{
	struct write_job *w = new_job(s, done, ctx);

	memcpy(w->saved, b->id, sizeof(w->saved));
	store_batch_path(s, b->id, NULL, w->folder);
	return w;
}

void store_save_batch(struct store *s, const struct batch_record *b, store_done *done, void *ctx)
{
	struct write_job *w = new_batch_job(s, b, done, ctx);

	w->ended = batch_record_ended(b);
	batch_record_write(b, &w->meta);
	start(w, do_save, saved);
}

static void do_measure(struct job *job)
{
	measure((struct write_job *)job);
}

static void measured(struct job *job)
{
	struct write_job *w = (struct write_job *)job;

	take_measure(w);
	finish(w);
}

void store_measure_batch(struct store *s, const struct batch_record *b)
{
	if (s->measures)
		start(new_batch_job(s, b, NULL, NULL), do_measure, measured);
}

/* ---- removing ---- */

static void do_remove(struct job *job)
{
	struct write_job *w = (struct write_job *)job;

	w->failed = !disk_remove(w->folder, &w->err) || !io_sync_folder(w->folder, &w->err);
}

static void removed(struct job *job)
{
	finish((struct write_job *)job);
}

void store_drop_content(struct store *s, const char *id)
{
	struct write_job *w = new_job(s, NULL, NULL);

	store_file_path(s, id, NULL, w->folder);
	start(w, do_remove, removed);
}

void store_drop_input(struct store *s, const char *id)
{
	struct write_job *w = new_job(s, NULL, NULL);

	store_batch_path(s, id, NULL, w->folder);
	start(w, do_remove, removed);
}

void store_remove_file(struct store *s, struct file_record *f, store_done *done, void *ctx)
{
	struct write_job *w = new_job(s, done, ctx);

	store_file_path(s, f->id, NULL, w->folder);
	store_take_file(s, f);
	file_record_free(f);
	start(w, do_remove, removed);
}

void store_remove_batch(struct store *s, struct batch_record *b, store_done *done, void *ctx)
{
	struct write_job *w = new_job(s, done, ctx);

	store_batch_path(s, b->id, NULL, w->folder);
	store_take_batch(s, b);
	batch_record_free(b);
	start(w, do_remove, removed);
}
