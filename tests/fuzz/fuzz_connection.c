/* What a server puts on a connection between two answers. The first byte chooses the first answer's
 * form and whether the rest comes in one piece with it; the rest is sent before the second request
 * leaves. Whatever it is, the second request gets its own answer. */
#include <arpa/inet.h>
#include <ev.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "fuzz.h"
#include "net/transport.h"

enum { CONNECTIONS = 8, PATIENCE = 5000 };

static const char right[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond";

struct scene {
	struct ev_loop *loop;
	struct run_clock clock;
	struct transport *transport;
	int listener, port;
	int fd[CONNECTIONS], n;
	int requests, ended;
	const char *first, *junk;
	size_t junk_len;
	bool together;
};

static void on_done(void *ctx, void *item, const struct answer *a)
{
	struct scene *s = ctx;

	s->ended++;
	if (!item)
		return;
	must(a->result == NET_STATUS && a->status == 200);
	must(a->body_len == 6 && !memcmp(a->body, "second", 6));
}

/* Nothing followed another answer closely: nothing is in doubt. */
static void on_doubt(void *ctx, const struct answer_name *names, size_t n, bool cut)
{
	(void)ctx, (void)names, (void)n, (void)cut;
	must(false);
}

static void put(int fd, const char *data, size_t len)
{
	/* what does not fit now would come later, which is another thing */
	must(send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len || len > 4096);
}

static void answer(struct scene *s, int fd)
{
	char both[8192];
	size_t len = strlen(s->first);

	if (s->requests++) {
		put(fd, right, sizeof(right) - 1);
		return;
	}
	memcpy(both, s->first, len);
	if (s->together && len + s->junk_len <= sizeof(both)) {
		memcpy(both + len, s->junk, s->junk_len);
		len += s->junk_len;
	}
	put(fd, both, len);
}

/* The server's turn: each of its connections has at most one request. */
static void serve(struct scene *s)
{
	struct pollfd ready[CONNECTIONS + 1] = {{s->listener, POLLIN, 0}};
	char request[2048];

	for (int i = 0; i < s->n; i++)
		ready[i + 1] = (struct pollfd){s->fd[i], POLLIN, 0};
	if (poll(ready, (nfds_t)s->n + 1, 0) <= 0)
		return;
	for (int i = 0; i < s->n; i++)
		if (ready[i + 1].revents && recv(s->fd[i], request, sizeof(request), 0) > 0)
			answer(s, s->fd[i]);
		else if (ready[i + 1].revents)
			s->fd[i] = (close(s->fd[i]), -1);
	if (ready[0].revents && s->n < CONNECTIONS)
		s->fd[s->n++] = accept(s->listener, NULL, NULL);
}

static void ask(struct scene *s, bool second)
{
	static const struct answer_name name = {.item = 1, .attempt = 1};
	int before = s->ended, turns = 0;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", s->port);
	transport_start(s->transport,
		&(struct transport_request){
			.method = "GET", .url = url, .run = s, .names = &name, .n_names = 1},
		second ? s : NULL);
	for (; s->ended == before && turns < PATIENCE; turns++) {
		ev_run(s->loop, EVRUN_NOWAIT);
		serve(s);
		if (turns > 100)
			poll(NULL, 0, 1);
	}
	must(s->ended > before);
}

static void open_scene(struct scene *s)
{
	const struct transport_config config = {
		.timeout_us = 4000000, .max_response = 1 << 16, .doubt = on_doubt};
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct error err;

	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	must(bind(s->listener, (struct sockaddr *)&a, len) == 0 && listen(s->listener, 8) == 0);
	must(getsockname(s->listener, (struct sockaddr *)&a, &len) == 0);
	s->port = ntohs(a.sin_port);
	s->loop = ev_loop_new(0);
	s->transport = transport_new(s->loop, &s->clock, &config, on_done, &err);
	must(s->transport);
}

static void close_scene(struct scene *s)
{
	const struct linger now = {1, 0};

	transport_free(s->transport);
	ev_loop_destroy(s->loop);
	for (int i = 0; i < s->n; i++) {
		if (s->fd[i] < 0)
			continue;
		setsockopt(s->fd[i], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(s->fd[i]);
	}
	close(s->listener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const firsts[] = {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n",
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/2 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
		"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"};
	struct scene s = {.n = 0};

	if (size < 1 || size > 4096)
		return 0;
	s.first = firsts[data[0] / 2 % (sizeof(firsts) / sizeof(firsts[0]))];
	s.together = data[0] & 1;
	s.junk = (const char *)data + 1;
	s.junk_len = size - 1;
	open_scene(&s);
	ask(&s, false);
	if (!s.together && s.fd[0] >= 0)
		put(s.fd[0], s.junk, s.junk_len);
	ask(&s, true);
	close_scene(&s);
	return 0;
}
