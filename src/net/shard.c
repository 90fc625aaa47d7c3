#include "net/shard.h"

#include <stdlib.h>

#include "base/alloc.h"

/* The watcher of one of curl's sockets. curl_multi_assign() ties it to the socket, so there is one
 * for each and no stale copy. */
struct shard_socket {
	struct ev_io io;
	struct shard *shard;
	SLIST_ENTRY(shard_socket) next; /* spare */
};

/* Reads all of curl's messages before the owner hears more than that transfers ended. */
static void read_messages(struct shard *s)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(s->multi, &left))) {
		struct transfer *x = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
		shard_remove(s, x);
		s->events->ended(s->ctx, x, code);
	}
}

/* With CURLOPT_PIPEWAIT transfers wait for the first connection to a host, to learn whether they
 * can share it. When they cannot (HTTP/1.1), libcurl 7.88 releases them one by one, each after the
 * answer to the one before, which takes minutes with slow answers. Removed and added again, they
 * learn the kind of host at once. Done once per request, since one may only be resolving a name. */
static void release_waiting(struct shard *s)
{
	struct transfer *x;

	LIST_FOREACH (x, &s->waiting, wait.entry) {
		if (!x->request.shares || x->wait.released)
			continue;
		x->wait.released = true;
		curl_multi_remove_handle(s->multi, x->easy);
		curl_multi_add_handle(s->multi, x->easy);
	}
}

static void act(struct shard *s, curl_socket_t fd, int mask)
{
	int running;

	s->common->now_us = run_clock_now_us(s->common->clock);
	s->common->connected = false;
	curl_multi_socket_action(s->multi, fd, mask, &running);
	read_messages(s);
	if (s->common->connected)
		release_waiting(s);
}

void shard_kick(struct shard *s)
{
	act(s, CURL_SOCKET_TIMEOUT, 0);
}

static void on_io(struct ev_loop *loop, struct ev_io *w, int revents)
{
	struct shard *s = ((struct shard_socket *)w->data)->shard;

	(void)loop;
	/* The watcher may be gone after this call. */
	act(s, w->fd,
		(revents & EV_READ ? CURL_CSELECT_IN : 0) |
			(revents & EV_WRITE ? CURL_CSELECT_OUT : 0));
	s->events->settled(s->ctx);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct shard *s = w->data;

	(void)loop, (void)revents;
	shard_kick(s);
	s->events->settled(s->ctx);
}

static struct shard_socket *socket_take(struct shard *s)
{
	struct shard_socket *k = SLIST_FIRST(&s->spare);

	if (k) {
		SLIST_REMOVE_HEAD(&s->spare, next);
		return k;
	}
	k = xcalloc(1, sizeof(*k));
	ev_init(&k->io, on_io);
	k->io.data = k;
	k->shard = s;
	return k;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
	struct shard *s = ctx;
	struct shard_socket *k = assigned;
	int events = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);

	(void)easy;
	/* libcurl 7.88 may ask for the socket of an HTTP/2 connection that another transfer closed;
	 * the timeouts end such a transfer. */
	if (fd == CURL_SOCKET_BAD)
		return 0;
	if (what == CURL_POLL_REMOVE) {
		if (k) {
			ev_io_stop(s->loop, &k->io);
			SLIST_INSERT_HEAD(&s->spare, k, next);
		}
		return 0;
	}
	if (!k) {
		k = socket_take(s);
		curl_multi_assign(s->multi, fd, k);
	}
	ev_io_stop(s->loop, &k->io);
	ev_io_set(&k->io, fd, events);
	ev_io_start(s->loop, &k->io);
	return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *ctx)
{
	struct shard *s = ctx;
	double after = (double)timeout_ms / 1000.0;

	(void)multi;
	if (timeout_ms == 0) {
		s->events->wanted(s->ctx, s);
		return 0;
	}
	/* A timer that fires too early does no harm: curl reports the remaining time again. */
	if (timeout_ms > 0 && ev_is_active(&s->timer) &&
		ev_timer_remaining(s->loop, &s->timer) <= after)
		return 0;
	ev_timer_stop(s->loop, &s->timer);
	if (timeout_ms > 0) {
		ev_timer_set(&s->timer, after, 0.);
		ev_timer_start(s->loop, &s->timer);
	}
	return 0;
}

struct shard *shard_new(struct ev_loop *loop, struct transfer_common *common,
	const struct shard_events *events, void *ctx)
{
	CURLM *multi = curl_multi_init();
	long kept = common->config.max_kept;
	struct shard *s;

	if (!multi)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->multi = multi;
	s->loop = loop;
	s->common = common;
	s->events = events;
	s->ctx = ctx;
	LIST_INIT(&s->waiting);
	SLIST_INIT(&s->spare);
	STAILQ_INIT(&s->pool);
	ev_timer_init(&s->timer, on_timer, 0., 0.);
	s->timer.data = s;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, s);
	/* Connections in use count too, and a dropped one cannot show extra answers: twice the kept
	 * number leaves room for requests over new connections. */
	if (kept <= 0 || kept > TRANSPORT_SHARD)
		kept = TRANSPORT_SHARD;
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2 * kept);
	return s;
}

void shard_free(struct shard *s)
{
	struct shard_socket *k;
	struct transfer *x;

	while ((x = STAILQ_FIRST(&s->pool))) {
		STAILQ_REMOVE_HEAD(&s->pool, next);
		transfer_free(x);
	}
	curl_multi_cleanup(s->multi);
	ev_timer_stop(s->loop, &s->timer);
	while ((k = SLIST_FIRST(&s->spare))) {
		SLIST_REMOVE_HEAD(&s->spare, next);
		free(k);
	}
	free(s);
}

struct transfer *shard_take(struct shard *s)
{
	struct transfer *x = STAILQ_FIRST(&s->pool);

	if (x) {
		STAILQ_REMOVE_HEAD(&s->pool, next);
		return x;
	}
	x = transfer_new(s->common);
	x->shard = s;
	return x;
}

void shard_give_back(struct shard *s, struct transfer *x)
{
	STAILQ_INSERT_HEAD(&s->pool, x, next);
}

bool shard_add(struct shard *s, struct transfer *x)
{
	if (curl_multi_add_handle(s->multi, x->easy) != CURLM_OK)
		return false;
	x->running = x->wait.waits = true;
	LIST_INSERT_HEAD(&s->waiting, x, wait.entry);
	return true;
}

void shard_remove(struct shard *s, struct transfer *x)
{
	curl_multi_remove_handle(s->multi, x->easy);
	transfer_waits_no_more(x);
	x->running = false;
}
