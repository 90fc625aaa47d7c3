/* A client of control sockets: HTTP over a unix socket, by libcurl. Several runs are asked at once,
 * so that one that hangs does not delay the others. Blocks, and reads the clock. */
#ifndef SLUICE_CLI_CONTROL_CLIENT_H
#define SLUICE_CLI_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum control_result {
	CONTROL_ANSWERED, /* status and answer are there */
	CONTROL_ABSENT,   /* nothing listens at the socket, or it may not be used */
	CONTROL_SILENT,   /* something listens, but did not answer in time */
	CONTROL_LOST,     /* the connection broke, or the answer is none in HTTP or too long */
	CONTROL_LEFT,     /* on_data() did not want more */
};

struct control_request {
	const char *socket; /* its path */
	const char *path;   /* "/v1/snapshot", encoded */
	const char *body;   /* of a POST, JSON; NULL: GET */
	const char *accept; /* media type; NULL: JSON */
	/* An answer that may take long: as long as the run answers /healthz, it is waited for. */
	bool patient;
	/* Gets the bytes of an answer of status 200 as they come, and is called with len 0 at least
	 * once a second; false: leave. NULL: they are gathered in `answer`. */
	bool (*on_data)(void *ctx, const char *bytes, size_t len);
	void *ctx;

	enum control_result result;
	long status;
	struct buf answer; /* release it with control_request_free() */
	struct error err;  /* why there is no answer */
};

/* Asks all of them and returns when each has its result. A run that is silent for so long, > 0, is
 * given up. */
void control_client_ask(struct control_request *requests, size_t n, int64_t silence_us);
void control_request_free(struct control_request *r);

/* Appends text as one part of a path or query, percent-encoded. */
void control_client_encode(struct buf *path, const char *text);

#endif
