#include "config.h"

#include "net/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"

/* Most names kept of a connection: a thousand answers in close order, or as many large packs as
 * hold them. */
enum { NAMES_KEPT = 1024 * sizeof(struct answer_name) };

/* A pause this long, and twice the slowest answer of the connection, shows that no answer is
 * missing: had the last request got another's answer, its own would have come by then. */
#define PAUSE_US (250 * US_PER_MS)
/* How long extra answers may still come at the end, by the slowest answer. */
#define WATCH_LEAST_US (20 * US_PER_MS)
#define WATCH_MOST_US  US_PER_S

enum { CONNECTION_SLOTS = 1024 };

struct connection {
	LIST_ENTRY(connection) in_slot, in_all;
	char remote[46], local[46];
	int remote_port, local_port;
	int fd;
	SSL *ssl;
	bool shared;
	bool retired;       /* no request goes over it again */
	bool dirty;         /* an extra answer came */
	char version[8];    /* HTTP version of its answers */
	size_t version_len; /* 0: no answer yet */
	bool odd;           /* an answer may be hidden in the text of another */
	struct transfer *user;
	int64_t idle_since_us; /* when the last answer ended; 0: none */
	int64_t slowest_us;    /* the slowest of its answers */
	/* The names of the requests since the last pause, the user's included: struct answer_name
	 * each, several for items that share a request. */
	unsigned requests;
	struct buf names;
	bool cut; /* the oldest names were dropped */
};

struct connections {
	LIST_HEAD(connection_list, connection) slot[CONNECTION_SLOTS], all;
	struct connection **by_fd;
	int n_by_fd;
	bool mislabelled;
	STAILQ_HEAD(doubt_list, doubt) doubts; /* to be reported */
};

struct connections *connections_new(void)
{
	struct connections *t = xcalloc(1, sizeof(*t));

	for (int i = 0; i < CONNECTION_SLOTS; i++)
		LIST_INIT(&t->slot[i]);
	LIST_INIT(&t->all);
	STAILQ_INIT(&t->doubts);
	return t;
}

static void take_out(struct connections *t, struct connection *c)
{
	t->by_fd[c->fd] = NULL;
	LIST_REMOVE(c, in_slot);
	LIST_REMOVE(c, in_all);
}

void connections_free(struct connections *t)
{
	struct connection *c;
	struct doubt *d;

	if (!t)
		return;
	while ((c = LIST_FIRST(&t->all))) {
		take_out(t, c);
		connection_free(c);
	}
	while ((d = connections_next_doubt(t)))
		doubt_free(d);
	free(t->by_fd);
	free(t);
}

static struct connection_list *slot_of(struct connections *t, const struct connection_ends *ends)
{
	/* the local ports of one host differ by two */
	unsigned hash = ((unsigned)ends->local_port >> 1) + 31 * (unsigned)ends->remote_port;

	return &t->slot[hash % CONNECTION_SLOTS];
}

struct connection *connections_find(struct connections *t, const struct connection_ends *ends)
{
	struct connection *c;

	LIST_FOREACH (c, slot_of(t, ends), in_slot) {
		if (c->local_port == ends->local_port && c->remote_port == ends->remote_port &&
			!strcmp(c->remote, ends->remote) && !strcmp(c->local, ends->local))
			return c;
	}
	return NULL;
}

/* Behind a proxy the remote port is that of the URL, not the socket's; the local end suffices. */
bool connection_has_ends(int fd, const struct connection_ends *ends)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);
	char text[INET6_ADDRSTRLEN] = "";
	int port;

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&own, &len) < 0)
		return false;
	if (own.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&own;

		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		port = ntohs(in6->sin6_port);
	} else if (own.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&own;

		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		port = ntohs(in->sin_port);
	} else {
		return false;
	}
	return port == ends->local_port && !strcmp(text, ends->local);
}

static bool speaks_http2(SSL *ssl)
{
	const unsigned char *name = NULL;
	unsigned len = 0;

	if (ssl)
		SSL_get0_alpn_selected(ssl, &name, &len);
	return len == 2 && !memcmp(name, "h2", 2);
}

