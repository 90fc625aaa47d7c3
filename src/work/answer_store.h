/* The answers of earlier runs, behind an interface: the cache of a run asks, src/cache keeps them.
 */
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
	int64_t tokens_in, tokens_out; /* -1: not reported */
	int64_t wall_us;               /* when it was received */
};

struct answer_store {
	/* Sets *out to the answer of a key; its body is valid until the next call. False: there is
	 * none. */
	bool (*find)(void *ctx, const struct hash128 *key, struct stored_answer *out);
	/* Stores a copy of the answer, now or later; it replaces an earlier one. */
	void (*keep)(void *ctx, const struct hash128 *key, const struct stored_answer *answer);
	/* Removes the answer of a key, now or later. */
	void (*forget)(void *ctx, const struct hash128 *key);
	void *ctx;
	struct hash_key key; /* of the keys: the store's own secret */
};

#endif
