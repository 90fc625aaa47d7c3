#include "cache/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "cache/cache_file.h"
#include "cache/cache_writer.h"

enum { KEEP_BODY_BYTES = 1 << 20 };

struct cache {
	struct answer_store store;
	sqlite3 *db; /* to read */
	sqlite3_stmt *find;
	struct buf body;
	bool broken; /* nothing is found any more */
	struct error trouble;
	struct cache_writer writer;
};

enum { REST, SUM, STATUS, REQUEST_ID, TOKENS_IN, TOKENS_OUT, WALL_US, BODY };
static const char find_sql[] = "SELECT rest, sum, status, request_id, tokens_in, tokens_out, "
			       "wall_us, body FROM answers WHERE key=?";

/* The row as an answer; false when it is another request's, too large or damaged. */
static bool take_row(struct cache *c, const struct hash128 *key, struct stored_answer *out)
{
	sqlite3_stmt *s = c->find;
	const char *body = sqlite3_column_blob(s, BODY);
	size_t len = (size_t)sqlite3_column_bytes(s, BODY);
	const char *id = (const char *)sqlite3_column_text(s, REQUEST_ID);

	if ((uint64_t)sqlite3_column_int64(s, REST) != key->high || len > c->body.max ||
		sqlite3_column_int64(s, SUM) != cache_sum(key, body, len))
		return false;
	*out = (struct stored_answer){.status = sqlite3_column_int(s, STATUS),
		.body_len = len,
		.tokens_in = sqlite3_column_int64(s, TOKENS_IN),
		.tokens_out = sqlite3_column_int64(s, TOKENS_OUT),
		.wall_us = sqlite3_column_int64(s, WALL_US)};
	text_sanitise(out->request_id, sizeof(out->request_id), id ? id : "", id ? strlen(id) : 0);
	buf_trim(&c->body, KEEP_BODY_BYTES);
	buf_add(&c->body, body, len);
	out->body = buf_str(&c->body);
	return true;
}

static void give_up(struct cache *c)
{
	c->broken = true;
	cache_file_error(
		&c->trouble, "cannot look up cached answers for the rest of the run", c->db);
}

static bool find(void *ctx, const struct hash128 *key, struct stored_answer *out)
{
	struct cache *c = ctx;
	bool found = false;
	int status;

	if (c->broken)
		return false;
	sqlite3_bind_int64(c->find, 1, (int64_t)key->low);
	status = sqlite3_step(c->find);
	if (status == SQLITE_ROW)
		found = take_row(c, key, out);
	else if (status != SQLITE_DONE && status != SQLITE_BUSY && status != SQLITE_LOCKED)
		give_up(c);
	sqlite3_reset(c->find);
	return found;
}

static void keep(void *ctx, const struct hash128 *key, const struct stored_answer *answer)
{
	cache_writer_add(&((struct cache *)ctx)->writer, key, answer);
}

static void forget(void *ctx, const struct hash128 *key)
{
	cache_writer_add(&((struct cache *)ctx)->writer, key, NULL);
}

static void free_reader(struct cache *c)
{
	sqlite3_finalize(c->find);
	sqlite3_close(c->db);
	buf_free(&c->body);
	free(c);
}

struct cache *cache_open(const char *folder, size_t max_body, struct error *err)
{
	struct cache *c = xcalloc(1, sizeof(*c));
	sqlite3 *writer = NULL;
	bool ok;

	c->store = (struct answer_store){.find = find, .keep = keep, .forget = forget, .ctx = c};
	buf_init(&c->body, max_body);
	ok = cache_file_open(folder, &c->db, &writer, &c->store.key, err);
	if (ok && sqlite3_prepare_v3(c->db, find_sql, -1, SQLITE_PREPARE_PERSISTENT, &c->find,
			  NULL) != SQLITE_OK)
		ok = cache_file_error(err, folder, c->db);
	if (!ok)
		sqlite3_close(writer);
	if (ok && cache_writer_start(&c->writer, writer, err))
		return c;
	free_reader(c);
	return NULL;
}

const struct answer_store *cache_store(struct cache *c)
{
	return &c->store;
}

bool cache_trouble(struct cache *c, struct error *err)
{
	if (!c->trouble.text[0])
		return cache_writer_trouble(&c->writer, err);
	*err = c->trouble;
	c->trouble.text[0] = '\0';
	return true;
}

void cache_flush(struct cache *c)
{
	cache_writer_flush(&c->writer);
}

void cache_close(struct cache *c)
{
	if (!c)
		return;
	cache_writer_stop(&c->writer);
	free_reader(c);
}
