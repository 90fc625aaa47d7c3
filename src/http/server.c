/* struct ucred */
#define _GNU_SOURCE 1

#include "http/server_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"

enum {
	POOL_SIZE = 16 << 10, /* memory of a connection: its headers have to fit */
	PIECE = 2 << 10,      /* of a stream, at once; each stream has one */
	KEEP_BYTES = 4 << 10, /* of a stream, while all is sent */
	ERROR_MAX = 16 << 10,
	RUNS_MAX = 8,         /* at once, before the loop has its turn */
	SPILL_MAX = 16 << 20, /* of a body that is too large, read so that the client sees why */
	DISCONNECTED = MHD_HTTP_SERVICE_UNAVAILABLE,
};

/* How often the server looks whether clients that wait are still there. */
static const double sweep_s = 1.0;

/* ---- libmicrohttpd on the loop ---- */

/* libmicrohttpd has more to do at once, after a time, or when a socket is ready. */
static void run(struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;
	bool timed = false;

	for (int i = 0; i < RUNS_MAX; i++) {
		MHD_run(s->daemon);
		timed = MHD_get_timeout(s->daemon, &ms) == MHD_YES;
		if (!timed || ms)
			break;
	}
	ev_timer_stop(s->loop, &s->again);
	if (!timed)
		return;
	ev_timer_set(&s->again, (double)ms / 1000, 0.0);
	ev_timer_start(s->loop, &s->again);
}

static void on_ready(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop, (void)events;
	run(w->data);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop, (void)events;
	run(w->data);
}

void http_run_soon(struct http_server *s)
{
	ev_timer_stop(s->loop, &s->again);
	ev_timer_set(&s->again, 0.0, 0.0);
	ev_timer_start(s->loop, &s->again);
}

static void resume(struct http_exchange *x)
{
	if (!x->suspended)
		return;
	x->suspended = false;
	MHD_resume_connection(x->connection);
	http_run_soon(x->server);
}

static void suspend(struct http_exchange *x)
{
	x->suspended = true;
	MHD_suspend_connection(x->connection);
}

