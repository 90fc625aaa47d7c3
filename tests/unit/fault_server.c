#include "fault_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

enum { MAX_CONNECTIONS = 1024, STACK_SIZE = 256 << 10, MAX_REQUEST = 4 << 20 };

struct connection {
	struct fault_server *server;
	pthread_t thread;
	int fd;
	int number; /* from 1 */
};

struct fault_server {
	int fd, port;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int together; /* requests that wait for each other */
	bool ending;
	int n_connections;
	struct connection connections[MAX_CONNECTIONS];
};

struct request_text {
	char *data; /* MAX_REQUEST */
	size_t head_len, body_len;
};

static const unsigned char gzip_text[] =
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\x48\xce\xcf\x2d\x28"
	"\x4a\x2d\x2e\x4e\x4d\x51\x28\xcf\x2f\xca\x49\x01\x00\x08\x9e\x34\x35\x17\x00\x00\x00";
/* 100,000 zeros: a head, a run of 00 bytes in the middle, a tail. */
static const unsigned char bomb_head[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01"
					 "\x00\x00\x00\xc2\xa0\xf5\x4f\x6d\x0d\x0f\xa0";
static const unsigned char bomb_tail[] = "\x80\x57\x03\x7d\x95\x11\xd4\xa0\x86\x01\x00";
enum { BOMB_SIZE = 132 };

static bool send_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool send_text(int fd, const char *text)
{
	return send_all(fd, text, strlen(text));
}

static bool answer(const struct connection *c, const char *headers, const void *body, size_t len)
{
	char head[512];

	snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nX-Conn: %d\r\n%sContent-Length: %zu\r\n\r\n", c->number,
		headers, len);
	return send_text(c->fd, head) && send_all(c->fd, body, len);
}

/* Until the peer goes away or the server ends. */
static bool wait_for_end(const struct connection *c)
{
	char byte;

	while (recv(c->fd, &byte, 1, 0) > 0)
		;
	return false;
}

static bool answer_bomb(const struct connection *c)
{
	unsigned char data[BOMB_SIZE] = {0};

	memcpy(data, bomb_head, sizeof(bomb_head) - 1);
	memcpy(data + BOMB_SIZE - (sizeof(bomb_tail) - 1), bomb_tail, sizeof(bomb_tail) - 1);
	return answer(c, "Content-Encoding: gzip\r\n", data, BOMB_SIZE);
}

static bool answer_big(const struct connection *c, size_t size)
{
	char *data = xmalloc(size);
	bool ok;

	memset(data, 'x', size);
	ok = answer(c, "", data, size);
	free(data);
	return ok;
}

static bool answer_headers(const struct connection *c, int lines, int line_len)
{
	char *line = xmalloc((size_t)line_len + 1);
	bool ok = send_text(c->fd, "HTTP/1.1 200 OK\r\n");

	memset(line, 'a', (size_t)line_len);
	memcpy(line, "X-A: ", 5);
	memcpy(line + line_len - 2, "\r\n", 3);
	while (ok && lines--)
		ok = send_text(c->fd, line);
	free(line);
	return ok && send_text(c->fd, "Content-Length: 0\r\n\r\n");
}

static bool answer_drip(const struct connection *c)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	bool ok = send_text(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");

	while (ok) {
		nanosleep(&pause, NULL);
		ok = send_text(c->fd, ".");
	}
	return false;
}

static bool answer_together(const struct connection *c, int n)
{
	struct fault_server *s = c->server;
	bool ending;

	pthread_mutex_lock(&s->lock);
	s->together++;
	pthread_cond_broadcast(&s->changed);
	while (s->together < n && !s->ending)
		pthread_cond_wait(&s->changed, &s->lock);
	ending = s->ending;
	pthread_mutex_unlock(&s->lock);
	return !ending && answer(c, "", "ok", 2);
}

