#include "net/shard.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { HOSTS_KEPT = 16 };

/* The watcher of one of curl's sockets. curl_multi_assign() ties it to the socket, so there is one
 * for each and no stale copy. */
struct shard_socket {
	struct ev_io io;
	struct shard *shard;
	SLIST_ENTRY(shard_socket) next; /* spare */
};

/* Gives curl a transfer; false when it has no memory for it. */
static bool give(struct shard *s, struct transfer *x)
{
	if (curl_multi_add_handle(s->multi, x->easy) == CURLM_OK)
		return true;
	host_leaves(&x->gate);
	x->running = false;
	return false;
}

static void take_out(struct shard *s, struct transfer *x)
{
	if (x->gate.at == GATE_HELD) {
		host_releases(x);
	} else {
		curl_multi_remove_handle(s->multi, x->easy);
		host_leaves(&x->gate);
	}
	x->running = false;
}

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
		take_out(s, x);
		s->events->ended(s->ctx, x, code);
	}
}

static struct host *host_of(struct shard *s, const char *url)
{
	struct host *h;

	LIST_FOREACH (h, &s->hosts, entry)
		if (host_is_of(h, url))
			return h;
	h = host_new(url);
	LIST_INSERT_HEAD(&s->hosts, h, entry);
	s->n_hosts++;
	return h;
}

/* The lines of a run may go to any number of servers. */
static void forget_hosts(struct shard *s)
{
	struct host *h, *next;

	for (h = LIST_FIRST(&s->hosts); h; h = next) {
		next = LIST_NEXT(h, entry);
		if (!host_is_idle(h))
			continue;
		LIST_REMOVE(h, entry);
		s->n_hosts--;
		host_free(h);
	}
}

static void perform(struct shard *s, curl_socket_t fd, int mask)
{
	int running;

	curl_multi_socket_action(s->multi, fd, mask, &running);
	read_messages(s);
}

/* Gives curl as many of the host's held requests as it may have, until the others must wait. */
static void admit(struct shard *s, struct host *h)
{
	unsigned n;

	while ((n = host_admits(h))) {
		while (n--) {
			struct transfer *x = TAILQ_FIRST(&h->held);

			host_releases(x);
			host_gives(h, &x->gate, true);
			if (!give(s, x))
				s->events->ended(s->ctx, x, CURLE_FAILED_INIT);
		}
		perform(s, CURL_SOCKET_TIMEOUT, 0);
		host_learn(h);
	}
}

static void act(struct shard *s, curl_socket_t fd, int mask)
{
	struct host *h;

	s->common->now_us = run_clock_now_us(s->common->clock);
	perform(s, fd, mask);
	LIST_FOREACH (h, &s->hosts, entry) {
		host_learn(h);
		admit(s, h);
	}
}

void shard_kick(struct shard *s)
{
	if (s->n_hosts > HOSTS_KEPT)
		forget_hosts(s);
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
	LIST_INIT(&s->hosts);
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
	/* the connections are gone */
	forget_hosts(s);
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

/* Must it wait until others have shown whether it fits on a connection? */
static bool must_wait(struct host *h, struct transfer *x)
{
	host_holds(h, x);
	if (host_admits(h) < h->n_held)
		return true;
	host_releases(x);
	return false;
}

bool shard_add(struct shard *s, struct transfer *x)
{
	struct host *h = x->request.shares ? host_of(s, buf_str(&x->request.url)) : NULL;
	bool seeks = !x->path.fresh;

	x->running = true;
	if (h && seeks && must_wait(h, x)) {
		s->events->wanted(s->ctx, s);
		return true;
	}
	if (h)
		host_gives(h, &x->gate, seeks);
	return give(s, x);
}

void shard_remove(struct shard *s, struct transfer *x)
{
	struct host *h = x->gate.host;

	take_out(s, x);
	/* Others may have its place. */
	if (h && h->n_held)
		s->events->wanted(s->ctx, s);
}
