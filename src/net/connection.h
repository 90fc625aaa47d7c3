/* The connections of a transport: which socket each is, and whose answers came over it last. HTTP/1
 * has nothing but the order to tell which answer is whose. When more comes over a connection than
 * was asked for, its latest answers may be those of other requests, as far back as they followed
 * each other closely: one whose request left after a rest, with nothing waiting, is its own.
 * Servers and networks go on while this process is suspended: its times are those of the monotonic
 * clock. Private to src/net. */
#ifndef SLUICE_NET_CONNECTION_H
#define SLUICE_NET_CONNECTION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "net/pending.h"
#include "net/transport.h"

/* As CURLOPT_PREREQFUNCTION tells them; borrowed. */
struct connection_ends {
	const char *remote, *local;
	int remote_port, local_port;
};

struct connection; /* owned by its connections until connections_close() */
struct connections;

/* Requests of which it is not known whose answers they got. */
struct doubt {
	STAILQ_ENTRY(doubt) next;
	struct buf names; /* struct answer_name each, in order */
	bool cut;         /* there were more names than are kept */
};

struct connections *connections_new(void);
/* NULL is fine. */
void connections_free(struct connections *t);

/* NULL: none has these ends. */
struct connection *connections_find(struct connections *t, const struct connection_ends *ends);
/* Has the socket these ends? */
bool connection_has_ends(int fd, const struct connection_ends *ends);
/* A new one over a socket that has them. ssl: libcurl's own; NULL: no TLS. Another one with the
 * same ends is retired with it. */
struct connection *connections_add(
	struct connections *t, const struct connection_ends *ends, int fd, SSL *ssl);
/* The socket is about to be closed: takes its connection out, for connection_free(), and notes the
 * doubt that what waits on it leaves. NULL: there is none. */
struct connection *connections_close(struct connections *t, int fd);
void connection_free(struct connection *c);

/* The transfer under way over it; NULL: none, or it is shared. */
struct transfer *connection_user(const struct connection *c);
/* HTTP/2: each answer says whose it is. */
bool connection_is_shared(const struct connection *c);
/* Has an answer come over it, or is one to come? */
bool connection_was_used(const struct connection *c);
/* May the next request go over one that has no user? Notes the doubt if not. */
bool connections_fit(struct connections *t, struct connection *c);
/* Did an answer over HTTP/1 say that it was HTTP/2? curl would send several requests at once over
 * such a connection. */
bool connections_mislabelled(const struct connections *t);

/* Does what waits mean that its latest answers may be another's? Junk means it only behind an odd
 * one. */
bool connection_shows(struct connection *c, enum pending what);
/* An answer over it begins with this status line. A server does not change its version from one
 * answer to the next: a good one of another was made by somebody else. False: the connection is not
 * to be kept. */
bool connections_check_version(
	struct connections *t, struct connection *c, const char *line, size_t len, int status);

/* Its next request goes out. */
void connection_begin(
	struct connection *c, struct transfer *user, const struct buf *names, int64_t mono_us);
/* The answer to it has ended, with this body, and took took_us of the run's time. */
void connection_end(struct connection *c, const struct buf *body, int64_t took_us, int64_t mono_us);
/* It has no user any more, and no request goes over it again. */
void connection_retire(struct connection *c);
/* For how long it has had nothing to do. */
int64_t connection_idle(const struct connection *c, int64_t mono_us);

/* One more answer came over it than was asked for: its requests since the last rest are in doubt if
 * they are several, since a single one cannot have got another's answer. newest: bytes of the names
 * of the newest request, which is left out because it got no answer; else 0. */
void connections_doubt(struct connections *t, struct connection *c, size_t newest);
/* Takes a doubt that is to be told, for doubt_free(); NULL: there is none. */
struct doubt *connections_next_doubt(struct connections *t);
void doubt_free(struct doubt *d);

/* To be called when nothing is under way: returns until when something may still show on
 * connections at rest, and once that has passed looks at them and returns 0. */
int64_t connections_watch(struct connections *t, int64_t mono_us);

#endif
