#include "http/websocket.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http/server.h"
#include "http/upgrade.h"

enum {
	KEY_LEN = 24, /* 16 bytes in base64 */
	SHA1_LEN = 20,
	ACCEPT_SIZE = 29,
	REASON_MAX = 100,
	READ_AT_ONCE = 64 << 10,
	BAD_REQUEST = 400,
	UPGRADE_REQUIRED = 426,
};

/* RFC 6455, 1.3 */
static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

struct websocket {
	struct http_exchange *x;
	struct websocket_config config;
	wslay_event_context_ptr frames;
	int fd;      /* -1: the 101 is not sent yet, or it is closed */
	bool closed; /* nothing is sent or read any more */
	bool lost;   /* the connection is broken */
	bool drains; /* all is sent, the close too: what still comes is dropped */
	ev_io io;
	ev_timer ping, last; /* last: ends it from the loop */
	bool awaits_pong;
	size_t read;      /* bytes in this turn of the loop */
	struct buf first; /* what came behind the request, from `taken` on */
	size_t taken;
};

/* ---- the handshake ---- */

/* Is the word among the values, separated by commas? */
static bool has_word(const char *values, const char *word)
{
	size_t len = strlen(word);

	while (values && *values) {
		values += strspn(values, " \t,");
		if (!strncasecmp(values, word, len) && strcspn(values + len, " \t,") == 0)
			return true;
		values += strcspn(values, ",");
	}
	return false;
}

static bool is_key(const char *key)
{
	size_t n = 0;

	while (key && (isalnum((unsigned char)key[n]) || key[n] == '+' || key[n] == '/'))
		n++;
	return n == KEY_LEN - 2 && !strcmp(key + n, "==");
}

static bool make_accept(const char *key, char out[ACCEPT_SIZE])
{
	char text[KEY_LEN + sizeof(guid)];
	unsigned char hash[EVP_MAX_MD_SIZE];

	memcpy(text, key, KEY_LEN);
	memcpy(text + KEY_LEN, guid, sizeof(guid));
	if (!EVP_Digest(text, sizeof(text) - 1, hash, NULL, EVP_sha1(), NULL))
		return false;
	EVP_EncodeBlock((unsigned char *)out, hash, SHA1_LEN);
	return true;
}

static bool refuse(struct websocket_refusal *why, int status, const char *words)
{
	*why = (struct websocket_refusal){status, words};
	return false;
}

static bool check(struct http_exchange *x, struct websocket_refusal *why)
{
	const char *version = http_header(x, "Sec-WebSocket-Version");

	if (!has_word(http_header(x, "Connection"), "upgrade") ||
		!has_word(http_header(x, "Upgrade"), "websocket"))
		return refuse(why, UPGRADE_REQUIRED, "This URL accepts only WebSockets.");
	if (!http_may_upgrade(x))
		return refuse(why, UPGRADE_REQUIRED,
			"A WebSocket begins with a GET of HTTP/1.1; nginx needs "
			"\"proxy_http_version 1.1;\".");
	if (!version || strcmp(version, "13") != 0) {
		http_add_header(x, "Sec-WebSocket-Version", "13");
		return refuse(
			why, UPGRADE_REQUIRED, "This URL accepts only version 13 of WebSocket.");
	}
	if (!is_key(http_header(x, "Sec-WebSocket-Key")))
		return refuse(why, BAD_REQUEST, "Sec-WebSocket-Key is missing or invalid.");
	if (!http_can_upgrade(x))
		return refuse(why, BAD_REQUEST,
			"This HTTPS port does not support WebSockets: use a proxy that terminates "
			"TLS.");
	return true;
}

bool websocket_offers(
	const struct http_exchange *x, const char *name, const char **value, size_t *len)
{
	const char *offers = http_header(x, "Sec-WebSocket-Protocol");
	size_t n = strlen(name);

	if (!value)
		return has_word(offers, name);
	while (offers && *offers) {
		offers += strspn(offers, " \t,");
		if (!strncmp(offers, name, n) && offers[n] == '.') {
			*value = offers + n + 1;
			*len = strcspn(*value, " \t,");
			return true;
		}
		offers += strcspn(offers, ",");
	}
	return false;
}

/* ---- frames ---- */

static void stop(struct websocket *w)
{
	w->closed = true;
	ev_io_stop(w->config.loop, &w->io);
	ev_timer_stop(w->config.loop, &w->ping);
	ev_timer_stop(w->config.loop, &w->last);
	if (w->fd < 0)
		return;
	w->fd = -1;
	http_close_upgraded(w->x);
}

