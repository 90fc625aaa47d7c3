/* What waits in a connection that nothing was asked over: an answer to nobody, which the next
 * request would be given for its own. Private to src/net. */
#ifndef SLUICE_NET_PENDING_H
#define SLUICE_NET_PENDING_H

#include <openssl/ssl.h>
#include <stddef.h>

enum pending {
	PENDING_NOTHING, /* session tickets and the like do not count */
	PENDING_END,     /* the other side closed it, perhaps with a 408 that says so */
	PENDING_JUNK,    /* what no answer begins with, or what may only go before one */
	PENDING_ANSWER,
};

/* Looks without taking anything out and without waiting. ssl: what speaks TLS over the socket;
 * NULL: nobody does. One system call when nothing waits. */
enum pending pending_peek(int fd, SSL *ssl);

/* The status of the answer that begins here, whatever version it says, as libcurl takes it; 0: none
 * begins here. */
enum { PENDING_STATUS_CUT = -1 };
int pending_status(const char *bytes, size_t n);
/* What these first bytes are; pure. n is not 0. */
enum pending pending_judge(const char *bytes, size_t n);

#endif
