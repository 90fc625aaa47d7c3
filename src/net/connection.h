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

struct connection {
	LIST_ENTRY(connection) in_slot, in_all;
	char remote[46], local[46];
	int remote_port, local_port;
	int fd;
	SSL *ssl;              /* libcurl's own; NULL: no TLS */
	bool shared;           /* HTTP/2: each answer says whose it is */
	bool unsure;           /* another one has the same ends: it is not used again */
	bool dirty;            /* one more answer came than was asked for */
	char version[8];       /* of HTTP, as its answers say it */
	size_t version_len;    /* 0: none did yet */
	bool odd;              /* one may have been swallowed by the text of another */
	struct transfer *user; /* under way over it; NULL: none, or it is shared */
	int64_t rested_us;     /* when the last answer ended; 0: none has */
	int64_t slowest_us;    /* of its answers */
	/* The requests since the last rest, that of the user included, and what their answers are
	 * known by: struct answer_name each, several where items share a request. */
	unsigned requests;
	struct buf names;
	bool cut; /* there were more names than are kept */
};

/* Requests of which it is not known whose answers they got. */
struct doubt {
	STAILQ_ENTRY(doubt) next;
	struct buf names; /* struct answer_name each, in order */
	bool cut;
};

enum { CONNECTION_SLOTS = 1024 };

struct connections {
	LIST_HEAD(connection_list, connection) slot[CONNECTION_SLOTS], all;
	struct connection **by_fd;
	int n_by_fd;
	STAILQ_HEAD(doubt_list, doubt) doubts; /* to be told */
};

void connections_init(struct connections *t);
void connections_free(struct connections *t);

/* NULL: none has these ends. */
struct connection *connections_find(struct connections *t, const struct connection_ends *ends);
/* Has the socket these ends? */
bool connection_has_ends(int fd, const struct connection_ends *ends);
/* A new one over a socket that has them. */
struct connection *connections_add(
	struct connections *t, const struct connection_ends *ends, int fd, SSL *ssl);
/* Takes the one over this socket out, for connection_free(); NULL: there is none. */
struct connection *connections_take(struct connections *t, int fd);
void connection_free(struct connection *c);

/* Does what waits mean that its latest answers may be another's? Junk means it only behind an odd
 * one. */
bool connection_shows(struct connection *c, enum pending what);
/* Its next request goes out. */
void connection_begin(
	struct connection *c, struct transfer *user, const struct buf *names, int64_t mono_us);
/* The answer to it has ended, which took took_us of the run's time. */
void connection_rest(struct connection *c, int64_t took_us, int64_t mono_us);
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