static int socket_of(const struct http_exchange *x)
{
	return MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

/* ---- answers ---- */

/* The response stands ready until libmicrohttpd asks for it. */
void http_set_response(struct http_exchange *x, int status, const char *type)
{
	x->status = status;
	if (type)
		MHD_add_response_header(x->response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	for (int i = 0; i < x->n_added; i++)
		MHD_add_response_header(x->response, x->added[i].name, x->added[i].value);
	resume(x);
}

void http_add_header(struct http_exchange *x, const char *name, const char *value)
{
	if (x->n_added == HTTP_ADDED_MAX)
		return;
	x->added[x->n_added].name = name;
	x->added[x->n_added++].value = value;
}

void http_answer(struct http_exchange *x, int status, const char *type, struct buf *body)
{
	char *data = body ? body->data : NULL;
	size_t len = body ? body->len : 0;

	x->response = MHD_create_response_from_buffer(
		len, len ? data : (char *)"", len ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (!x->response)
		alloc_failed();
	if (len)
		buf_init(body, body->max);
	http_set_response(x, status, type);
}

void http_answer_file(struct http_exchange *x, const char *type, int fd_take, uint64_t size)
{
	x->response = MHD_create_response_from_fd_at_offset64(size, fd_take, 0);
	if (!x->response)
		alloc_failed();
	http_set_response(x, MHD_HTTP_OK, type);
}

/* An answer of the server itself. */
static void refuse(struct http_exchange *x, int status, const char *words)
{
	const struct http_config *config = &x->server->config;
	struct buf body;

	buf_init(&body, ERROR_MAX);
	config->error(status, words, &body);
	http_answer(x, status, config->error_type, &body);
	buf_free(&body);
}

static void tell_of_room(struct http_exchange *x)
{
	const struct http_config *config = &x->server->config;

	if (!x->awaits_room || http_unsent(x) > x->room)
		return;
	x->awaits_room = false;
	config->handlers.room(config->ctx, x);
}

static ssize_t read_stream(void *cls, uint64_t at, char *out, size_t size)
{
	struct http_exchange *x = cls;
	size_t n = x->unsent.len - x->sent;

	(void)at;
	if (x->dropped)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (!n && x->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!n) {
		buf_clear(&x->unsent);
		buf_trim(&x->unsent, KEEP_BYTES);
		x->sent = 0;
		suspend(x);
		return 0;
	}
	if (n > size)
		n = size;
	memcpy(out, x->unsent.data + x->sent, n);
	x->sent += n;
	tell_of_room(x);
	return (ssize_t)n;
}

void http_begin_stream(struct http_exchange *x, const char *type)
{
	x->streams = true;
	x->response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_stream, x, NULL);
	if (!x->response)
		alloc_failed();
	http_set_response(x, MHD_HTTP_OK, type);
}

/* Closes the connection under libmicrohttpd, which then ends the exchange. */
static void drop(struct http_exchange *x)
{
	x->dropped = true;
	shutdown(socket_of(x), SHUT_RDWR);
	resume(x);
}

bool http_stream_write(struct http_exchange *x, const char *data, size_t len)
{
	if (x->dropped || x->ended)
		return false;
	if (x->sent > x->unsent.len / 2) {
		buf_drop_front(&x->unsent, x->sent);
		x->sent = 0;
	}
	if (x->unsent.len - x->sent + len > HTTP_UNSENT_MAX || !buf_add(&x->unsent, data, len)) {
		drop(x);
		return false;
	}
	resume(x);
	return true;
}

size_t http_unsent(const struct http_exchange *x)
{
	return x->unsent.len - x->sent;
}

void http_await_room(struct http_exchange *x, size_t unsent)
{
	x->awaits_room = true;
	x->room = unsent;
}

void http_end_stream(struct http_exchange *x)
{
	x->ended = true;
	resume(x);
}

/* ---- requests ---- */

static void know_peer(struct http_exchange *x, uid_t *uid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	*uid = geteuid();
	if (getsockopt(socket_of(x), SOL_SOCKET, SO_PEERCRED, &cred, &len) || !cred.pid)
		return;
	x->peer = cred.pid;
	*uid = cred.uid;
}

/* Is the body too large to be read to its end? A smaller one is, so that a client that does not
 * wait for its answer sees that and not a reset. */
static bool is_too_large(const struct http_exchange *x)
{
	const char *length = http_header(x, MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t most = x->body.max;

	if (!http_waits(x) && most < SPILL_MAX)
		most = SPILL_MAX;
	return !x->sink && length && strtoull(length, NULL, 10) > most;
}

static void tell(struct http_exchange *x)
{
	const struct http_handlers *handlers = &x->server->config.handlers;

	x->known = true;
	if (handlers->begin)
		handlers->begin(x->server->config.ctx, x);
}

/* The headers are there. Who may not ask is told before the body. */
static struct http_exchange *begin(struct http_server *s, struct MHD_Connection *connection,
	const char *path, const char *method, const char *version)
{
	const struct http_config *config = &s->config;
	struct http_exchange *x = xcalloc(1, sizeof(*x));
	uid_t uid;

	x->server = s;
	x->connection = connection;
	x->path = path;
	x->method = method;
	x->version = version;
	buf_init(&x->body, config->body_max);
	buf_init(&x->unsent, HTTP_UNSENT_MAX);
	LIST_INSERT_HEAD(&s->exchanges, x, next);
	know_peer(x, &uid);
	if (config->own_user && uid && uid != geteuid())
		refuse(x, MHD_HTTP_FORBIDDEN, "another user's process");
	else if (config->no_browser && http_header(x, MHD_HTTP_HEADER_ORIGIN))
		refuse(x, MHD_HTTP_FORBIDDEN, "a request of a web page");
	else
		tell(x);
	if (!x->response && is_too_large(x))
		refuse(x, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
	return x;
}

static enum MHD_Result queue_response(struct http_exchange *x)
{
	enum MHD_Result ok = MHD_queue_response(x->connection, (unsigned)x->status, x->response);

	MHD_destroy_response(x->response);
	x->response = NULL;
	return ok;
}

bool http_spill(struct http_exchange *x, size_t len, uint64_t most)
{
	x->spilled += len;
	return x->spilled <= SPILL_MAX || x->spilled <= most;
}

/* libmicrohttpd takes no answer in the middle of a body. */
static enum MHD_Result take_body(struct http_exchange *x, const char *data, size_t len)
{
	if (x->sink)
		return x->sink(x->server->config.ctx, x, data, len) ? MHD_YES : MHD_NO;
	if (!x->spilled && buf_add(&x->body, data, len))
		return MHD_YES;
	buf_free(&x->body);
	return http_spill(x, len, SPILL_MAX) ? MHD_YES : MHD_NO;
}

static void ask(struct http_exchange *x)
{
	const struct http_config *config = &x->server->config;

	x->asked = true;
	if (x->spilled && !x->sink) {
		refuse(x, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
		return;
	}
	x->known = true;
	config->handlers.request(config->ctx, x);
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *path,
	const char *method, const char *version, const char *upload, size_t *upload_len,
	void **context)
{
	struct http_server *s = cls;
	struct http_exchange *x = *context;

	if (!x) {
		*context = x = begin(s, connection, path, method, version);
		return x->response ? queue_response(x) : MHD_YES;
	}
	if (*upload_len) {
		enum MHD_Result taken = take_body(x, upload, *upload_len);

		*upload_len = 0;
		return taken;
	}
	if (!x->asked)
		ask(x);
	if (x->response)
		return queue_response(x);
	suspend(x);
	return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct http_server *s = cls;
	struct http_exchange *x = *context;

	(void)connection, (void)code;
	if (!x)
		return;
	if (x->known)
		s->config.handlers.over(s->config.ctx, x);
	if (x->response)
		MHD_destroy_response(x->response);
	LIST_REMOVE(x, next);
	buf_free(&x->body);
	buf_free(&x->unsent);
	free(x);
	*context = NULL;
}

/* libmicrohttpd does not watch the sockets of exchanges that wait. */
static bool has_left(const struct http_exchange *x)
{
	char byte;
	ssize_t n = recv(socket_of(x), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return !n || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void on_sweep(struct ev_loop *loop, ev_timer *w, int events)
{
	struct http_server *s = w->data;
	struct http_exchange *x;

	(void)loop, (void)events;
	LIST_FOREACH (x, &s->exchanges, next) {
		if (!x->suspended || !has_left(x))
			continue;
		x->dropped = true;
		if (x->streams)
			resume(x);
		else
			refuse(x, DISCONNECTED, "the client has disconnected");
	}
}

/* ---- life ---- */

static void say_nothing(void *cls, const char *format, va_list ap)
{
	(void)cls, (void)format, (void)ap;
}

struct http_server *http_server_start(
	struct ev_loop *loop, const struct http_config *config, struct error *err)
{
	struct http_server *s = xcalloc(1, sizeof(*s));
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)config->tls_cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)config->tls_key}, {MHD_OPTION_END, 0, NULL}};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
			 (config->tls_cert ? (unsigned)MHD_USE_TLS : 0);
	int epoll;

	s->config = *config;
	s->loop = loop;
	LIST_INIT(&s->exchanges);
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_access, s, MHD_OPTION_EXTERNAL_LOGGER,
		say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET, config->fd,
		MHD_OPTION_CONNECTION_LIMIT, config->connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		config->memory ? config->memory : (size_t)POOL_SIZE, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)HTTP_IDLE_S, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_ARRAY, config->tls_cert ? tls : none, MHD_OPTION_END);
	if (!s->daemon) {
		if (config->tls_cert)
			error_set(err, "cannot use TLS: certificate and key do not match, or are "
				       "not PEM");
		else
			error_set(err, "cannot start the HTTP server: %s", strerror(errno));
		close(config->fd);
		free(s);
		return NULL;
	}
	epoll = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	ev_io_init(&s->ready, on_ready, epoll, EV_READ);
	ev_timer_init(&s->again, on_again, 0.0, 0.0);
	ev_timer_init(&s->sweep, on_sweep, sweep_s, sweep_s);
	s->ready.data = s->again.data = s->sweep.data = s;
	ev_io_start(loop, &s->ready);
	ev_timer_start(loop, &s->sweep);
	return s;
}

/* libmicrohttpd must not be stopped while an exchange waits. */
static void end_all(struct http_server *s)
{
	struct http_exchange *x, *next;

	for (x = LIST_FIRST(&s->exchanges); x; x = next) {
		next = LIST_NEXT(x, next);
		if (x->upgraded)
			x->upgrade.ended(x->upgrade.ctx);
		else if (x->streams)
			http_end_stream(x);
		else if (x->suspended)
			refuse(x, MHD_HTTP_SERVICE_UNAVAILABLE, "the run has ended");
	}
}

void http_server_stop(struct http_server *s, int patience_ms)
{
	struct pollfd ready;

	if (!s)
		return;
	ready = (struct pollfd){.fd = s->ready.fd, .events = POLLIN};
	MHD_quiesce_daemon(s->daemon);
	for (int left = patience_ms; left > 0; left--) {
		end_all(s);
		MHD_run(s->daemon);
		if (LIST_EMPTY(&s->exchanges))
			break;
		poll(&ready, 1, 1);
	}
	end_all(s);
	MHD_run(s->daemon);
	ev_io_stop(s->loop, &s->ready);
	ev_timer_stop(s->loop, &s->again);
	ev_timer_stop(s->loop, &s->sweep);
	MHD_stop_daemon(s->daemon);
	close(s->config.fd);
	free(s);
}
