/* Decides which connection a transfer goes over. It never goes over one with unexpected bytes
 * pending: libcurl 7.88 would send and take these bytes for the answer. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/correlation_id.h"
#include "net/transfer.h"

/* A connection idle for longer may have been closed by the server at that moment, so the request
 * was hardly read. */
#define IDLE_MOST_US US_PER_S

enum { OPENED_MOST = sizeof(((struct transfer_path *)0)->open_fd) / sizeof(int) };

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct transfer *x = ctx;
	struct transfer_path *p = &x->path;
	curl_socket_t fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

	(void)purpose;
	p->opened = true;
	p->open_errno = fd < 0 ? errno : 0;
	memmove(p->open_fd + 1, p->open_fd, (OPENED_MOST - 1) * sizeof(int));
	p->open_fd[0] = fd;
	return fd;
}

static int on_close(void *ctx, curl_socket_t fd)
{
	struct transfer_common *common = ctx;
	struct connection *c = connections_close(common->connections, fd);
	struct transfer *x = c ? connection_user(c) : NULL;

	if (x) {
		connection_free(x->path.lost);
		x->path.lost = c;
		x->path.connection = NULL;
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

/* The socket of the connection that curl opened; -1: not known. */
static int socket_with(const int *fd, const struct connection_ends *ends)
{
	if (fd[0] >= 0 && fd[1] < 0)
		return fd[0];
	for (int i = 0; i < OPENED_MOST; i++)
		if (connection_has_ends(fd[i], ends))
			return fd[i];
	return -1;
}

/* The connection that curl chose; NULL: not known. */
static struct connection *find(struct transfer *x, const struct connection_ends *ends)
{
	struct connections *all = x->common->connections;
	struct connection *c = connections_find(all, ends);
	int fd;

	if (c)
		return c;
	fd = socket_with(x->path.open_fd, ends);
	if (fd < 0)
		return NULL;
	c = connections_add(all, ends, fd, tls_of(x->easy));
	if (x->gate.host && connection_is_shared(c))
		connection_serves(c, x->gate.host);
	return c;
}

/* Its answer has ended: detaches it from the connection. */
static void end_use(struct transfer *x, int64_t now_us)
{
	connection_end(x->path.connection, &x->received.body, now_us - x->times.sent_us,
		x->common->clock->mono_us);
	x->path.connection = NULL;
}

/* May this request go over a used connection? */
static bool is_fit(struct transfer *x, struct connection *c, int64_t now_us)
{
	struct transfer *user = connection_user(c);

	/* curl would send several at once over a connection that claims to be HTTP/2 */
	if (user && connections_mislabelled(x->common->connections))
		return false;
	/* its answer ended in this same call of curl's */
	if (user)
		end_use(user, now_us);
	return connections_fit(x->common->connections, c);
}

/* Sending a request again costs an attempt, because the server may have answered the first one in
 * vain. Over HTTP/2 the server reports that it refused it. */
static bool may_leave(struct transfer_path *p, bool shared)
{
	if (!p->left || shared || p->idle_us > IDLE_MOST_US)
		return true;
	p->spent = p->charged >= p->resends_most;
	p->charged += !p->spent;
	return !p->spent;
}

/* The connection is established and the request is about to go out. */
static int on_ready(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
	const struct connection_ends ends = {ip, local_ip, port, local_port};
	struct transfer *x = ctx;
	struct transfer_path *p = &x->path;
	struct connection *c = find(x, &ends);
	bool shared = c && connection_is_shared(c);
	int64_t now_us = x->common->now_us, mono_us = x->common->clock->mono_us;

	/* A request sent once in vain does not go over another connection that may have died. */
	if (!c ? !p->opened
	       : !shared && connection_was_used(c) && (!is_fit(x, c, now_us) || p->left)) {
		p->unfit = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (!may_leave(p, shared))
		return CURL_PREREQFUNC_ABORT;
	p->left++;
	x->times.sent_us = now_us;
	host_serves(&x->gate, shared);
	if (!c || shared)
		return CURL_PREREQFUNC_OK;
	p->idle_us = connection_idle(c, mono_us);
	/* curl sends it again over another connection. The state of the one before is unknown, so
	 * no other request uses it. */
	if (p->connection && p->connection != c)
		connection_retire(p->connection);
	p->connection = c;
	connection_begin(c, x, &p->names, mono_us);
	return CURL_PREREQFUNC_OK;
}

static void forbid_reuse(struct transfer_path *p, CURL *easy, bool on)
{
	if (p->forbids != on)
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)on);
	p->forbids = on;
}

static int on_text(CURL *easy, curl_infotype type, char *text, size_t len, void *ctx)
{
	struct transfer *x = ctx;
	enum excess_found found = excess_text(&x->excess, type, text, len);

	if (found == EXCESS_NONE)
		return 0;
	forbid_reuse(&x->path, easy, true);
	if (x->path.connection && found == EXCESS_ANSWER)
		connection_shows(x->path.connection, PENDING_ANSWER);
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

static void connect_afresh(struct transfer_path *p, CURL *easy, bool on)
{
	if (p->fresh != on)
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)on);
	p->fresh = on;
}

