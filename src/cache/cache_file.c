#include "config.h"

#include "cache/cache_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

enum {
	APPLICATION_ID = 0x736c6365, /* "slce", for file(1) and ourselves */
	VERSION = 1,                 /* of the tables below and of how keys are made */
	OPEN_WAIT_MS = 2000,
	LOCK_WAIT_MS = 500,  /* making a file takes a few */
	READ_WAIT_MS = 10,   /* readers of a WAL wait only for a recovery */
	WRITE_WAIT_MS = 5000 /* of the thread */
};

/* Answers are in the order of arrival, which is mostly the order of later lookups; only the index
 * of the keys' lower halves is written at random places. If two requests share one, a chance of
 * 10^-7 for a million, the later answer stays. */
static const char tables[] =
	"CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value);"
	"CREATE TABLE IF NOT EXISTS answers("
	"key INTEGER NOT NULL UNIQUE, rest INTEGER NOT NULL, sum INTEGER NOT NULL,"
	"status INTEGER NOT NULL, request_id TEXT NOT NULL,"
	"tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,"
	"wall_us INTEGER NOT NULL, body BLOB NOT NULL);";

bool cache_file_error(struct error *err, const char *doing, sqlite3 *db)
{
	return error_set(err, "%s: %s", doing, db ? sqlite3_errmsg(db) : "out of memory");
}

static bool run(sqlite3 *db, const char *sql, struct error *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       cache_file_error(err, "cannot be used", db);
}

/* The first number in the result of a statement. */
static bool ask(sqlite3 *db, const char *sql, int64_t *out, struct error *err)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
		  sqlite3_step(s) == SQLITE_ROW;

	if (ok)
		*out = sqlite3_column_int64(s, 0);
	else
		cache_file_error(err, "cannot read it; if it is damaged, remove it", db);
	sqlite3_finalize(s);
	return ok;
}

/* Somebody else's database, or one of a later sluice, is left alone. */
static bool check(sqlite3 *db, bool *is_new, struct error *err)
{
	int64_t id = 0, version = 0, things = 0;

	if (!ask(db, "PRAGMA application_id", &id, err) ||
		!ask(db, "PRAGMA user_version", &version, err) ||
		!ask(db, "SELECT count(*) FROM sqlite_master", &things, err))
		return false;
	*is_new = !id && !version && !things;
	if (*is_new || (id == APPLICATION_ID && version == VERSION))
		return true;
	return id == APPLICATION_ID ? error_set(err,
					      "belongs to another version of sluice (%" PRId64
					      "): give another folder",
					      version)
				    : error_set(err, "is not a sluice cache: give another folder");
}

static bool set_up(sqlite3 *db, struct error *err)
{
	uint64_t seed = 0;
	char sql[160];

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return error_set(err, "no random numbers: %s", strerror(errno));
	/* The seed is for releases before, which share the file and hash with that. */
	snprintf(sql, sizeof(sql),
		"INSERT OR IGNORE INTO facts VALUES('seed', %" PRId64 ");"
		"PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
		(int64_t)seed, APPLICATION_ID, VERSION);
	/* Its journal's mode cannot change within a transaction. */
	return run(db, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE", err) && run(db, tables, err) &&
	       run(db, sql, err);
}

/* The first run that opens the cache makes it; caches of earlier releases have none. */
static bool make_key(sqlite3 *db, struct error *err)
{
	struct hash_key key;
	char sql[120];

	if (!hash_key_make(&key, err))
		return false;
	snprintf(sql, sizeof(sql),
		"INSERT OR IGNORE INTO facts VALUES('key', '%016" PRIx64 "%016" PRIx64 "')",
		key.high, key.low);
	return run(db, sql, err);
}

/* 128 secret bits of this file: nobody outside can compute a request's hash, and so nobody can make
 * two that collide. */
static bool read_key(sqlite3 *db, struct hash_key *key, bool *there, struct error *err)
{
	static const char sql[] = "SELECT value FROM facts WHERE name='key'";
	sqlite3_stmt *s = NULL;
	const char *digits = NULL;
	int status = SQLITE_ERROR;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK)
		status = sqlite3_step(s);
	*there = status == SQLITE_ROW;
	if (*there)
		digits = (const char *)sqlite3_column_text(s, 0);
	if (status != SQLITE_ROW && status != SQLITE_DONE)
		cache_file_error(err, "cannot read it; if it is damaged, remove it", db);
	else if (*there &&
		 (!digits || !hash_read_digits(digits, strlen(digits), &key->high, &key->low)))
		error_set(err, "its key is incomplete: the cache is damaged, remove it");
	sqlite3_finalize(s);
	return !err->text[0];
}

