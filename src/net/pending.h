/* Bytes pending on an idle connection. They may be an answer that nobody asked for, which the next
 * request would take for its own. Private to src/net. */
#ifndef SLUICE_NET_PENDING_H
#define SLUICE_NET_PENDING_H

#include <openssl/ssl.h>
#include <stddef.h>

enum pending {
	PENDING_NOTHING, /* session tickets and the like are ignored */
	PENDING_END,     /* the other side closed it, perhaps with a 408 that says so */
	PENDING_JUNK,    /* bytes that begin no answer, or only an interim one */
	PENDING_ANSWER,
};

/* Peeks at the pending bytes without consuming any and without blocking. ssl: the TLS of the
 * socket; NULL: none. Costs one system call when nothing is pending. */
enum pending pending_peek(int fd, SSL *ssl);

/* The status of the answer that begins here, of any version that libcurl accepts; 0: no answer
 * begins here; PENDING_STATUS_CUT: the status is not complete. */
enum { PENDING_STATUS_CUT = -1 };
int pending_status(const char *bytes, size_t n);
/* Classifies the first n bytes (n > 0). Pure. */
enum pending pending_judge(const char *bytes, size_t n);

#endif