void transfer_reset_connection(struct transfer *x, const struct transport_request *r)
{
	struct transfer_path *p = &x->path;

	memset(p->open_fd, -1, sizeof(p->open_fd));
	p->open_errno = 0;
	p->opened = p->unfit = p->spent = x->excess.numbered = false;
	p->left = p->charged = 0;
	p->resends_most = r->resends_most;
	p->idle_us = 0;
	buf_clear(&p->names);
	for (size_t i = 0; i < r->n_names; i++) {
		struct answer_name name = r->names[i];

		name.run = r->run;
		buf_add(&p->names, &name, sizeof(name));
	}
	if (!x->easy)
		return;
	connect_afresh(p, x->easy, r->afresh);
	/* Keeping it would drop others, on which extra answers may still show. */
	forbid_reuse(p, x->easy, r->afresh);
}

void transfer_note_status(struct transfer *x, const char *line, size_t len)
{
	struct connection *c = x->path.connection;
	bool numbered = c || (len >= 6 && !memcmp(line, "HTTP/1", 6));
	int status = pending_status(line, len);

	if (!status)
		return;
	if (excess_status(&x->excess, numbered, x->request.shape == SHAPE_HEAD, status))
		forbid_reuse(&x->path, x->easy, true);
	if (c && !connections_check_version(x->common->connections, c, line, len, status))
		forbid_reuse(&x->path, x->easy, true);
}

bool transfer_again(struct transfer *x, CURLcode code)
{
	struct transfer_path *p = &x->path;
	bool died =
		code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;

	if (p->fresh || x->times.first_us || x->end.result != NET_STATUS ||
		(!p->unfit && (!died || p->opened)))
		return false;
	p->unfit = false;
	x->times.sent_us = 0;
	x->end.message[0] = '\0';
	connection_free(p->lost);
	p->lost = NULL;
	connect_afresh(p, x->easy, true);
	return true;
}

/* Bytes that are not HTTP. */
static bool is_garbage(CURLcode code)
{
	return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL;
}

static bool is_others_answer(struct transfer *x)
{
	struct easy_request *r = &x->request;
	struct answer answer = {0};

	if (!r->carries_id && !(r->body.len && correlation_id_in_body(r->body.data, r->body.len)))
		return false;
	received_show(&x->received, &answer);
	return correlation_id_differs(r->carries_id ? buf_str(&r->header_lines) : "",
		buf_str(&r->body), r->body.len, &answer, &x->common->repeats);
}

/* It got the answer to the request before it, and its own would go to the next. */
static void refuse_answer(struct transfer *x)
{
	struct connection *c = x->path.connection ? x->path.connection : x->path.lost;

	x->end.result = NET_ERROR;
	snprintf(x->end.message, sizeof(x->end.message),
		"the answer carries the id of another request");
	if (!c)
		return;
	connections_doubt(x->common->connections, c, x->path.names.len);
	connection_retire(c);
}

void transfer_leave_connection(struct transfer *x, CURLcode code, int64_t now_us)
{
	struct transfer_path *p = &x->path;

	if (x->excess.numbered && code == CURLE_OK && x->end.result == NET_STATUS &&
		is_others_answer(x))
		refuse_answer(x);
	if (p->connection)
		end_use(x, now_us);
	if (p->lost && is_garbage(code) && connection_shows(p->lost, PENDING_JUNK))
		connections_doubt(x->common->connections, p->lost, p->names.len);
	connection_free(p->lost);
	p->lost = NULL;
	if (x->easy)
		excess_listen(&x->excess, x->easy, false);
}
