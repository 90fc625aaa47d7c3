/* A completion as server-sent events: the whole text, and where it is cut into pieces that are sent
 * one by one. Pure. */
#ifndef SLUICE_MOCK_STREAM_H
#define SLUICE_MOCK_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "mock/call.h"

enum { STREAM_PIECES = 6 }; /* the default number of pieces */

struct stream {
	struct buf text;
	size_t *ends; /* end of each piece; the last is text.len */
	int n, cap;   /* pieces */
};

/* Fills s (its buffer initialised by the caller, emptied here) with so many pieces, at most one a
 * byte of text; no cut splits a character. The form is OpenAI's chunks up to [DONE], or the named
 * events of the Responses API or Anthropic. Free with stream_free(). */
void stream_write(const struct call *c, int64_t created_s, int pieces, struct stream *s);
void stream_free(struct stream *s);

#endif
