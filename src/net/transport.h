/* HTTP over libcurl on the one libev loop. Transfers are sharded over several multi handles of at
 * most TRANSPORT_SHARD transfers each, because libcurl 7.88 searches a multi's connections
 * linearly: one multi with 4,096 transfers costs 4.6 times the CPU per request. */
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
struct transfer; /* a request in flight; owned by the transport, valid until its done callback
		    returns */

/* An extra answer came over a connection, so the answers of these names may belong to other
 * requests: all but the first, which was sent when nothing else could come. cut: the first is not
 * known. Called from the loop, after the answers themselves, once for each run that has requests
 * among them; it may start and cancel transfers. */
typedef void transport_doubt(void *run, const struct answer_name *names, size_t n, bool cut);

struct transport_config {
	int64_t timeout_us; /* whole attempt; 0: off, as for the others */
	int64_t connect_timeout_us;
	int64_t first_byte_timeout_us; /* from sent request to first byte of the answer */
	int64_t idle_timeout_us;       /* between two reads of the answer */
	size_t max_response;           /* bytes of body; more ends as NET_TOO_LARGE */
	size_t max_headers;            /* bytes of headers of one answer (0: 64 KiB) */
	const char *const *headers;    /* "Name: value" headers of every request, NULL-terminated;
					  copied; may hold secrets */
	int max_kept; /* most idle connections kept open; 0: TRANSPORT_SHARD per shard */
	int buffer;   /* bytes of an answer that are read at once; 0: 16 KB. Each request in flight
			 has them */
	bool http1_only;
	transport_doubt *doubt; /* NULL: doubts are not reported */
};

struct transport_request {
	const char *method;
	const char *url;
	const char *headers; /* "Name: value\n" lines, may be NULL; they replace common ones of the
				same name */
	const char *body;    /* NULL: none; copied */
	size_t body_len;
	const struct body_sink *sink; /* may take the answer's body; NULL: none. Borrowed until the
					 transfer has ended */
	void *run;                    /* whose request it is; for the callbacks */
	/* The names of its answer, for doubts; copied. */
	const struct answer_name *names;
	size_t n_names;
	/* How often it may be sent again because a used connection closed without an answer. */
	unsigned resends_most;
	bool afresh; /* over a new connection, so that the answer is surely its own */
};

/* Called once for each transfer that was started, from the loop and never from within
 * transport_start() or transport_cancel(). The answer's pointers are valid until it returns. It may
 * start and cancel other transfers. */
typedef void transport_done(void *run, void *item, const struct answer *answer);

/* NULL and err when libcurl cannot be set up. The loop and the clock, which gives all its times,
 * must outlive it. Free with transport_free(). */
struct transport *transport_new(struct ev_loop *loop, struct run_clock *clock,
	const struct transport_config *config, transport_done *done, struct error *err);
/* Aborts all transfers without callbacks and releases everything. */
void transport_free(struct transport *t);
/* Aborts all transfers of the run without callbacks, and reports no doubts to it any more. */
void transport_leave(struct transport *t, const void *run);

/* Starts a request; item comes back in the callback. Never fails: an invalid request is reported by
 * the callback on a later turn of the loop. */
struct transfer *transport_start(
	struct transport *t, const struct transport_request *r, void *item);
/* Cancels a transfer: its callback comes later with NET_CANCELLED. */
void transport_cancel(struct transport *t, struct transfer *x);

/* Stops reading the answer, or goes on; what is on the way may still come. False: the transfer
 * shares its connection, which would stop for the others, too; it goes on. While it is paused no
 * timeout but that of the whole attempt runs. May be called by a sink. */
bool transport_pause(struct transport *t, struct transfer *x, bool paused);

enum transfer_phase {
	PHASE_CONNECT, /* or waiting for a connection */
	PHASE_RESOLVE,
	PHASE_TLS,
	PHASE_SENT, /* the request goes out or is sent; nothing received yet */
	PHASE_RECEIVING,
};
struct transfer_progress {
	enum transfer_phase phase;
	uint64_t bytes_in;
	int64_t idle_us; /* since the last byte moved */
	const char *url; /* borrowed, valid as long as the transfer */
};
/* Fills out for a transfer in flight. */
void transport_progress(const struct transfer *x, struct transfer_progress *out);

/* The received part of an answer, borrowed until the loop goes on. */
struct transfer_received {
	int status; /* 0: no header yet */
	const char *headers, *body;
	size_t headers_len, body_len;
};
/* Fills out with what has come; see struct transfer_received. */
void transport_received(struct transfer *x, struct transfer_received *out);

/* Call it while nothing of the run is in flight; does nothing while other runs have requests in
 * flight. Returns the time until which extra answers may still come
 * over the connections, some milliseconds to a second after the last answer. After that it checks
 * them, reports the doubts and returns 0. */
int64_t transport_settle(struct transport *t);

#endif
