#include "control/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "control/api.h"
#include "http/listen.h"
#include "http/server.h"

enum { CONNECTIONS = 512, BY_SIZE = 48 };

/* For clients to take the last words of a run that has ended. */
enum { LAST_MS = 100 };

/* How often waiting clients are looked at, how often the socket's path is, and how often a stream
 * without events shows that it is alive. */
static const double poll_s = 0.05, path_s = 1.0;
#define ALIVE_US (15 * US_PER_S)

/* A dashboard that was sent something within this time sees what a command did a little later. */
#define HURRY_US (40 * US_PER_MS)

/* A client that waits for its answer, or reads a stream. */
struct waiter {
	LIST_ENTRY(waiter) next;
	struct http_exchange *exchange;
	struct api_answer answer;
	int64_t until_us;   /* API_EVENTS: it is answered in any case then */
	int64_t written_us; /* of a stream: the last time that something was written */
};

struct control_socket {
	struct ev_loop *loop;
	struct api api;
	struct http_server *server;
	bool metrics_only;
	bool closing;     /* the run has ended: its files are closed */
	char *path;       /* NULL: an address */
	struct stat made; /* the socket at the path */
	ev_timer poll, look;
	LIST_HEAD(, waiter) waiters;
};

/* ---- answers ---- */

static void send(struct http_exchange *x, struct api_answer *a)
{
	if (a->allow)
		http_add_header(x, "Allow", a->allow);
	http_add_header(x, "Cache-Control", "no-store");
	http_answer(x, a->status, a->type, &a->body);
}

static void forget(struct control_socket *s, struct waiter *w)
{
	LIST_REMOVE(w, next);
	http_set_data(w->exchange, NULL);
	api_answer_free(&w->answer);
	free(w);
	if (LIST_EMPTY(&s->waiters))
		ev_timer_stop(s->loop, &s->poll);
}

/* Gives a stream what there is; something now and then, so that a client sees that it lives. */
static void feed(struct control_socket *s, struct waiter *w, int64_t now_us)
{
	struct buf out;

	buf_init(&out, HTTP_UNSENT_MAX);
	if (w->answer.wait == API_WATCH)
		api_watch(&s->api, &w->answer, now_us, http_unsent(w->exchange), &out);
	else
		api_stream(&s->api, &w->answer, &out);
	if (!out.len && now_us - w->written_us > ALIVE_US)
		buf_adds(&out, ": alive\n\n");
	if (out.len) {
		w->written_us = now_us;
		if (!http_stream_write(w->exchange, out.data, out.len))
			forget(s, w);
	}
	buf_free(&out);
}

static bool is_stream(const struct waiter *w)
{
	return w->answer.wait == API_STREAM || w->answer.wait == API_WATCH;
}

static bool is_due(struct control_socket *s, struct waiter *w, int64_t now_us)
{
	if (w->answer.wait == API_JOB)
		return api_job(&s->api, &w->answer);
	if (now_us < w->until_us && !api_has_events(&s->api, &w->answer))
		return false;
	api_events(&s->api, &w->answer);
	return true;
}

/* Answers whose answer is there, and feeds the streams. */
static void serve_waiters(struct control_socket *s)
{
	int64_t now_us = clock_mono_us();
	struct waiter *w, *next;

	for (w = LIST_FIRST(&s->waiters); w; w = next) {
		next = LIST_NEXT(w, next);
		if (is_stream(w)) {
			feed(s, w, now_us);
		} else if (is_due(s, w, now_us)) {
			send(w->exchange, &w->answer);
			forget(s, w);
		}
	}
}

static void on_poll(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	serve_waiters(timer->data);
}

