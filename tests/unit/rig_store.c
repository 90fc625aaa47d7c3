#include "rig.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct rig_stored *stored(struct rig_store *s, const struct hash128 *key)
{
	for (int i = 0; i < s->n; i++)
		if (s->at[i].key.low == key->low && s->at[i].key.high == key->high)
			return &s->at[i];
	return NULL;
}

static bool find(void *ctx, const struct hash128 *key, struct stored_answer *out)
{
	struct rig_store *s = ctx;
	const struct rig_stored *at = stored(s, key);

	s->asked++;
	if (at)
		*out = (struct stored_answer){.status = 200,
			.body = at->body,
			.body_len = strlen(at->body),
			.request_id = "req-then",
			.tokens_in = 3,
			.tokens_out = 4};
	return at;
}

static void keep(void *ctx, const struct hash128 *key, const struct stored_answer *a)
{
	struct rig_store *s = ctx;
	struct rig_stored *at = &s->at[s->n];

	ck_assert_int_lt(s->n, RIG_STORED);
	s->n++;
	s->kept++;
	at->key = *key;
	snprintf(at->body, sizeof(at->body), "%.*s", (int)a->body_len, a->body);
}

static void forget(void *ctx, const struct hash128 *key)
{
	struct rig_store *s = ctx;
	struct rig_stored *at = s->forgets_later ? NULL : stored(s, key);

	if (at)
		at->key = (struct hash128){0, 0};
}

struct answer_store rig_store_ops(struct rig_store *s)
{
	return (struct answer_store){find, keep, forget, s, {4, 2}};
}
