/* Which connection a transfer goes over, and whether it may: never over one on which something
 * waits that nothing was asked for. libcurl 7.88 would send, and take that for the answer. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/same_id.h"
#include "net/transfer.h"

/* One that had rested longer may have been closed by the server in the very moment: what was sent
 * over it was hardly read. */
#define REST_ENDS_US US_PER_S

enum { OPENED_MOST = sizeof(((struct transfer *)0)->open_fd) / sizeof(int) };

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct transfer *x = ctx;
	curl_socket_t fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

	(void)purpose;
	transfer_waits_no_more(x);
	x->opened = true;
	x->open_errno = fd < 0 ? errno : 0;
	memmove(x->open_fd + 1, x->open_fd, (OPENED_MOST - 1) * sizeof(int));
	x->open_fd[0] = fd;
	return fd;
}

/* What had been asked over it stays in doubt when there was more to come. */
static int on_close(void *ctx, curl_socket_t fd)
{
	struct transfer_common *common = ctx;
	struct connection *c = connections_take(&common->connections, fd);
	struct transfer *x = c ? c->user : NULL;

	if (c && !x && c->requests > 1 && !c->shared && !c->ssl)
		connection_shows(c, pending_look(fd, NULL));
	if (c && c->dirty)
		connections_doubt(&common->connections, c, 0);
	if (x) {
		connection_free(x->lost);
		x->lost = c;
		x->connection = NULL;
	} else {
		connection_free(c);
	}
	return close(fd);
}

static SSL *tls_of(CURL *easy)
{
	struct curl_tlssessioninfo *info = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || !info ||
		info->backend != CURLSSLBACKEND_OPENSSL)
		return NULL;
	return info->internals;
}

/* The connection that curl chose; NULL: one that cannot be known. */
static struct connection *find(struct transfer *x, const struct connection_ends *ends)
{
	struct connections *all = &x->common->connections;
	struct connection *c = connections_find(all, ends);

	if (c)
		return c;
	if (x->open_fd[0] >= 0 && x->open_fd[1] < 0)
		return connections_add(all, ends, x->open_fd[0], tls_of(x->easy));
	for (int i = 0; i < OPENED_MOST; i++)
		if (connection_has_ends(x->open_fd[i], ends))
			return connections_add(all, ends, x->open_fd[i], tls_of(x->easy));
	return NULL;
}

/* Half an answer too many makes a whole one of a text with the head of the next: what is left of
 * that is junk. JSON does not survive it. */
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

/* Its answer has ended, and it goes no more over the connection. */
static void rest(struct transfer *x, int64_t now_us)
{
	x->connection->odd = x->connection->odd || is_odd(&x->answer_body);
	connection_rest(x->connection, now_us - x->sent_us, x->common->clock->mono_us);
	x->connection = NULL;
}

/* May this request go over a connection that others went over? */
static bool is_fit(struct transfer *x, struct connection *c, int64_t now_us)
{
	enum pending what;

	/* curl would send several at once over what says that it is HTTP/2 */
	if (c->user && x->common->mislabelled)
		return false;
	/* its answer has ended in this very call of curl's */
	if (c->user)
		rest(c->user, now_us);
	what = c->unsure ? PENDING_END : pending_look(c->fd, c->ssl);
	if (connection_shows(c, what))
		connections_doubt(&x->common->connections, c, 0);
	return what == PENDING_NOTHING;
}

/* curl sends it once more over another one: what it left on the one before, nobody can tell, so
 * that goes to nobody else. */
static void leave(struct transfer *x)
{
	x->connection->user = NULL;
	x->connection->unsure = true;
	x->connection = NULL;
}

/* A request that leaves once more costs an attempt: the first may have been answered to nobody.
 * Over HTTP/2 the server says that it refused it. */
static bool may_leave(struct transfer *x, const struct connection *c)
{
	if (!x->left || (c && c->shared) || x->idle_us > REST_ENDS_US)
		return true;
	x->spent = x->charged >= x->resends_most;
	x->charged += !x->spent;
	return !x->spent;
}

