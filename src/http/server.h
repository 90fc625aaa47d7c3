/* An HTTP/1.1 server on the event loop, over libmicrohttpd: one for each listening socket. A
 * handler sees a request once it is there with its whole body, or takes the body as it comes, and
 * answers at once, later, piece by piece, or with a file. A client that stops reading, sends slowly
 * or leaves costs its own memory, never a turn of the loop. */
#ifndef SLUICE_HTTP_SERVER_H
#define SLUICE_HTTP_SERVER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

struct http_server;
/* One request and its answer. */
struct http_exchange;

struct http_handlers {
	/* The headers are there, the body is still to come. May answer, and then the body is not
	 * read, or call http_set_sink(). NULL: nothing is to be done yet. */
	void (*begin)(void *ctx, struct http_exchange *x);
	/* The request is there. It is answered by http_answer() or http_begin_stream(), now or in a
	 * later turn of the loop. */
	void (*request)(void *ctx, struct http_exchange *x);
	/* The answer was sent, or the client has left: the exchange is gone after this call. Only
	 * for exchanges that begin() or request() saw. */
	void (*over)(void *ctx, struct http_exchange *x);
	/* The client has taken so much of the stream that http_await_room() asked for. NULL: no
	 * handler asks. Nothing may be written from within the call. */
	void (*room)(void *ctx, struct http_exchange *x);
};

/* A client that sends or takes nothing for this long is dropped. Exchanges that wait for their
 * handler are exempt. */
enum { HTTP_IDLE_S = 30 };

/* A stream whose client leaves this much unread is dropped; before that its writer may pause. */
enum { HTTP_UNSENT_MAX = 1 << 20 };

struct http_config {
	int fd;               /* listens, does not block; the server's from the start on */
	size_t memory;        /* of a connection: headers, and a piece of body; 0: 16 KB */
	size_t body_max;      /* a request with a larger body is answered with 413; not for sinks */
	unsigned connections; /* at once; more wait in the backlog */
	bool own_user;        /* a unix socket: other users but root are answered with 403 */
	bool no_browser;      /* a TCP socket: a request with an Origin is answered with 403 */
	/* PEM texts, to serve over TLS; NULL: plain. Borrowed until http_server_start() returns. */
	const char *tls_cert, *tls_key;
	/* Writes the body of an answer that the server itself gives, such as 413; may add headers.
	 */
	void (*error)(struct http_exchange *x, int status, const char *words, struct buf *out);
	const char *error_type; /* Content-Type of these */
	struct http_handlers handlers;
	void *ctx;
};

/* Starts to serve. NULL and err otherwise; then the descriptor is closed. */
struct http_server *http_server_start(
	struct ev_loop *loop, const struct http_config *config, struct error *err);
/* Ends all streams, answers what waits with 503, gives the clients up to patience_ms to take what
 * is written, and closes everything. NULL is fine. */
void http_server_stop(struct http_server *s, int patience_ms);

/* ---- the request ---- */
const char *http_method(const struct http_exchange *x);
/* The path, with its %XX decoded. */
const char *http_path(const struct http_exchange *x);
/* The value of a header line; NULL: there is none. Borrowed. */
const char *http_header(const struct http_exchange *x, const char *name);
/* Calls each() for every parameter of the query, decoded; value is "" where there is none. Values
 * may hold NUL bytes: len counts. */
void http_each_parameter(const struct http_exchange *x,
	void (*each)(void *ctx, const char *name, size_t name_len, const char *value, size_t len),
	void *ctx);
/* Does the client wait for a 100 before it sends the body? One that does not may see a reset in
 * place of an answer that comes before the body's end. */
bool http_waits(const struct http_exchange *x);
/* Takes the body piece by piece, as it comes; http_body() is then empty. To be called in begin().
 * False: drop the connection, without an answer. libmicrohttpd takes no answer in the middle of a
 * body: a sink that has had enough calls http_spill() with the rest, and request() answers. */
typedef bool http_sink(void *ctx, struct http_exchange *x, const char *data, size_t len);
void http_set_sink(struct http_exchange *x, http_sink *sink);
/* A sink ignores this much, so that its client sees the answer. False, for it to return: it has
 * ignored more than most bytes, or than a usual body has. */
bool http_spill(struct http_exchange *x, size_t len, uint64_t most);
/* The body, followed by a NUL; borrowed. */
const char *http_body(const struct http_exchange *x, size_t *len);
/* The request may have a larger body than the others. To be called in begin(). */
void http_set_body_max(struct http_exchange *x, size_t max);
/* Frees the body: an answer may take long. */
void http_forget_body(struct http_exchange *x);
/* The process at the other end of a unix socket; 0: not known. */
pid_t http_peer(const struct http_exchange *x);
/* The handler's own data of the exchange. */
void http_set_data(struct http_exchange *x, void *data);
void *http_data(const struct http_exchange *x);

/* ---- the answer ---- */
/* Adds a header line to the answer to come. Both texts are constants or outlive the call to
 * http_answer(). At most 24. */
void http_add_header(struct http_exchange *x, const char *name, const char *value);
/* Answers. Takes what body holds and leaves it empty; NULL: no body. */
void http_answer(struct http_exchange *x, int status, const char *type, struct buf *body);
/* Answers 200 with the first size bytes of a file. The descriptor is closed when they are sent. */
void http_answer_file(struct http_exchange *x, const char *type, int fd_take, uint64_t size);
/* Answers 200 with a body that comes piece by piece. */
void http_begin_stream(struct http_exchange *x, const char *type);
/* Adds to the stream. False: the client reads too slowly or has left, and over() will follow. */
bool http_stream_write(struct http_exchange *x, const char *data, size_t len);
/* Bytes of the stream that the client has not taken. */
size_t http_unsent(const struct http_exchange *x);
/* Calls room() once no more than this much is unsent. */
void http_await_room(struct http_exchange *x, size_t unsent);
/* The stream is whole. */
void http_end_stream(struct http_exchange *x);

#endif