/* Ends it from the loop, since callers and libwslay are still at it. */
static void end_soon(struct websocket *w)
{
	w->closed = true;
	ev_timer_stop(w->config.loop, &w->last);
	ev_timer_set(&w->last, 0.0, 0.0);
	ev_timer_start(w->config.loop, &w->last);
}

static ssize_t take(
	wslay_event_context_ptr frames, uint8_t *out, size_t size, int flags, void *data)
{
	struct websocket *w = data;
	size_t first = w->first.len - w->taken;
	ssize_t n;

	(void)flags;
	if (first) {
		n = (ssize_t)(first < size ? first : size);
		memcpy(out, w->first.data + w->taken, (size_t)n);
		w->taken += (size_t)n;
		return n;
	}
	if (w->read > READ_AT_ONCE) { /* others have their turn; the socket stays ready */
		wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	do
		n = recv(w->fd, out, size, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		w->read += (size_t)n;
		return n;
	}
	w->lost = !n || errno != EAGAIN;
	wslay_event_set_error(frames, w->lost ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static ssize_t give(
	wslay_event_context_ptr frames, const uint8_t *bytes, size_t len, int flags, void *data)
{
	struct websocket *w = data;
	ssize_t n;

	do
		n = send(w->fd, bytes, len, MSG_NOSIGNAL | (flags & WSLAY_MSG_MORE ? MSG_MORE : 0));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		wslay_event_set_error(frames,
			errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return n;
}

static void on_message(wslay_event_context_ptr frames,
	const struct wslay_event_on_msg_recv_arg *message, void *data)
{
	struct websocket *w = data;
	struct buf text;

	(void)frames;
	switch (message->opcode) {
	case WSLAY_TEXT_FRAME:
		if (w->closed)
			break;
		buf_init(&text, WEBSOCKET_MESSAGE_MAX + 1);
		buf_add(&text, (const char *)message->msg, message->msg_length);
		w->config.message(w->config.ctx, buf_str(&text), text.len);
		buf_free(&text);
		break;
	case WSLAY_BINARY_FRAME:
		websocket_close(w, WSLAY_CODE_UNSUPPORTED_DATA, "only text messages are accepted");
		break;
	case WSLAY_PONG:
		w->awaits_pong = false;
		break;
	default:
		break;
	}
}

/* The last frame is sent. A socket that is closed with bytes unread would take that back, so they
 * are read until the client closes, too. */
static void drain(struct websocket *w)
{
	w->drains = true;
	shutdown(w->fd, SHUT_WR);
	ev_timer_stop(w->config.loop, &w->last);
	ev_timer_set(&w->last, WEBSOCKET_CLOSE_S, 0.0);
	ev_timer_start(w->config.loop, &w->last);
}

/* What libwslay wants to do next; none: it is over. */
static void watch(struct websocket *w)
{
	int events = (wslay_event_want_read(w->frames) ? EV_READ : 0) |
		     (wslay_event_want_write(w->frames) ? EV_WRITE : 0);

	if (w->closed)
		return;
	if (wslay_event_get_queued_msg_length(w->frames) > WEBSOCKET_UNSENT_MAX) {
		end_soon(w);
		return;
	}
	if (!events) {
		drain(w);
		events = EV_READ;
	}
	if (events == (w->io.events & (EV_READ | EV_WRITE)) && ev_is_active(&w->io))
		return;
	ev_io_stop(w->config.loop, &w->io);
	ev_io_set(&w->io, w->fd, events);
	ev_io_start(w->config.loop, &w->io);
}

static void send_what_goes(struct websocket *w)
{
	if (w->fd < 0 || w->closed || w->drains)
		return;
	if (wslay_event_send(w->frames) < 0)
		end_soon(w);
	else
		watch(w);
}

/* False: the connection is broken. A frame that breaks the rules has only made libwslay queue its
 * close. */
static bool read_frames(struct websocket *w)
{
	w->read = 0;
	return !wslay_event_recv(w->frames) || !w->lost;
}

/* A client that has only ended its side still sees why. */
static void end_lost(struct websocket *w)
{
	wslay_event_send(w->frames);
	stop(w);
}

static void drop_bytes(struct websocket *w)
{
	char bytes[READ_AT_ONCE];
	ssize_t n = recv(w->fd, bytes, sizeof(bytes), 0);

	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		stop(w);
}

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
	struct websocket *w = io->data;

	(void)loop;
	if (w->drains)
		drop_bytes(w);
	else if (events & EV_READ && !read_frames(w))
		end_lost(w);
	else
		send_what_goes(w);
}

static void on_ping(struct ev_loop *loop, ev_timer *timer, int events)
{
	const struct wslay_event_msg ping = {.opcode = WSLAY_PING};
	struct websocket *w = timer->data;

	(void)loop, (void)events;
	if (w->awaits_pong || w->drains) {
		stop(w);
		return;
	}
	w->awaits_pong = true;
	wslay_event_queue_msg(w->frames, &ping);
	send_what_goes(w);
}

static void on_last(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	stop(timer->data);
}

/* ---- life ---- */

static void begun(void *ctx, int fd, const char *first, size_t len)
{
	struct websocket *w = ctx;

	w->fd = fd;
	if (w->closed) {
		end_soon(w);
		return;
	}
	buf_add(&w->first, first, len);
	/* a token does not wait until the one before it is acknowledged */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	ev_timer_start(w->config.loop, &w->ping);
	if (len && !read_frames(w))
		end_soon(w);
	send_what_goes(w);
}

/* The server stops. */
static void ended(void *ctx)
{
	struct websocket *w = ctx;

	if (w->fd < 0)
		return;
	if (!w->closed && !w->drains) {
		websocket_close(w, WEBSOCKET_GOING_AWAY, "the service is stopping");
		wslay_event_send(w->frames);
	}
	stop(w);
}

static void open_frames(struct websocket *w)
{
	static const struct wslay_event_callbacks calls = {
		.recv_callback = take, .send_callback = give, .on_msg_recv_callback = on_message};

	if (wslay_event_context_server_init(&w->frames, &calls, w))
		alloc_failed();
	wslay_event_config_set_max_recv_msg_length(w->frames, WEBSOCKET_MESSAGE_MAX);
}

struct websocket *websocket_accept(struct http_exchange *x, const struct websocket_config *config,
	struct websocket_refusal *why)
{
	char accept[ACCEPT_SIZE];
	struct websocket *w;

	if (!check(x, why))
		return NULL;
	if (!make_accept(http_header(x, "Sec-WebSocket-Key"), accept)) {
		refuse(why, BAD_REQUEST, "This system lacks SHA-1, which WebSockets need.");
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	w->x = x;
	w->config = *config;
	w->fd = -1;
	buf_init(&w->first, WEBSOCKET_MESSAGE_MAX);
	open_frames(w);
	ev_init(&w->io, on_ready);
	ev_timer_init(&w->ping, on_ping, WEBSOCKET_PING_S, WEBSOCKET_PING_S);
	ev_timer_init(&w->last, on_last, 0.0, 0.0);
	w->io.data = w->ping.data = w->last.data = w;
	http_add_header(x, "Sec-WebSocket-Accept", accept);
	if (config->protocol)
		http_add_header(x, "Sec-WebSocket-Protocol", config->protocol);
	http_answer_upgrade(x, &(struct http_upgrade){"websocket", begun, ended, w});
	return w;
}

bool websocket_send(struct websocket *w, const char *text, size_t len)
{
	const struct wslay_event_msg message = {
		.opcode = WSLAY_TEXT_FRAME, .msg = (const uint8_t *)text, .msg_length = len};

	if (w->closed || w->drains || wslay_event_queue_msg(w->frames, &message))
		return false;
	if (wslay_event_get_queued_msg_length(w->frames) > WEBSOCKET_UNSENT_MAX)
		end_soon(w);
	else
		send_what_goes(w);
	return !w->closed;
}

void websocket_close(struct websocket *w, int code, const char *reason)
{
	if (w->closed || w->drains)
		return;
	wslay_event_queue_close(
		w->frames, (uint16_t)code, (const uint8_t *)reason, strnlen(reason, REASON_MAX));
	ev_timer_stop(w->config.loop, &w->last);
	ev_timer_set(&w->last, WEBSOCKET_CLOSE_S, 0.0);
	ev_timer_start(w->config.loop, &w->last);
	send_what_goes(w);
}

void websocket_free(struct websocket *w)
{
	if (!w)
		return;
	w->fd = -1; /* the exchange is over */
	stop(w);
	wslay_event_context_free(w->frames);
	buf_free(&w->first);
	free(w);
}