/* The connection stands and the request is about to go out. */
static int on_ready(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
	const struct connection_ends ends = {ip, local_ip, port, local_port};
	struct transfer *x = ctx;
	struct connection *c = find(x, &ends);
	int64_t now_us = x->common->now_us, mono_us = x->common->clock->mono_us;
	bool used = c && c->rested_us;

	transfer_waits_no_more(x);
	/* What left once in vain goes no more over what may have died as well. */
	if (!c ? !x->opened
	       : !c->shared && (used || c->user) && (!is_fit(x, c, now_us) || x->left)) {
		x->unfit = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (!may_leave(x, c))
		return CURL_PREREQFUNC_ABORT;
	x->left++;
	x->sent_us = now_us;
	if (x->opened)
		x->common->connected = true;
	if (!c || c->shared)
		return CURL_PREREQFUNC_OK;
	x->idle_us = connection_idle(c, mono_us);
	if (x->connection && x->connection != c)
		leave(x);
	x->connection = c;
	connection_begin(c, x, &x->names, mono_us);
	return CURL_PREREQFUNC_OK;
}

static void listen_to_curl(struct transfer *x, bool on)
{
	if (x->listening != on)
		curl_easy_setopt(x->easy, CURLOPT_VERBOSE, (long)on);
	x->raw = NULL;
	x->listening = on;
}

static void forbid_reuse(struct transfer *x, bool on)
{
	if (x->forbids != on)
		curl_easy_setopt(x->easy, CURLOPT_FORBID_REUSE, (long)on);
	x->forbids = on;
}

static bool begins(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && !memcmp(text, with, n);
}

/* The bytes that curl says it dropped, from the end of those it read last, are an answer: one more
 * than was asked for. Without a body of its own to be behind, they are that answer's body. */
static bool dropped_answer(const struct transfer *x, const char *text, size_t len)
{
	size_t at = strcspn(text, "0123456789"), n;

	if (x->bodiless || at >= len)
		return false;
	n = strtoul(text + at, NULL, 10);
	return !x->raw || !n || n > x->raw_len ||
	       pending_judge(x->raw + (x->raw_len - n), n) == PENDING_ANSWER;
}

/* curl drops what it read beyond an answer, and says so in its texts alone. */
static int on_text(CURL *easy, curl_infotype type, char *text, size_t len, void *ctx)
{
	struct transfer *x = ctx;

	(void)easy;
	if (type == CURLINFO_DATA_IN) {
		x->raw = text;
		x->raw_len = len;
	}
	if (type != CURLINFO_TEXT ||
		!(begins(text, len, "Excess found") || begins(text, len, "Leftovers after")))
		return 0;
	forbid_reuse(x, true);
	if (x->connection && dropped_answer(x, text, len))
		x->connection->dirty = true;
	return 0;
}

void transfer_set_connection(struct transfer *x, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
	/* The connection may outlive the transfer. */
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, x->common);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_text);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, x);
}

static void connect_afresh(struct transfer *x, bool on)
{
	if (x->fresh != on)
		curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, (long)on);
	x->fresh = on;
}

void transfer_reset_connection(struct transfer *x, const struct transport_request *r)
{
	memset(x->open_fd, -1, sizeof(x->open_fd));
	x->opened = x->unfit = x->spent = x->numbered = false;
	x->left = x->charged = 0;
	x->resends_most = r->resends_most;
	x->idle_us = 0;
	buf_clear(&x->names);
	if (r->n_names)
		buf_add(&x->names, r->names, r->n_names * sizeof(*r->names));
	if (!x->easy)
		return;
	connect_afresh(x, r->afresh);
	/* Kept as well it would push others out, on which something may still show. */
	forbid_reuse(x, r->afresh);
}

/* A server does not change its version from one answer to the next: a good one of another was made
 * by somebody else. Older versions close behind it, and what it was in place of never comes. */