/* The answer comes later. */
static void wait_for(struct control_socket *s, struct http_exchange *x, struct api_answer *a)
{
	struct waiter *w = xcalloc(1, sizeof(*w));
	int64_t now_us = clock_mono_us();

	w->exchange = x;
	w->answer = *a;
	w->until_us = now_us + a->wait_us;
	w->written_us = now_us;
	LIST_INSERT_HEAD(&s->waiters, w, next);
	http_set_data(x, w);
	ev_timer_again(s->loop, &s->poll);
	if (!is_stream(w))
		return;
	http_add_header(x, "Cache-Control", "no-store");
	http_begin_stream(x, a->type);
	/* a client knows at once that it is connected */
	if (http_stream_write(x, ": sluice\n\n", strlen(": sluice\n\n")))
		feed(s, w, now_us);
}

/* ---- requests ---- */

static void on_parameter(
	void *ctx, const char *name, size_t name_len, const char *value, size_t len)
{
	api_add_parameter(ctx, name, name_len, value, len);
}

/* The process that asks: "curl[4711]". */
static void name_peer(pid_t pid, char out[BY_SIZE])
{
	char path[40], name[20] = "process", clean[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
	text_sanitise(clean, sizeof(clean), name, strlen(name));
	snprintf(out, BY_SIZE, "%s[%d]", clean, (int)pid);
}

static bool is_open_to_all(const char *path)
{
	return !strcmp(path, "/metrics") || !strcmp(path, "/healthz") || !strcmp(path, "/readyz");
}

/* Whoever gave a command wants to see what it did. */
static void hurry_watchers(struct control_socket *s)
{
	int64_t now_us = clock_mono_us();
	struct waiter *w, *next;

	for (w = LIST_FIRST(&s->waiters); w; w = next) {
		next = LIST_NEXT(w, next);
		if (w->answer.wait != API_WATCH)
			continue;
		api_watch_hurry(&w->answer);
		/* else in the next turn of the poll: commands may come in thousands */
		if (now_us - w->written_us > HURRY_US)
			feed(s, w, now_us);
	}
}

static void on_request(void *ctx, struct http_exchange *x)
{
	struct control_socket *s = ctx;
	struct api_request *r = xcalloc(1, sizeof(*r));
	struct api_answer a;
	char by[BY_SIZE] = "";

	r->method = http_method(x);
	r->path = http_path(x);
	r->body = http_body(x, &r->body_len);
	r->accept = http_header(x, "Accept");
	r->last_event_id = http_header(x, "Last-Event-ID");
	http_each_parameter(x, on_parameter, r);
	if (!strcmp(r->method, "POST") && http_peer(x))
		name_peer(http_peer(x), by);
	r->by = by[0] ? by : "another process";
	api_answer_init(&a);
	if (s->closing) {
		a.status = 503;
		api_error(a.status, "the run has ended", &a.body);
	} else if (s->metrics_only && !is_open_to_all(r->path)) {
		a.status = 404;
		api_error(a.status, "only /metrics and /healthz are here", &a.body);
	} else {
		api_respond(&s->api, r, &a);
	}
	if (by[0] && !strcmp(r->path, "/v1/commands"))
		hurry_watchers(s);
	free(r);
	if (a.wait != API_DONE) {
		wait_for(s, x, &a);
		return;
	}
	send(x, &a);
	api_answer_free(&a);
}

static void on_over(void *ctx, struct http_exchange *x)
{
	if (http_data(x))
		forget(ctx, http_data(x));
}

/* ---- life ---- */

static void write_error(struct http_exchange *x, int status, const char *words, struct buf *out)
{
	(void)x;
	api_error(status, words, out);
}

static bool serve(struct control_socket *s, int fd, struct error *err)
{
	const struct http_config config = {.fd = fd,
		.body_max = API_BODY_MAX,
		.connections = CONNECTIONS,
		.own_user = !s->metrics_only,
		.no_browser = s->metrics_only,
		.error = write_error,
		.error_type = api_type_json,
		.handlers = {.request = on_request, .over = on_over},
		.ctx = s};

	s->server = http_server_start(s->loop, &config, err);
	return s->server != NULL;
}

static bool listen_at_path(struct control_socket *s, struct error *err)
{
	int fd = listen_unix(s->path, err);

	return fd >= 0 && serve(s, fd, err) &&
	       (!lstat(s->path, &s->made) || error_set(err, "%s has vanished", s->path));
}

static bool is_ours(const struct control_socket *s)
{
	struct stat st;

	/* the number of the file is taken as long as the socket is open */
	return !lstat(s->path, &st) && st.st_dev == s->made.st_dev && st.st_ino == s->made.st_ino;
}

/* Makes the socket again when somebody has removed it. */
static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control_socket *s = timer->data;
	struct error err = {""};

	(void)loop, (void)events;
	if (s->server && is_ours(s))
		return;
	http_server_stop(s->server, 0); /* clients connect again: the run waits for none */
	s->server = NULL;
	listen_at_path(s, &err);
}

