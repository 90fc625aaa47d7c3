/* Believable small talk of a support desk, for the mock's answers and the demo's questions. It has
 * no quotes, backslashes or control characters, so it needs no escapes in a JSON string. */
#ifndef SLUICE_MOCK_PHRASES_H
#define SLUICE_MOCK_PHRASES_H

#include <stddef.h>

#include "base/buf.h"
#include "base/rng.h"

/* Appends one sentence with its full stop: "The warehouse confirmed the refund within two days." */
void phrase_sentence(struct rng *r, struct buf *out);
/* Appends sentences up to about `bytes` (at least one), separated by spaces. */
void phrase_text(struct rng *r, size_t bytes, struct buf *out);
/* One of n words. */
const char *phrase_pick(struct rng *r, const char *const *words, size_t n);

#endif
