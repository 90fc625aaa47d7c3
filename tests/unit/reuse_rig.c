#include "reuse_rig.h"

#include <stdio.h>
#include <string.h>

#include "work/answer_store.h"
#include "unit.h"

struct rig rig;
struct stored stored[STORED_MAX];
int n_stored, n_asked, n_kept;
bool forgets_later;

static bool store_find(void *ctx, const struct hash128 *key, struct stored_answer *out)
{
	(void)ctx;
	n_asked++;
	for (int i = 0; i < n_stored; i++) {
		if (stored[i].key.low != key->low || stored[i].key.high != key->high)
			continue;
		*out = (struct stored_answer){.status = 200,
			.body = stored[i].body,
			.body_len = strlen(stored[i].body),
			.request_id = "req-then",
			.tokens_in = 3,
			.tokens_out = 4};
		return true;
	}
	return false;
}

static void store_keep(void *ctx, const struct hash128 *key, const struct stored_answer *a)
{
	(void)ctx;
	ck_assert_int_lt(n_stored, STORED_MAX);
	n_kept++;
	stored[n_stored].key = *key;
	snprintf(
		stored[n_stored++].body, sizeof(stored[0].body), "%.*s", (int)a->body_len, a->body);
}

static void store_forget(void *ctx, const struct hash128 *key)
{
	(void)ctx;
	for (int i = 0; i < n_stored && !forgets_later; i++)
		if (stored[i].key.low == key->low && stored[i].key.high == key->high)
			stored[i].key = (struct hash128){0, 0};
}

void with_cache(struct engine_config *config)
{
	static const struct answer_store store = {
		store_find, store_keep, store_forget, NULL, {4, 2}};

	config->cache = &store;
}

void with_dedupe(struct engine_config *config)
{
	config->dedupe = true;
}

void with_both(struct engine_config *config)
{
	with_cache(config);
	with_dedupe(config);
}

void open_rig(int concurrency, void (*adjust)(struct engine_config *))
{
	rig_open_adjusted(&rig, concurrency, adjust);
}

void next_rig(int concurrency, void (*adjust)(struct engine_config *))
{
	rig_close(&rig);
	rig_remove(&rig);
	open_rig(concurrency, adjust);
}

void close_rig(void)
{
	rig_close(&rig);
	rig_remove(&rig);
}

void feed(const char *id, const char *members, const char *body)
{
	char line[512];

	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\"%s,"
		"\"body\":%s}",
		id, members, body);
	rig_feed(&rig, line);
}

void feed_same(const char *prefix, int n, int different)
{
	char id[32], body[64];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%s%d", prefix, i);
		snprintf(body, sizeof(body), "{\"model\":\"m\",\"n\":%d}", i % different);
		feed(id, "", body);
	}
}

void forget(void)
{
	n_stored = n_asked = n_kept = 0;
	forgets_later = false;
}

const struct snapshot *look(void)
{
	static struct snapshot s;

	port_snapshot(&rig.port, &s);
	return &s;
}

enum item_state state_of(uint64_t line)
{
	struct item_row row;

	ck_assert(port_row(&rig.port, line, &row));
	return row.state;
}
