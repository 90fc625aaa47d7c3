/* Server-sent events, byte by byte as they come: WHATWG HTML, 9.2.5 and 9.2.6. Pure; memory is
 * bounded by the largest event. Fields a batch has no use for (id, retry) are passed over. */
#ifndef SLUICE_API_SSE_H
#define SLUICE_API_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* An event; the texts are valid during the call only. */
struct sse_event {
	const char *type; /* of the event field; "" when there was none */
	const char *data; /* lines of data joined by \n; NUL-terminated */
	size_t type_len, data_len;
};

typedef void sse_visit(void *ctx, const struct sse_event *event);

struct sse {
	struct buf line; /* the front of a line whose end is still to come */
	struct buf type, data;
	bool has_data;
	bool after_cr;    /* a line feed that comes next belongs to the line before */
	unsigned started; /* bytes of a possible byte order mark looked at, 3: done */
	sse_visit *visit;
	void *ctx;
};

/* max: bytes of one event or line. */
void sse_init(struct sse *s, size_t max, sse_visit *visit, void *ctx);
/* Ready for another stream; keeps up to keep bytes of memory a buffer. */
void sse_reset(struct sse *s, size_t keep);
void sse_free(struct sse *s);

/* Takes the next bytes, split wherever; false when an event is larger than max, and then the stream
 * is no further use. */
bool sse_feed(struct sse *s, const char *bytes, size_t len);
/* The stream is at its end. An event without its empty line is handed out, too, which the standard
 * would drop: the visitor can tell a cut one, since half an object is no JSON. */
void sse_end(struct sse *s);

#endif
