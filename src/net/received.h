/* The received part of an answer: its headers, and its body unless a sink takes it. Independent of
 * libcurl. Private to src/net. */
#ifndef SLUICE_NET_RECEIVED_H
#define SLUICE_NET_RECEIVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/body_sink.h"
#include "api/response.h"
#include "base/buf.h"

/* The buffers of answers that were handed over, for the next ones that begin: the last used is
 * still in the processor's cache, and requests in flight without an answer hold none. */
struct spare_buffers {
	struct buf at[64];
	unsigned n;
};
struct received_spare {
	struct spare_buffers headers, bodies;
};

struct received {
	struct buf headers, body; /* of the final response; bounded by their ceilings */
	struct received_spare *spare;
	const struct body_sink *sink; /* borrowed; NULL: none */
	bool body_began;
	bool sinks;                    /* the sink takes the body */
	bool headers_full;             /* the headers, not the body, exceeded the limit */
	uint64_t bytes, headers_bytes; /* received in all, and in all heads of the answer */
};

/* Empty: all zero. Frees the buffers in it. */
void received_spare_free(struct received_spare *spare);

/* Ceilings in bytes of the headers and of the body; spare is borrowed. Free with received_free().
 */
void received_init(
	struct received *r, struct received_spare *spare, size_t max_headers, size_t max_body);
void received_free(struct received *r);
/* Begins the next answer; sink is borrowed, NULL: none. */
void received_reset(struct received *r, const struct body_sink *sink);
/* The answer was handed over: gives its buffers of up to keep bytes to the spare ones, and frees
 * larger ones. */
void received_release(struct received *r, size_t keep);

enum received_line {
	RECEIVED_FULL,   /* the headers are too large: end the transfer as NET_TOO_LARGE */
	RECEIVED_STATUS, /* a status line: a response begins; earlier ones were interim or a proxy's
			  */
	RECEIVED_FIELD,  /* a header field, or the empty line after the fields */
};
/* Takes one header line with its line end. */
enum received_line received_header(struct received *r, const char *line, size_t len);
/* Takes a piece of the body at now; false when it is too large. */
bool received_body(struct received *r, const char *data, size_t len, int64_t now_us);
/* Sets the answer's headers and body, borrowed from r. */
void received_show(struct received *r, struct answer *out);
/* Has the sink received everything that counts? */
bool received_is_whole(const struct received *r);

#endif
