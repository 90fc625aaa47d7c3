#include "remote/link.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "http/nameless.h"

/* An answer of any size that a run gives: both bodies of an item, escaped. */
enum { ANSWER_MAX = 64 << 20, CONNECTIONS = 6, SOCKETS = 2 * CONNECTIONS, SLICE_MS = 20 };

struct link_call {
	LIST_ENTRY(link_call) next;
	struct link *link;
	CURL *easy;
	struct curl_slist *headers;
	struct buf answer;
	link_data *data; /* of a stream; NULL */
	link_done *done;
	void *ctx;
	bool cancelled; /* within a callback of libcurl, which must not lose a handle meanwhile */
	char why[CURL_ERROR_SIZE];
};

/* A socket that libcurl watches. */
struct link_socket {
	ev_io ready;
	struct link *link;
	bool used;
};

struct link {
	struct ev_loop *loop;
	CURLM *multi;
	char *path;
	ev_timer timer;
	int64_t due_us; /* when the timer ends; NEVER: it is off */
	struct link_socket socket[SOCKETS];
	LIST_HEAD(, link_call) calls;
	bool in_data; /* data() is called */
};

/* ---- libcurl on the loop ---- */

static long status_of(const struct link_call *c)
{
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static void release(struct link_call *c)
{
	LIST_REMOVE(c, next);
	curl_multi_remove_handle(c->link->multi, c->easy);
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	buf_free(&c->answer);
	free(c);
}

static void end(struct link_call *c, CURLcode code)
{
	const char *why = c->why[0] ? c->why : curl_easy_strerror(code);

	if (code == CURLE_OK)
		c->done(c->ctx, (int)status_of(c), buf_str(&c->answer), c->answer.len);
	else
		c->done(c->ctx, 0, why, strlen(why));
	release(c);
}

static void read_messages(struct link *l)
{
	struct CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(l->multi, &left))) {
		struct link_call *c;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		end(c, message->data.result);
	}
}

static void release_cancelled(struct link *l)
{
	struct link_call *c, *next;

	for (c = LIST_FIRST(&l->calls); c; c = next) {
		next = LIST_NEXT(c, next);
		if (c->cancelled)
			release(c);
	}
}

static void perform(struct link *l, curl_socket_t fd, int mask)
{
	int running;

	curl_multi_socket_action(l->multi, fd, mask, &running);
	release_cancelled(l);
	read_messages(l);
}

