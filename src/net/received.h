/* What has been received of an answer: its headers, and its body unless a sink takes that. Knows
 * nothing of libcurl. Private to src/net. */
#ifndef SLUICE_NET_RECEIVED_H
#define SLUICE_NET_RECEIVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/body_sink.h"
#include "api/response.h"
#include "base/buf.h"

struct received {
	struct buf headers, body;     /* of the final response; their ceilings are the limits */
	const struct body_sink *sink; /* borrowed; NULL: none */
	bool body_began;
	bool sinks;                    /* the sink takes the body */
	bool headers_full;             /* the limit was that of the headers */
	uint64_t bytes, headers_bytes; /* in all, and of all heads of the answer */
};

void received_init(struct received *r, size_t max_headers, size_t max_body);
void received_free(struct received *r);
/* Ready for the next answer. */
void received_reset(struct received *r, const struct body_sink *sink);
/* Gives back the memory beyond keep bytes a buffer. */
void received_trim(struct received *r, size_t keep);

enum received_line {
	RECEIVED_FULL,   /* one too many: the transfer is to end as NET_TOO_LARGE */
	RECEIVED_STATUS, /* a status line: a response begins, what came before was a 1xx or a
			    proxy's */
	RECEIVED_FIELD,  /* a header field, or the empty line behind them */
};
/* Takes one line, its end included. */
enum received_line received_header(struct received *r, const char *line, size_t len);
/* Takes a piece of the body at now; false when it is too large. */
bool received_body(struct received *r, const char *data, size_t len, int64_t now_us);
/* Sets the answer's headers and body, which point into r. */
void received_show(struct received *r, struct answer *out);
/* Has the sink all that counts? */
bool received_is_whole(const struct received *r);

#endif
