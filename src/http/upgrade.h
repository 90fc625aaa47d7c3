/* Another protocol on the connection of a client, after HTTP's 101. */
#ifndef SLUICE_HTTP_UPGRADE_H
#define SLUICE_HTTP_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>

struct http_exchange;

/* The 101 is sent: fd, which does not block, belongs to the caller until http_close_upgraded().
 * first: what the client has sent behind its request already. */
typedef void http_upgrade_begun(void *ctx, int fd, const char *first, size_t len);

struct http_upgrade {
	const char *protocol; /* value of the header Upgrade */
	http_upgrade_begun *begun;
	/* The server stops: close soon, by http_close_upgraded(). May be called again. */
	void (*ended)(void *ctx);
	void *ctx;
};

/* Is the request one that may ask for another protocol: a GET of HTTP/1.1? */
bool http_may_upgrade(const struct http_exchange *x);
/* Can the client's connection carry another protocol? One over TLS cannot: libmicrohttpd would need
 * threads. */
bool http_can_upgrade(const struct http_exchange *x);
/* Answers 101, with the headers added before; u is copied. The exchange is over when the connection
 * is closed; if the 101 cannot be sent, begun() is never called. */
void http_answer_upgrade(struct http_exchange *x, const struct http_upgrade *u);
/* Closes the connection: over() of the exchange follows from the loop. */
void http_close_upgraded(struct http_exchange *x);

#endif