static void on_ready(struct ev_loop *loop, ev_io *w, int events)
{
	struct link_socket *s = w->data;

	(void)loop;
	perform(s->link, w->fd,
		(events & EV_READ ? CURL_CSELECT_IN : 0) |
			(events & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void stop_timer(struct link *l)
{
	ev_timer_stop(l->loop, &l->timer);
	l->due_us = NEVER_US;
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct link *l = w->data;

	(void)loop, (void)events;
	stop_timer(l);
	perform(l, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout(CURLM *multi, long ms, void *ctx)
{
	struct link *l = ctx;

	(void)multi;
	stop_timer(l);
	if (ms < 0)
		return 0;
	l->due_us = clock_mono_us() + ms * US_PER_MS;
	ev_timer_set(&l->timer, (double)ms / 1000, 0.);
	ev_timer_start(l->loop, &l->timer);
	return 0;
}

static struct link_socket *free_socket(struct link *l)
{
	for (int i = 0; i < SOCKETS; i++)
		if (!l->socket[i].used)
			return &l->socket[i];
	return NULL;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *data)
{
	struct link *l = ctx;
	struct link_socket *s = data;

	(void)easy;
	s = s ? s : free_socket(l);
	if (!s)
		return -1;
	ev_io_stop(l->loop, &s->ready);
	s->used = what != CURL_POLL_REMOVE;
	curl_multi_assign(l->multi, fd, s->used ? s : NULL);
	if (!s->used)
		return 0;
	ev_io_set(&s->ready, fd,
		(what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
	ev_io_start(l->loop, &s->ready);
	return 0;
}

/* ---- life ---- */

struct link *link_open(struct ev_loop *loop, int fd, const char *socket)
{
	struct link *l = xcalloc(1, sizeof(*l));
	char here[NAMELESS_PATH_SIZE];

	l->loop = loop;
	nameless_path(fd, here);
	l->path = xstrdup(fd < 0 ? socket : here);
	l->multi = curl_multi_init();
	if (!l->multi)
		alloc_failed();
	LIST_INIT(&l->calls);
	ev_timer_init(&l->timer, on_timer, 0., 0.);
	l->timer.data = l;
	l->due_us = NEVER_US;
	for (int i = 0; i < SOCKETS; i++) {
		ev_io_init(&l->socket[i].ready, on_ready, -1, EV_READ);
		l->socket[i].ready.data = &l->socket[i];
		l->socket[i].link = l;
	}
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS);
	return l;
}

void link_close(struct link *l)
{
	if (!l)
		return;
	while (!LIST_EMPTY(&l->calls))
		release(LIST_FIRST(&l->calls));
	curl_multi_cleanup(l->multi);
	stop_timer(l);
	for (int i = 0; i < SOCKETS; i++)
		ev_io_stop(l->loop, &l->socket[i].ready);
	free(l->path);
	free(l);
}

/* ---- calls ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct link_call *c = ctx;
	size_t len = size * n;
	bool wanted;

	if (c->cancelled)
		return 0;
	if (!c->data || status_of(c) != 200)
		return buf_add(&c->answer, bytes, len) ? len : 0;
	c->link->in_data = true;
	wanted = c->data(c->ctx, bytes, len);
	c->link->in_data = false;
	return wanted ? len : 0;
}

static void add_header(struct link_call *c, const char *line)
{
	struct curl_slist *longer = curl_slist_append(c->headers, line);

	if (!longer)
		alloc_failed();
	c->headers = longer;
}

static struct link_call *start(struct link *l, const char *path, const char *post, int patience_s,
	link_done *done, void *ctx)
{
	struct link_call *c = xcalloc(1, sizeof(*c));
	struct buf url;

	*c = (struct link_call){.link = l, .easy = curl_easy_init(), .done = done, .ctx = ctx};
	if (!c->easy)
		alloc_failed();
	buf_init(&c->answer, ANSWER_MAX);
	buf_init(&url, 64 << 10);
	buf_addf(&url, "http://127.0.0.1%s", path);
	curl_easy_setopt(c->easy, CURLOPT_URL, buf_str(&url));
	buf_free(&url);
	curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, l->path);
	curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->why);
	if (patience_s) {
		curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME, (long)patience_s);
	}
	if (post) {
		add_header(c, "Content-Type: application/json");
		add_header(c, "Expect:");
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(post));
		curl_easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, post);
	}
	LIST_INSERT_HEAD(&l->calls, c, next);
	return c;
}

static struct link_call *go(struct link_call *c)
{
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
	curl_multi_add_handle(c->link->multi, c->easy);
	return c;
}

struct link_call *link_ask(struct link *l, const char *path, const char *post, int patience_s,
	link_done *done, void *ctx)
{
	return go(start(l, path, post, patience_s, done, ctx));
}

struct link_call *link_stream(
	struct link *l, const char *path, link_data *data, link_done *done, void *ctx)
{
	struct link_call *c = start(l, path, NULL, 0, done, ctx);

	c->data = data;
	add_header(c, "Accept: text/event-stream");
	return go(c);
}

void link_cancel(struct link *l, struct link_call *call)
{
	if (l->in_data)
		call->cancelled = true;
	else
		release(call);
}

/* ---- waiting ---- */

static int ms_until(int64_t us, int64_t now_us)
{
	int64_t ms = us > now_us ? (us - now_us + US_PER_MS - 1) / US_PER_MS : 0;

	return ms > SLICE_MS ? SLICE_MS : (int)ms;
}

/* One turn of libcurl alone. */
static void turn(struct link *l, int64_t until_us, int64_t now_us)
{
	struct pollfd fd[SOCKETS];
	nfds_t n = 0;
	int64_t next_us = l->due_us < until_us ? l->due_us : until_us;

	for (int i = 0; i < SOCKETS; i++) {
		const struct link_socket *s = &l->socket[i];

		if (s->used)
			fd[n++] = (struct pollfd){s->ready.fd,
				(short)((s->ready.events & EV_READ ? POLLIN : 0) |
					(s->ready.events & EV_WRITE ? POLLOUT : 0)),
				0};
	}
	if (poll(fd, n, ms_until(next_us, now_us)) < 0 && errno != EINTR)
		return;
	if (clock_mono_us() >= l->due_us) {
		stop_timer(l);
		perform(l, CURL_SOCKET_TIMEOUT, 0);
	}
	for (nfds_t i = 0; i < n; i++)
		if (fd[i].revents)
			perform(l, fd[i].fd,
				(fd[i].revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) |
					(fd[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
					(fd[i].revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR
									      : 0));
}

void link_wait(struct link *l, int64_t until_us, bool (*is_there)(void *ctx), void *ctx)
{
	int64_t now_us = clock_mono_us();

	while (!is_there(ctx) && now_us < until_us) {
		turn(l, until_us, now_us);
		now_us = clock_mono_us();
	}
}

void link_add_text(struct buf *path, const char *text)
{
	char *encoded = curl_easy_escape(NULL, text, (int)strlen(text));

	if (!encoded)
		alloc_failed();
	buf_adds(path, encoded);
	curl_free(encoded);
}