struct connection *connections_add(
	struct connections *t, const struct connection_ends *ends, int fd, SSL *ssl)
{
	struct connection *same = connections_find(t, ends), *c = xcalloc(1, sizeof(*c));

	snprintf(c->remote, sizeof(c->remote), "%s", ends->remote);
	snprintf(c->local, sizeof(c->local), "%s", ends->local);
	c->remote_port = ends->remote_port;
	c->local_port = ends->local_port;
	c->fd = fd;
	c->ssl = ssl;
	c->shared = speaks_http2(ssl);
	buf_init(&c->names, SIZE_MAX / 2);
	/* two proxies at one address */
	if (same)
		c->retired = same->retired = true;
	if (fd >= t->n_by_fd) {
		size_t n = (size_t)fd + 64;

		t->by_fd = xrealloc(t->by_fd, n, sizeof(struct connection *));
		memset(t->by_fd + t->n_by_fd, 0, (n - (size_t)t->n_by_fd) * sizeof(*t->by_fd));
		t->n_by_fd = (int)n;
	}
	t->by_fd[fd] = c;
	LIST_INSERT_HEAD(slot_of(t, ends), c, in_slot);
	LIST_INSERT_HEAD(&t->all, c, in_all);
	return c;
}

struct connection *connections_close(struct connections *t, int fd)
{
	struct connection *c = fd >= 0 && fd < t->n_by_fd ? t->by_fd[fd] : NULL;

	if (!c)
		return NULL;
	take_out(t, c);
	/* Its requests stay in doubt when more was to come. */
	if (!c->user && c->requests > 1 && !c->shared && !c->ssl)
		connection_shows(c, pending_peek(fd, NULL));
	if (c->dirty)
		connections_doubt(t, c, 0);
	return c;
}

void connection_free(struct connection *c)
{
	if (!c)
		return;
	buf_free(&c->names);
	free(c);
}

struct transfer *connection_user(const struct connection *c)
{
	return c->user;
}

bool connection_is_shared(const struct connection *c)
{
	return c->shared;
}

bool connection_was_used(const struct connection *c)
{
	return c->idle_since_us || c->user;
}

bool connections_mislabelled(const struct connections *t)
{
	return t->mislabelled;
}

bool connections_fit(struct connections *t, struct connection *c)
{
	enum pending what = c->retired ? PENDING_END : pending_peek(c->fd, c->ssl);

	if (connection_shows(c, what))
		connections_doubt(t, c, 0);
	return what == PENDING_NOTHING;
}

bool connection_shows(struct connection *c, enum pending what)
{
	c->dirty = c->dirty || what == PENDING_ANSWER || (what == PENDING_JUNK && c->odd);
	return c->dirty;
}

static bool says_http1(const char *line, size_t len)
{
	return len >= 6 && (!memcmp(line, "HTTP/1", 6) || !memcmp(line, "http/1", 6));
}

/* Older versions close after an answer, so the replaced answer never comes. */
bool connections_check_version(
	struct connections *t, struct connection *c, const char *line, size_t len, int status)
{
	const char *space;
	size_t n;

	if (c->version_len && len > c->version_len && line[c->version_len] == ' ' &&
		!memcmp(line, c->version, c->version_len))
		return true;
	space = memchr(line, ' ', len);
	n = space ? (size_t)(space - line) : len;
	if (!says_http1(line, n))
		c->retired = t->mislabelled = true;
	if (!c->version_len && n <= sizeof(c->version)) {
		memcpy(c->version, line, n);
		c->version_len = n;
	} else if (status / 100 == 2) {
		c->dirty = true;
	}
	return !c->retired && !c->dirty;
}

static void add_names(struct connection *c, const struct buf *names)
{
	size_t most = NAMES_KEPT + 4 * names->len;

	if (c->names.len + names->len > most) {
		size_t drop = c->names.len - most / 2;

		buf_drop_front(&c->names, drop - drop % sizeof(struct answer_name));
		c->cut = true;
	}
	buf_add(&c->names, names->data, names->len);
}