static void note_version(struct transfer *x, const char *line, size_t len, int status)
{
	struct connection *c = x->connection;
	const char *space;
	size_t n;

	if (!c || (c->version_len && len > c->version_len && line[c->version_len] == ' ' &&
			  !memcmp(line, c->version, c->version_len)))
		return;
	space = memchr(line, ' ', len);
	n = space ? (size_t)(space - line) : len;
	if (!begins(line, n, "HTTP/1") && !begins(line, n, "http/1"))
		c->unsure = x->common->mislabelled = true;
	if (!c->version_len && n <= sizeof(c->version)) {
		memcpy(c->version, line, n);
		c->version_len = n;
	} else if (status / 100 == 2) {
		c->dirty = true;
	}
	if (c->unsure || c->dirty)
		forbid_reuse(x, true);
}

static void note_status(struct transfer *x, const char *line, size_t len, int status)
{
	x->numbered = x->connection || begins(line, len, "HTTP/1");
	x->chunked = false;
	x->bodiless = x->shape == SHAPE_HEAD || status == 204 || status == 304;
	/* A body that comes all the same would be the next one's answer. */
	if (x->numbered && x->bodiless)
		forbid_reuse(x, true);
	note_version(x, line, len, status);
}

void transfer_note_header(struct transfer *x, const char *line, size_t len)
{
	int status = (*line | 0x20) == 'h' ? pending_status(line, len) : 0;

	if (status)
		note_status(x, line, len, status);
	else if (len <= 2)
		listen_to_curl(x, true);
	else if ((*line | 0x20) == 't' && len > 18 && !strncasecmp(line, "transfer-encoding:", 18))
		x->chunked = true;
}

void transfer_note_body(struct transfer *x)
{
	/* what is left behind chunks is told at their end */
	if (!x->chunked)
		listen_to_curl(x, false);
}

bool transfer_again(struct transfer *x, CURLcode code)
{
	bool died =
		code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;

	if (x->fresh || x->first_us || x->result != NET_STATUS ||
		(!x->unfit && (!died || x->opened)))
		return false;
	x->unfit = false;
	x->sent_us = 0;
	x->message[0] = '\0';
	connection_free(x->lost);
	x->lost = NULL;
	connect_afresh(x, true);
	return true;
}

/* What is no HTTP at all. */
static bool is_garbage(CURLcode code)
{
	return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL;
}

static bool is_others_answer(struct transfer *x)
{
	struct answer answer;

	if (!x->carries_id && !(x->body.len && same_id_in_body(x->body.data, x->body.len)))
		return false;
	answer = (struct answer){.headers = buf_str(&x->answer_headers),
		.headers_len = x->answer_headers.len,
		.body = buf_str(&x->answer_body),
		.body_len = x->answer_body.len};
	return same_id_differs(x->carries_id ? buf_str(&x->header_lines) : "", buf_str(&x->body),
		x->body.len, &answer, &x->common->repeats);
}

/* The answer to the request before it is there, and its own is to come to whoever is next. */
static void refuse_answer(struct transfer *x)
{
	struct connection *c = x->connection ? x->connection : x->lost;

	x->result = NET_ERROR;
	snprintf(x->message, sizeof(x->message),
		"the answer repeats the id of another request than this one");
	if (!c)
		return;
	connections_doubt(&x->common->connections, c, x->names.len);
	c->unsure = true;
}

void transfer_leave_connection(struct transfer *x, CURLcode code, int64_t now_us)
{
	if (x->numbered && code == CURLE_OK && x->result == NET_STATUS && is_others_answer(x))
		refuse_answer(x);
	if (x->connection)
		rest(x, now_us);
	if (x->lost && is_garbage(code) && connection_shows(x->lost, PENDING_JUNK))
		connections_doubt(&x->common->connections, x->lost, x->names.len);
	connection_free(x->lost);
	x->lost = NULL;
	if (x->easy)
		listen_to_curl(x, false);
}
