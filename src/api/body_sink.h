/* Who takes the body of an answer while it arrives, in place of the transport's keeping it. */
#ifndef SLUICE_API_BODY_SINK_H
#define SLUICE_API_BODY_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct body_sink {
	/* The first bytes of a body came, which does not begin as JSON does: does the sink take it?
	 * Header lines as of struct answer. */
	bool (*begin)(void *ctx, const char *headers, size_t len);
	/* The next bytes; false when that is too much. */
	bool (*take)(void *ctx, const char *bytes, size_t len, int64_t now_us);
	/* Has all come that counts? Then the answer is not kept waiting for the end of a body that
	 * stays away. */
	bool (*whole)(void *ctx);
	void *ctx;
};

#endif
