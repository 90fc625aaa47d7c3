/* Parses server-sent events as their bytes come: WHATWG HTML, 9.2.5 and 9.2.6. Pure; memory is
 * bounded by the largest event. The field retry is ignored.
 *
 * Two forms of errors in the middle of streams are read beyond the standard: a line that is a JSON
 * object is an event, and a field "error", llama.cpp's, is an event of this type. */
#ifndef SLUICE_API_SSE_H
#define SLUICE_API_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* An event; its texts are valid during the call only. */
struct sse_event {
	const char *type; /* value of the event field; "" when absent */
	const char *data; /* lines of data joined by \n; NUL-terminated */
	size_t type_len, data_len;
	const char *id; /* the last id field so far, "" when there was none or a long one */
};

typedef void sse_visit(void *ctx, const struct sse_event *event);

struct sse {
	struct buf line; /* the front of a line whose end has not come */
	struct buf type, data, id;
	bool has_data;
	bool after_cr;    /* a line feed that comes next ends no line */
	unsigned started; /* bytes of a possible byte order mark seen; 3: done */
	sse_visit *visit;
	void *ctx;
};

/* max: ceiling of one event or line in bytes. Free with sse_free(). */
void sse_init(struct sse *s, size_t max, sse_visit *visit, void *ctx);
/* Begins another stream; releases buffers larger than keep bytes. */
void sse_reset(struct sse *s, size_t keep);
void sse_free(struct sse *s);

/* Takes the next bytes, split anywhere; false when an event is larger than max: the stream is then
 * of no further use. */
bool sse_feed(struct sse *s, const char *bytes, size_t len);
/* Ends the stream. An event without its empty line is visited too, which the standard would drop:
 * the visitor recognises a cut one, since half an object is not JSON. */
void sse_end(struct sse *s);

#endif
