#include "net/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"

/* Of one connection, a thousand answers in close order; as many large packs as come to this. */
enum { NAMES_KEPT = 1024 * sizeof(struct answer_name) };

/* A rest this long, and twice the slowest answer of the connection, shows that nothing was owed:
 * the answer to what was asked last, had another's been taken for it, would have come by then. */
#define REST_US (250 * US_PER_MS)
/* How long something may still show at the end, by the slowest answer. */
#define WATCH_LEAST_US (20 * US_PER_MS)
#define WATCH_MOST_US  US_PER_S

void connections_init(struct connections *t)
{
	for (int i = 0; i < CONNECTION_SLOTS; i++)
		LIST_INIT(&t->slot[i]);
	LIST_INIT(&t->all);
	STAILQ_INIT(&t->doubts);
	t->by_fd = NULL;
	t->n_by_fd = 0;
}

void connections_free(struct connections *t)
{
	struct doubt *d;

	while (!LIST_EMPTY(&t->all))
		connection_free(connections_take(t, LIST_FIRST(&t->all)->fd));
	while ((d = connections_next_doubt(t)))
		doubt_free(d);
	free(t->by_fd);
}

static struct connection_list *slot_of(struct connections *t, const struct connection_ends *ends)
{
	/* local ports of one host come two apart */
	unsigned hash = ((unsigned)ends->local_port >> 1) + 31 * (unsigned)ends->remote_port;

	return &t->slot[hash % CONNECTION_SLOTS];
}

struct connection *connections_find(struct connections *t, const struct connection_ends *ends)
{
	struct connection *c;

	LIST_FOREACH(c, slot_of(t, ends), in_slot)
	{
		if (c->local_port == ends->local_port && c->remote_port == ends->remote_port &&
			!strcmp(c->remote, ends->remote) && !strcmp(c->local, ends->local))
			return c;
	}
	return NULL;
}

/* The remote port is that of the URL, which a proxy's connection has not; the local end tells
 * sockets apart all the same. */
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
		c->unsure = same->unsure = true;
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

struct connection *connections_take(struct connections *t, int fd)
{
	struct connection *c = fd >= 0 && fd < t->n_by_fd ? t->by_fd[fd] : NULL;

	if (!c)
		return NULL;
	t->by_fd[fd] = NULL;
	LIST_REMOVE(c, in_slot);
	LIST_REMOVE(c, in_all);
	return c;
}

void connection_free(struct connection *c)
{
	if (!c)
		return;
	buf_free(&c->names);
	free(c);
}

bool connection_shows(struct connection *c, enum pending what)
{
	c->dirty = c->dirty || what == PENDING_ANSWER || (what == PENDING_JUNK && c->odd);
	return c->dirty;
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
	return c->rested_us && !c->user ? mono_us - c->rested_us : 0;
}

void connection_begin(
	struct connection *c, struct transfer *user, const struct buf *names, int64_t mono_us)
{
	int64_t idle_us = connection_idle(c, mono_us);

	if (idle_us >= REST_US && idle_us >= 2 * c->slowest_us) {
		buf_clear(&c->names);
		c->requests = 0;
		c->cut = c->odd = false;
	}
	c->user = user;
	c->requests++;
	if (names->len)
		add_names(c, names);
}

void connection_rest(struct connection *c, int64_t took_us, int64_t mono_us)
{
	c->user = NULL;
	c->rested_us = mono_us;
	if (took_us > c->slowest_us)
		c->slowest_us = took_us;
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

static int64_t watch_time(const struct connection *c)
{
	int64_t us = 2 * c->slowest_us;

	return us < WATCH_LEAST_US ? WATCH_LEAST_US : us > WATCH_MOST_US ? WATCH_MOST_US : us;
}

static bool is_watched(const struct connection *c)
{
	return !c->shared && !c->user && !c->dirty && c->requests > 1;
}

/* One look at the end sees all that came until then. */
int64_t connections_watch(struct connections *t, int64_t mono_us)
{
	int64_t until_us = 0;
	struct connection *c;

	LIST_FOREACH(c, &t->all, in_all)
	{
		if (is_watched(c) && c->rested_us + watch_time(c) > until_us)
			until_us = c->rested_us + watch_time(c);
	}
	if (until_us > mono_us)
		return until_us;
	LIST_FOREACH(c, &t->all, in_all)
	{
		if (!is_watched(c))
			continue;
		if (connection_shows(c, pending_look(c->fd, c->ssl)))
			connections_doubt(t, c, 0);
		c->requests = 0;
	}
	return 0;
}
