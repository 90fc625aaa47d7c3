/* The thread that writes answers into a cache; for cache.c only. */
#ifndef SLUICE_CACHE_CACHE_WRITER_H
#define SLUICE_CACHE_CACHE_WRITER_H

#include <pthread.h>
#include <sqlite3.h>

#include "base/error.h"
#include "work/answer_store.h"

struct cache_entry;

struct cache_writer {
	sqlite3 *db; /* the thread's */
	sqlite3_stmt *insert, *remove;
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t wake, idle;
	struct cache_entry *first, *last;
	size_t bytes; /* of waiting entries */
	bool writing, hurry, quit;
	bool broken;          /* nothing is written any more */
	struct error trouble; /* not reported yet; "" */
	bool reported_some;   /* that some answers are not kept */
};

/* Takes over the database, also when it fails. */
bool cache_writer_start(struct cache_writer *w, sqlite3 *db_take, struct error *err);
/* Queues a copy; drops it when too many wait. answer NULL: removes the stored answer. */
void cache_writer_add(
	struct cache_writer *w, const struct hash128 *key, const struct stored_answer *answer);
/* True once for each trouble. */
bool cache_writer_trouble(struct cache_writer *w, struct error *err);
/* Waits until all that was added is written, or could not be. */
void cache_writer_flush(struct cache_writer *w);
/* Writes the waiting answers, ends the thread and closes the database. */
void cache_writer_stop(struct cache_writer *w);

/* The checksum of a body under its key. */
int64_t cache_sum(const struct hash128 *key, const char *body, size_t len);

#endif
