/* Where answers of earlier runs come from: what the engine asks, whoever keeps them. */
#ifndef SLUICE_WORK_ANSWER_STORE_H
#define SLUICE_WORK_ANSWER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/keyed_hash.h"

struct stored_answer {
	int status;
	const char *body; /* borrowed */
	size_t body_len;
	char request_id[80];           /* "" */
	int64_t tokens_in, tokens_out; /* -1: not told */
	int64_t wall_us;               /* when it was received */
};

struct answer_store {
	/* The answer under a key; its body is good until the next call. */
	bool (*find)(void *ctx, const struct hash128 *key, struct stored_answer *out);
	/* Takes a copy, sooner or later, in place of what was there. */
	void (*keep)(void *ctx, const struct hash128 *key, const struct stored_answer *answer);
	/* It proved to be no good. */
	void (*forget)(void *ctx, const struct hash128 *key);
	void *ctx;
	struct hash_key key; /* that those are hashed with: the store's own secret */
};

#endif