static struct control_socket *new_socket(struct ev_loop *loop, const struct port *port)
{
	struct control_socket *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->api.port = *port;
	s->api.session = ((uint32_t)(clock_wall_us() / US_PER_MS) ^ (uint32_t)getpid()) | 1;
	LIST_INIT(&s->waiters);
	ev_timer_init(&s->poll, on_poll, 0.0, poll_s);
	ev_timer_init(&s->look, on_look, path_s, path_s);
	s->poll.data = s->look.data = s;
	return s;
}

struct control_socket *control_socket_open(
	struct ev_loop *loop, const char *path, const struct port *port, struct error *err)
{
	struct control_socket *s = new_socket(loop, port);

	s->path = xstrdup(path);
	if (!listen_at_path(s, err)) {
		control_socket_close(s, -1);
		return NULL;
	}
	ev_timer_start(loop, &s->look);
	return s;
}

void control_socket_serve(struct control_socket *s, const struct api_service *service)
{
	s->api.service = service;
}

struct control_socket *control_socket_open_metrics(struct ev_loop *loop, const char *address,
	const struct port *port, char *name, size_t size, struct error *err)
{
	struct control_socket *s = new_socket(loop, port);
	char bound[LISTEN_NAME_SIZE] = "";
	int fd = listen_tcp(address, bound, err);

	s->metrics_only = true;
	if (fd < 0 || !serve(s, fd, err)) {
		control_socket_close(s, -1);
		return NULL;
	}
	snprintf(name, size, "%s", bound);
	return s;
}

struct control_socket *control_socket_open_here(
	struct ev_loop *loop, int fd_take, const struct port *port, struct error *err)
{
	struct control_socket *s = new_socket(loop, port);

	if (serve(s, fd_take, err))
		return s;
	control_socket_close(s, -1);
	return NULL;
}

bool control_socket_is_watched(const struct control_socket *s)
{
	const struct waiter *w;

	if (!s)
		return false;
	LIST_FOREACH (w, &s->waiters, next)
		if (w->answer.wait == API_WATCH)
			return true;
	return false;
}

/* The end of the run has done some jobs, and been logged. */
static void end_waiting(struct control_socket *s, int exit_code)
{
	struct waiter *w;

	serve_waiters(s);
	LIST_FOREACH (w, &s->waiters, next) {
		struct buf out;

		buf_init(&out, HTTP_UNSENT_MAX);
		if (w->answer.wait == API_STREAM)
			api_stream_end(&s->api, &out);
		else if (w->answer.wait == API_WATCH)
			api_watch_end(&s->api, &w->answer, exit_code, &out);
		if (out.len)
			http_stream_write(w->exchange, out.data, out.len);
		buf_free(&out);
	}
}

void control_socket_close(struct control_socket *s, int exit_code)
{
	if (!s)
		return;
	s->closing = true;
	if (s->server)
		end_waiting(s, exit_code);
	if (s->path && s->server && is_ours(s))
		unlink(s->path);
	http_server_stop(s->server, LAST_MS);
	ev_timer_stop(s->loop, &s->poll);
	ev_timer_stop(s->loop, &s->look);
	free(s->path);
	free(s);
}