int64_t connection_idle(const struct connection *c, int64_t mono_us)
{
	return c->idle_since_us && !c->user ? mono_us - c->idle_since_us : 0;
}

void connection_begin(
	struct connection *c, struct transfer *user, const struct buf *names, int64_t mono_us)
{
	int64_t idle_us = connection_idle(c, mono_us);

	if (idle_us >= PAUSE_US && idle_us >= 2 * c->slowest_us) {
		buf_clear(&c->names);
		c->requests = 0;
		c->cut = c->odd = false;
	}
	c->user = user;
	c->requests++;
	if (names->len)
		add_names(c, names);
}

/* Does the body hold the head of another answer, or its beginning at the end? An extra half answer
 * swallows the next head as text, and the rest is junk. JSON would not stay valid. */
static bool is_odd(const struct buf *body)
{
	static const char head[] = "HTTP/1.";
	enum { HEAD = sizeof(head) - 1 };

	if (!body->len || *body->data == '{' || *body->data == '[')
		return false;
	for (size_t n = 1; n < HEAD && n <= body->len; n++)
		if (!memcmp(body->data + body->len - n, head, n))
			return true;
	return memmem(body->data, body->len, head, HEAD) != NULL;
}

void connection_end(struct connection *c, const struct buf *body, int64_t took_us, int64_t mono_us)
{
	c->odd = c->odd || is_odd(body);
	c->user = NULL;
	c->idle_since_us = mono_us;
	if (took_us > c->slowest_us)
		c->slowest_us = took_us;
}

void connection_retire(struct connection *c)
{
	c->user = NULL;
	c->retired = true;
}

void connections_doubt(struct connections *t, struct connection *c, size_t newest)
{
	struct doubt *d;

	if (newest && c->requests && c->names.len >= newest) {
		c->names.len -= newest;
		c->requests--;
	}
	if (c->requests < 2)
		return;
	d = xcalloc(1, sizeof(*d));
	d->names = c->names;
	d->cut = c->cut;
	buf_init(&c->names, c->names.max);
	c->requests = 0;
	STAILQ_INSERT_TAIL(&t->doubts, d, next);
}

struct doubt *connections_next_doubt(struct connections *t)
{
	struct doubt *d = STAILQ_FIRST(&t->doubts);

	if (d)
		STAILQ_REMOVE_HEAD(&t->doubts, next);
	return d;
}

void doubt_free(struct doubt *d)
{
	buf_free(&d->names);
	free(d);
}

static void forget_run(struct buf *names, const void *run)
{
	struct answer_name *name = (struct answer_name *)(void *)names->data;

	for (size_t i = 0; i < names->len / sizeof(*name); i++)
		if (name[i].run == run)
			name[i].run = NULL;
}

void connections_forget_run(struct connections *t, const void *run)
{
	struct connection *c;
	struct doubt *d;

	LIST_FOREACH (c, &t->all, in_all)
		forget_run(&c->names, run);
	STAILQ_FOREACH(d, &t->doubts, next)
	forget_run(&d->names, run);
}

static int64_t watch_time(const struct connection *c)
{
	int64_t us = 2 * c->slowest_us;

	return us < WATCH_LEAST_US ? WATCH_LEAST_US : us > WATCH_MOST_US ? WATCH_MOST_US : us;
}

static bool is_watched(const struct connection *c)
{
	return !c->shared && !c->user && !c->dirty && c->requests > 1;
}

/* One peek at the end finds everything that came until then. */
int64_t connections_watch(struct connections *t, int64_t mono_us)
{
	int64_t until_us = 0;
	struct connection *c;

	LIST_FOREACH (c, &t->all, in_all) {
		if (is_watched(c) && c->idle_since_us + watch_time(c) > until_us)
			until_us = c->idle_since_us + watch_time(c);
	}
	if (until_us > mono_us)
		return until_us;
	LIST_FOREACH (c, &t->all, in_all) {
		if (!is_watched(c))
			continue;
		if (connection_shows(c, pending_peek(c->fd, c->ssl)))
			connections_doubt(t, c, 0);
		c->requests = 0;
	}
	return 0;
}
