#include "cache/cache_writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "cache/cache_file.h"

enum {
	WAITING_MAX = 64 << 20, /* bytes of answers that wait to be written */
	GATHER_MS = 250,        /* between two transactions */
};

/* SQLite's limit of a row, minus its other columns. */
#define BODY_MAX ((size_t)900 << 20)

struct cache_entry {
	struct cache_entry *next;
	struct hash128 key;
	bool forget;
	struct stored_answer answer; /* its body follows it */
	char body[];
};

int64_t cache_sum(const struct hash128 *key, const char *body, size_t len)
{
	return (int64_t)hash_wide(body, len, key->low ^ key->high).low;
}

static int insert(struct cache_writer *w, const struct cache_entry *entry)
{
	const struct stored_answer *a = &entry->answer;
	sqlite3_stmt *s = w->insert;
	int status;

	sqlite3_bind_int64(s, 1, (int64_t)entry->key.low);
	sqlite3_bind_int64(s, 2, (int64_t)entry->key.high);
	sqlite3_bind_int64(s, 3, cache_sum(&entry->key, entry->body, a->body_len));
	sqlite3_bind_int(s, 4, a->status);
	sqlite3_bind_text(s, 5, a->request_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 6, a->tokens_in);
	sqlite3_bind_int64(s, 7, a->tokens_out);
	sqlite3_bind_int64(s, 8, a->wall_us);
	sqlite3_bind_blob64(s, 9, entry->body, a->body_len, SQLITE_STATIC);
	sqlite3_step(s);
	status = sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return status;
}

static int forget(struct cache_writer *w, const struct cache_entry *entry)
{
	sqlite3_bind_int64(w->remove, 1, (int64_t)entry->key.low);
	sqlite3_step(w->remove);
	return sqlite3_reset(w->remove);
}

/* One transaction; frees the entries. SQLITE_OK, or why they are not in. */
static int write_all(struct cache_writer *w, struct cache_entry *entry)
{
	int status = sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	while (entry) {
		struct cache_entry *next = entry->next;

		if (status == SQLITE_OK)
			status = entry->forget ? forget(w, entry) : insert(w, entry);
		free(entry);
		entry = next;
	}
	if (status == SQLITE_OK)
		status = sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL);
	return status;
}

/* Somebody else has been writing all the time: these are lost, the next may do better. */
static bool passes_by(int status)
{
	return status == SQLITE_BUSY || status == SQLITE_LOCKED;
}

static void gather(struct cache_writer *w)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += GATHER_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (!w->hurry && !w->quit && w->bytes < WAITING_MAX / 4 &&
		pthread_cond_timedwait(&w->wake, &w->lock, &until) != ETIMEDOUT)
		;
}

/* The lock is held but while it writes. */
static void write_waiting(struct cache_writer *w)
{
	struct cache_entry *entries = w->first;
	struct error err = {""};
	int status;

	w->first = w->last = NULL;
	w->bytes = 0;
	w->writing = true;
	pthread_mutex_unlock(&w->lock);
	status = write_all(w, entries);
	if (status != SQLITE_OK)
		cache_file_error(&err,
			passes_by(status) ? "some answers are not cached"
					  : "answers are no longer cached",
			w->db);
	if (status != SQLITE_OK && !sqlite3_get_autocommit(w->db))
		sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
	pthread_mutex_lock(&w->lock);
	w->writing = false;
	if (status == SQLITE_OK)
		return;
	w->broken = !passes_by(status);
	if (w->broken || !w->reported_some)
		w->trouble = err;
	w->reported_some = true;
}

static void *write_thread(void *arg)
{
	struct cache_writer *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		if (!w->first) {
			w->hurry = false;
			pthread_cond_broadcast(&w->idle);
			if (w->quit)
				break;
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		gather(w);
		write_waiting(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static bool prepare(struct cache_writer *w, struct error *err)
{
	static const char sql[] = "INSERT OR REPLACE INTO answers(key, rest, sum, status, "
				  "request_id, tokens_in, tokens_out, wall_us, body) "
				  "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";

	static const char removal[] = "DELETE FROM answers WHERE key=?";
	const unsigned flags = SQLITE_PREPARE_PERSISTENT;

	return (sqlite3_prepare_v3(w->db, sql, -1, flags, &w->insert, NULL) == SQLITE_OK &&
		       sqlite3_prepare_v3(w->db, removal, -1, flags, &w->remove, NULL) ==
			       SQLITE_OK) ||
	       cache_file_error(err, "cannot be written", w->db);
}

static void close_all(struct cache_writer *w)
{
	sqlite3_finalize(w->insert);
	sqlite3_finalize(w->remove);
	sqlite3_close(w->db);
}

/* Waits use the monotonic clock. */
static void init_waits(struct cache_writer *w)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_cond_init(&w->idle, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void free_waits(struct cache_writer *w)
{
	pthread_cond_destroy(&w->idle);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
}

bool cache_writer_start(struct cache_writer *w, sqlite3 *db_take, struct error *err)
{
	sigset_t all, before;
	int error;

	*w = (struct cache_writer){.db = db_take};
	if (!prepare(w, err)) {
		close_all(w);
		return false;
	}
	init_waits(w);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->thread, NULL, write_thread, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		return true;
	free_waits(w);
	close_all(w);
	return error_set(err, "cannot start its writer thread: %s", strerror(error));
}

/* Is there room for it? The first one has always room. */
static bool has_room(struct cache_writer *w, size_t len)
{
	if (w->broken)
		return false;
	if (!w->first || w->bytes + len <= WAITING_MAX)
		return true;
	if (!w->reported_some)
		error_set(&w->trouble,
			"some answers are not cached: they arrive faster than the cache can write");
	w->reported_some = true;
	return false;
}

void cache_writer_add(
	struct cache_writer *w, const struct hash128 *key, const struct stored_answer *answer)
{
	size_t len = answer ? answer->body_len : 0;
	struct cache_entry *entry;

	if (len > BODY_MAX)
		return;
	entry = xmalloc(sizeof(*entry) + len);
	*entry = (struct cache_entry){.key = *key, .forget = !answer};
	if (answer)
		entry->answer = *answer;
	if (len)
		memcpy(entry->body, answer->body, len);
	pthread_mutex_lock(&w->lock);
	w->hurry = w->hurry || !answer;
	if ((!answer && !w->broken) || has_room(w, len)) {
		if (w->last)
			w->last->next = entry;
		else
			w->first = entry;
		w->last = entry;
		w->bytes += sizeof(*entry) + len;
		entry = NULL;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	free(entry);
}

bool cache_writer_trouble(struct cache_writer *w, struct error *err)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->trouble.text[0];
	if (any)
		*err = w->trouble;
	w->trouble.text[0] = '\0';
	pthread_mutex_unlock(&w->lock);
	return any;
}

void cache_writer_flush(struct cache_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->hurry = true;
	pthread_cond_signal(&w->wake);
	while (w->first || w->writing)
		pthread_cond_wait(&w->idle, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

void cache_writer_stop(struct cache_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->quit = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	free_waits(w);
	close_all(w);
}