/* False: the connection ends. */
static bool serve(const struct connection *c, const struct request_text *r)
{
	char path[64] = "";

	sscanf(r->data, "%*s %63s", path);
	if (strcmp(path, "/ok") == 0)
		return answer(c, "", "ok", strncmp(r->data, "HEAD", 4) ? 2 : 0);
	if (strcmp(path, "/echo") == 0)
		return answer(c, "", r->data + r->head_len, r->body_len);
	if (strcmp(path, "/head") == 0)
		return answer(c, "", r->data, r->head_len);
	if (strcmp(path, "/chunked") == 0)
		return send_text(c->fd,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
			"6\r\nhello \r\n5\r\nworld\r\n0\r\nX-T: 1\r\n\r\n");
	if (strcmp(path, "/gzip") == 0)
		return answer(c, "Content-Encoding: gzip\r\n", gzip_text, sizeof(gzip_text) - 1);
	if (strcmp(path, "/bomb") == 0)
		return answer_bomb(c);
	if (strcmp(path, "/empty") == 0)
		return send_text(c->fd, "HTTP/1.1 204 No Content\r\n\r\n");
	if (strcmp(path, "/redirect") == 0)
		return send_text(c->fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\n"
					"Content-Length: 0\r\n\r\n");
	if (strcmp(path, "/hints") == 0)
		return send_text(c->fd, "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n") &&
		       answer(c, "X-Late: 1\r\n", "ok", 2);
	if (strcmp(path, "/headers") == 0)
		return answer_headers(c, 128, 1024);
	if (strcmp(path, "/long") == 0)
		return answer_headers(c, 1, 128 << 10);
	if (strcmp(path, "/big") == 0)
		return answer_big(c, 1 << 20);
	if (strcmp(path, "/drip") == 0)
		return answer_drip(c);
	if (strcmp(path, "/stall") == 0 || strcmp(path, "/cut") == 0) {
		send_text(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf.");
		return path[1] == 's' && wait_for_end(c);
	}
	if (strncmp(path, "/together/", 10) == 0)
		return answer_together(c, atoi(path + 10));
	return strcmp(path, "/mute") == 0 && wait_for_end(c);
}

static size_t content_length(const char *head)
{
	static const char name[] = "Content-Length:";

	for (const char *line = head; (line = strchr(line, '\n')); line++)
		if (strncasecmp(line + 1, name, sizeof(name) - 1) == 0)
			return (size_t)atol(line + sizeof(name));
	return 0;
}

/* Reads one whole request. */
static bool read_request(int fd, struct request_text *r)
{
	size_t len = 0;

	r->head_len = 0;
	for (;;) {
		ssize_t n = recv(fd, r->data + len, MAX_REQUEST - 1 - len, 0);
		const char *end;

		if (n <= 0)
			return false;
		len += (size_t)n;
		r->data[len] = '\0';
		if (!r->head_len && (end = strstr(r->data, "\r\n\r\n"))) {
			r->head_len = (size_t)(end + 4 - r->data);
			r->body_len = content_length(r->data);
		}
		if (r->head_len && len >= r->head_len + r->body_len)
			return true;
	}
}

static void *run_connection(void *arg)
{
	struct connection *c = arg;
	struct request_text r = {.data = xmalloc(MAX_REQUEST)};

	while (read_request(c->fd, &r) && serve(c, &r))
		;
	free(r.data);
	shutdown(c->fd, SHUT_RDWR);
	return NULL;
}

static void *run_server(void *arg)
{
	struct fault_server *s = arg;
	pthread_attr_t attr;
	int fd;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	while (s->n_connections < MAX_CONNECTIONS && (fd = accept(s->fd, NULL, NULL)) >= 0) {
		struct connection *c = &s->connections[s->n_connections++];

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		*c = (struct connection){.server = s, .fd = fd, .number = s->n_connections};
		if (pthread_create(&c->thread, &attr, run_connection, c))
			abort();
	}
	pthread_attr_destroy(&attr);
	return NULL;
}

struct fault_server *fault_server_new(void)
{
	struct fault_server *s = xcalloc(1, sizeof(*s));
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, len) || listen(s->fd, SOMAXCONN) ||
		getsockname(s->fd, (struct sockaddr *)&a, &len) ||
		pthread_create(&s->thread, NULL, run_server, s)) {
		perror("fault_server");
		abort();
	}
	s->port = ntohs(a.sin_port);
	return s;
}

void fault_server_free(struct fault_server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	for (int i = 0; i < s->n_connections; i++) {
		shutdown(s->connections[i].fd, SHUT_RDWR);
		pthread_join(s->connections[i].thread, NULL);
		close(s->connections[i].fd);
	}
	close(s->fd);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int fault_server_port(const struct fault_server *s)
{
	return s->port;
}