static bool find_key(sqlite3 *reader, sqlite3 *writer, struct hash_key *key, struct error *err)
{
	bool there;

	return read_key(reader, key, &there, err) &&
	       (there || (make_key(writer, err) && read_key(reader, key, &there, err) &&
				 (there || error_set(err, "cannot store its key"))));
}

static sqlite3 *open_one(const char *path, struct error *err)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
		SQLITE_OK) {
		sqlite3_busy_timeout(db, OPEN_WAIT_MS);
		return db;
	}
	cache_file_error(err, "cannot be opened", db);
	sqlite3_close(db);
	return NULL;
}

/* Private to the user; SQLite gives the files beside it the same rights. Closed at once only when
 * it is new: closing a file in use would release its locks. */
static bool make_file(const char *path, struct error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno == EEXIST ||
	       error_set(err, "cannot be created: %s", strerror(errno));
}

/* Any user who can write the cache controls the answers to this user's requests, and may read the
 * stored ones. */
static bool check_owner(const struct stat *st, struct error *err)
{
	if (st->st_uid != geteuid())
		return error_set(err, "belongs to another user: give your own folder");
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, "other users can write to it and could insert answers: run "
				      "chmod go-w on it");
	return true;
}

/* The file, and SQLite's files beside it. */
static bool check_files(const char *path, struct error *err)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	size_t size = strlen(path) + sizeof("-wal");
	char *name = xmalloc(size);
	bool good = true;
	struct stat st;

	for (size_t i = 0; good && i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, size, "%s%s", path, ends[i]);
		good = stat(name, &st) || check_owner(&st, err);
	}
	free(name);
	return good;
}

static bool open_both(const char *path, sqlite3 **reader, sqlite3 **writer, struct hash_key *key,
	struct error *err)
{
	bool is_new;

	if (!make_file(path, err) || !check_files(path, err) || !(*writer = open_one(path, err)) ||
		!check(*writer, &is_new, err) || (is_new && !set_up(*writer, err)) ||
		/* A crash of the machine may cost the latest answers, not the file. */
		!run(*writer, "PRAGMA synchronous=NORMAL", err) ||
		!(*reader = open_one(path, err)) || !find_key(*reader, *writer, key, err))
		return false;
	sqlite3_busy_timeout(*reader, READ_WAIT_MS);
	sqlite3_busy_timeout(*writer, WRITE_WAIT_MS);
	return true;
}

/* Creates all parent folders, too; path is unchanged afterwards. */
static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int made;

		*slash = '\0';
		made = mkdir(path, 0700);
		*slash = '/';
		if (made < 0 && errno != EEXIST)
			return false;
	}
	return true;
}

/* Two runs that create the file at once would disturb each other. A longer hold of the folder's
 * lock has another purpose: SQLite has its own locks. */
static void wait_for_lock(int folder)
{
	const struct timespec pause = {0, 5000000};

	for (int ms = 0; ms < LOCK_WAIT_MS && flock(folder, LOCK_EX | LOCK_NB); ms += 5)
		nanosleep(&pause, NULL);
}

bool cache_file_open(const char *folder, sqlite3 **reader, sqlite3 **writer, struct hash_key *key,
	struct error *err)
{
	size_t size = strlen(folder) + sizeof("/cache.sqlite");
	char *path = xmalloc(size);
	struct error why = {""};
	struct stat st;
	int lock = -1;
	bool ok;

	snprintf(path, size, "%s/cache.sqlite", folder);
	if (!make_folders(path)) {
		free(path);
		return error_set(err, "%s: cannot be created: %s", folder, strerror(errno));
	}
	lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0) {
		free(path);
		return error_set(err, "%s: cannot be used: %s", folder, strerror(errno));
	}
	if (fstat(lock, &st) || !check_owner(&st, &why)) {
		error_set(err, "%s %s", folder, why.text);
		close(lock);
		free(path);
		return false;
	}
	wait_for_lock(lock);
	ok = open_both(path, reader, writer, key, &why) || error_set(err, "%s %s", path, why.text);
	close(lock);
	free(path);
	return ok;
}
