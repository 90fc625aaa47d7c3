/* Takes the body of an answer while it arrives, so that the transport does not keep it. */
#ifndef SLUICE_API_BODY_SINK_H
#define SLUICE_API_BODY_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct body_sink {
	/* The first bytes of a body came behind any blanks, and they do not begin JSON. Does the
	 * sink take it? Header lines as in struct answer. */
	bool (*begin)(
		void *ctx, const char *headers, size_t headers_len, const char *bytes, size_t len);
	/* Takes the next bytes; false when the body grew too large. */
	bool (*take)(void *ctx, const char *bytes, size_t len, int64_t now_us);
	/* Has everything that counts come? Then the answer does not wait for the end of the body.
	 */
	bool (*whole)(void *ctx);
	void *ctx;
};

#endif
