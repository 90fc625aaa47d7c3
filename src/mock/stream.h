/* A completion as server-sent events: the whole text at once and where it may be cut into pieces
 * that are sent one after the other. Pure. */
#ifndef SLUICE_MOCK_STREAM_H
#define SLUICE_MOCK_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "mock/call.h"

enum { STREAM_PIECES = 6 }; /* unless told otherwise */

struct stream {
	struct buf text;
	size_t *ends; /* where each piece ends; the last at text.len */
	int n, cap;   /* pieces */
};

/* Fills s (its buffer initialised by the caller, emptied here) with so many pieces, or as many as
 * the text has bytes, none of which parts a letter: OpenAI's chunks up to [DONE], the Responses API's or Anthropic's named
 * events. */
void stream_write(const struct call *c, int64_t created_s, int pieces, struct stream *s);
void stream_free(struct stream *s);

#endif
