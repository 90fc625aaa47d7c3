/* The connections of a transport: the socket of each, and the requests whose answers came over it
 * last. HTTP/1 matches answers to requests by their order alone. When an extra answer comes over a
 * connection, its latest answers may belong to other requests, back to the last pause: a request
 * sent after a pause, with nothing pending, got its own answer. Times are those of the monotonic
 * clock, because servers and networks go on while this process is suspended. Private to src/net. */
#ifndef SLUICE_NET_CONNECTION_H
#define SLUICE_NET_CONNECTION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "net/pending.h"
#include "net/transport.h"

/* The two ends of a connection, as CURLOPT_PREREQFUNCTION gives them; borrowed. */
struct connection_ends {
	const char *remote, *local;
	int remote_port, local_port;
};

struct connection; /* owned by its connections until connections_close() */
struct connections;

/* Requests that may have got each other's answers. */
struct doubt {
	STAILQ_ENTRY(doubt) next;
	struct buf names; /* struct answer_name each, in order */
	bool cut;         /* the oldest names were dropped */
};

/* No connections. Free with connections_free(). */
struct connections *connections_new(void);
/* NULL is fine. */
void connections_free(struct connections *t);

/* The connection with these ends; NULL: there is none. */
struct connection *connections_find(struct connections *t, const struct connection_ends *ends);
/* Has the socket these ends? */
bool connection_has_ends(int fd, const struct connection_ends *ends);
/* Adds a connection over the socket with these ends. ssl: libcurl's own; NULL: no TLS. Retires
 * another connection with the same ends. */
struct connection *connections_add(
	struct connections *t, const struct connection_ends *ends, int fd, SSL *ssl);
/* The socket is about to be closed: removes its connection, which the caller frees with
 * connection_free(), and notes a doubt when bytes are pending on it. NULL: there is none. */
struct connection *connections_close(struct connections *t, int fd);
/* Frees one that connections_close() returned. */
void connection_free(struct connection *c);

/* The transfer that uses it now; NULL: none, or it is shared. */
struct transfer *connection_user(const struct connection *c);
/* Is it HTTP/2, where each answer names its request? */
bool connection_is_shared(const struct connection *c);
/* Has an answer ended on it, or is a request using it? */
bool connection_was_used(const struct connection *c);
/* May the next request go over a connection without a user? Notes a doubt if not. */
bool connections_fit(struct connections *t, struct connection *c);
/* Did an answer over HTTP/1 claim to be HTTP/2? curl would send several requests at once over such
 * a connection. */
bool connections_mislabelled(const struct connections *t);

/* Do the pending bytes show that its latest answers may belong to other requests? Junk shows it
 * only after an answer whose text may hold the head of another. */
bool connection_shows(struct connection *c, enum pending what);
/* An answer over it begins with this status line. A server does not change its version between
 * answers, so a good answer of another version came from somebody else. False: do not keep the
 * connection. */
bool connections_check_version(
	struct connections *t, struct connection *c, const char *line, size_t len, int status);

/* Its next request, with these names, goes out. */
void connection_begin(
	struct connection *c, struct transfer *user, const struct buf *names, int64_t mono_us);
/* Its user's answer has ended, with this body, and took took_us of the run's time. */
void connection_end(struct connection *c, const struct buf *body, int64_t took_us, int64_t mono_us);
/* Ends its use: it has no user, and no request goes over it again. */
void connection_retire(struct connection *c);
/* For how long in us it has been idle. */
int64_t connection_idle(const struct connection *c, int64_t mono_us);

/* An extra answer came over it: notes a doubt about its requests since the last pause if there are
 * several, since a single one cannot have got another's answer. newest: bytes of the names of the
 * newest request when that got no answer and is left out; else 0. */
void connections_doubt(struct connections *t, struct connection *c, size_t newest);
/* Takes the next doubt to report; the caller frees it with doubt_free(). NULL: there is none. */
struct doubt *connections_next_doubt(struct connections *t);
/* Frees one that connections_next_doubt() returned. */
void doubt_free(struct doubt *d);

/* The run has left: its names stay as places only. */
void connections_forget_run(struct connections *t, const void *run);

/* Call it while nothing is in flight. Returns the time until which idle connections may still
 * receive extra answers; after that it checks them and returns 0. */
int64_t connections_watch(struct connections *t, int64_t mono_us);

#endif
