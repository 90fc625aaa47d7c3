/* A WebSocket (RFC 6455) of a client of the HTTP server: its handshake, and text messages both
 * ways. libwslay does the frames. Compression is not offered. */
#ifndef SLUICE_HTTP_WEBSOCKET_H
#define SLUICE_HTTP_WEBSOCKET_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct http_exchange;
struct websocket;

enum {
	WEBSOCKET_MESSAGE_MAX = 1 << 20, /* a larger message closes it with 1009 */
	WEBSOCKET_UNSENT_MAX = 1 << 20,  /* a client that leaves this much unread is dropped */
	WEBSOCKET_PING_S = 30, /* a client that answers no ping until the next is dropped */
	WEBSOCKET_CLOSE_S = 5, /* for the client's own close, after ours */
};

/* Codes of a close: RFC 6455, 7.4.1. */
enum { WEBSOCKET_NORMAL = 1000, WEBSOCKET_GOING_AWAY = 1001, WEBSOCKET_POLICY = 1008 };

/* Why a request cannot become one. */
struct websocket_refusal {
	int status;
	const char *words; /* static */
};

struct websocket_config {
	struct ev_loop *loop;
	const char *protocol; /* the subprotocol that was chosen; NULL: none */
	/* A whole text message, in UTF-8; followed by a NUL. From the loop. May send and close. */
	void (*message)(void *ctx, const char *text, size_t len);
	void *ctx;
};

/* Answers the request with 101. NULL and why: it is refused, nothing is answered yet. When the
 * exchange is over, whatever ended it, the caller frees the socket by websocket_free(). */
struct websocket *websocket_accept(struct http_exchange *x, const struct websocket_config *config,
	struct websocket_refusal *why);
/* Is the name among those of the header Sec-WebSocket-Protocol? Else the value that begins with the
 * name and a dot is it, if `value` is not NULL: it gets the place behind the dot, and len. */
bool websocket_offers(
	const struct http_exchange *x, const char *name, const char **value, size_t *len);
/* Sends a text. False: the client has left, or reads too slowly and is dropped. Before the 101 is
 * sent, texts wait. */
bool websocket_send(struct websocket *w, const char *text, size_t len);
/* Closes with a code and a reason of at most 100 bytes, once what was sent is out. */
void websocket_close(struct websocket *w, int code, const char *reason);
/* After the exchange is over. NULL is fine. */
void websocket_free(struct websocket *w);

#endif
