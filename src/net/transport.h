/* HTTP over libcurl on the one libev loop. Transfers are sharded over several multi handles of at
 * most TRANSPORT_SHARD transfers each: libcurl 7.88 searches a multi's connections one by one, and
 * one multi with 4,096 transfers costs 4.6 times the CPU a request (DESIGN §6). */
#ifndef SLUICE_NET_TRANSPORT_H
#define SLUICE_NET_TRANSPORT_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/body_sink.h"
#include "api/response.h"
#include "base/error.h"
#include "base/run_clock.h"

enum { TRANSPORT_SHARD = 64 };

struct transport;
struct transfer; /* one request under way; owned by the transport, valid until its done callback
		    returns */

/* More came over a connection than was asked for, so that the answers of these names may be those
 * to other requests: all but the first, which was asked for when nothing else could come. cut: it
 * is not known which was the first. Called from the loop, behind the answers themselves; it may
 * start and cancel transfers. */
typedef void transport_doubt(void *ctx, const struct answer_name *names, size_t n, bool cut);

struct transport_config {
	int64_t timeout_us; /* whole attempt; 0: off, as for the others */
	int64_t connect_timeout_us;
	int64_t first_byte_timeout_us; /* from sent request to first byte of the answer */
	int64_t idle_timeout_us;       /* between two reads of the answer */
	size_t max_response;           /* bytes of body; more ends as NET_TOO_LARGE */
	size_t max_headers;            /* bytes of headers of one answer (0: 64 KiB) */
	const char *const *headers;    /* common "Name: value" headers of every request,
					  NULL-terminated;    copied; secrets live here */
	int max_kept; /* connections that stay open behind their requests; 0: TRANSPORT_SHARD a
			 shard */
	bool http1_only;
	transport_doubt *doubt; /* NULL: nobody wants to know */
};

struct transport_request {
	const char *method;
	const char *url;
	const char *headers; /* "Name: value\n" lines, may be NULL; they replace common ones of the
				same name */
	const char *body;    /* NULL: none; copied */
	size_t body_len;
	const struct body_sink *sink; /* takes the answer's body, if it wants it; NULL. Borrowed
					 until the transfer has ended */
	/* What its answer is known by should it be in doubt; copied. */
	const struct answer_name *names;
	size_t n_names;
	/* How often it may leave again because a connection that was in use closed without an
	 * answer. */
	unsigned resends_most;
	bool afresh; /* over a connection of its own, whose answer is nobody else's */
};

/* Called once for every transfer that was started, from the loop and never from within
 * transport_start() or transport_cancel(). The answer's pointers are valid until it returns. It may
 * start and cancel other transfers. */
typedef void transport_done(void *ctx, void *item, const struct answer *answer);

/* NULL and err when libcurl cannot be set up. Loop and clock must outlive it; all its times are the
 * clock's. */
struct transport *transport_new(struct ev_loop *loop, struct run_clock *clock,
	const struct transport_config *config, transport_done *done, void *ctx, struct error *err);
/* Aborts what is under way without callbacks and releases everything. */
void transport_free(struct transport *t);

/* Starts a request; item comes back in the callback. Never fails: what is wrong with the request is
 * told through the callback on a later turn of the loop. */
struct transfer *transport_start(
	struct transport *t, const struct transport_request *r, void *item);
/* Ends it: the callback comes later with NET_CANCELLED. */
void transport_cancel(struct transport *t, struct transfer *x);

enum transfer_phase {
	PHASE_CONNECT, /* or waiting for a connection; for the transport itself all up to SENT */
	PHASE_RESOLVE,
	PHASE_TLS,
	PHASE_SENT, /* request sent or being sent, nothing received yet */
	PHASE_RECEIVING,
};
struct transfer_progress {
	enum transfer_phase phase;
	uint64_t bytes_in;
	int64_t idle_us; /* since the last byte moved */
	const char *url; /* borrowed, valid as long as the transfer */
};
void transport_progress(const struct transfer *x, struct transfer_progress *out);

/* What has been received so far, borrowed until the loop goes on. */
struct transfer_received {
	int status; /* 0: no header yet */
	const char *headers, *body;
	size_t headers_len, body_len;
};
void transport_received(struct transfer *x, struct transfer_received *out);

/* Nothing is under way any more: returns until when it may still show that more came over
 * connections than was asked for, some milliseconds to a second after the last answer. Once that
 * has passed it looks, tells the doubts and returns 0. */
int64_t transport_settle(struct transport *t);

#endif
