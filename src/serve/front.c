#include "serve/front.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http/listen.h"
#include "serve/requests.h"
#include "serve/systemd.h"

enum {
	LAST_MS = 100, /* for clients to take what is written */
	SOCKETS_MAX = 8,
	MEMORY = 12 << 10, /* of a connection: its headers, and pieces of uploads */
	BODY_MAX = 1 << 20,
	PEM_MAX = 1 << 20,
	PIECE = 4 << 10,
};

static const char unix_scheme[] = "unix:", usual_address[] = "127.0.0.1:8080";

struct front {
	struct service *service;
	struct http_server *server[SOCKETS_MAX];
	char *path[SOCKETS_MAX]; /* of a unix socket, to be removed; NULL */
	int n;
	struct buf cert, key; /* PEM texts; empty: plain HTTP */
};

/* ---- sockets ---- */

/* Can other machines not reach it? */
static bool is_local(int fd)
{
	struct sockaddr_storage a = {0};
	const struct sockaddr_in *v4 = (const void *)&a;
	const struct sockaddr_in6 *v6 = (const void *)&a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return false;
	switch (a.ss_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	default:
		return false;
	}
}

static bool serve_on(struct front *f, int fd, bool is_unix, struct error *err)
{
	const struct http_config config = {.fd = fd,
		.memory = MEMORY,
		.body_max = BODY_MAX,
		.connections = (unsigned)f->service->settings->connections,
		.own_user = is_unix,
		.no_browser = !is_unix && !f->service->settings->cors,
		.tls_cert = f->cert.len && !is_unix ? buf_str(&f->cert) : NULL,
		.tls_key = f->key.len && !is_unix ? buf_str(&f->key) : NULL,
		.error = requests_error,
		.error_type = "application/json",
		.handlers = requests_handlers,
		.ctx = f->service};

	if (!f->service->tokens && !is_local(fd)) {
		close(fd);
		return error_set(err, "other machines could use the service without a token: give "
				      "--token-file, or listen on 127.0.0.1 or a unix socket");
	}
	f->server[f->n] = http_server_start(f->service->loop, &config, err);
	if (!f->server[f->n])
		return false;
	f->n++;
	return true;
}

static bool open_socket(struct front *f, const char *address, struct error *err)
{
	bool is_unix = !strncmp(address, unix_scheme, strlen(unix_scheme));
	const char *path = address + strlen(unix_scheme);
	char name[LISTEN_NAME_SIZE];
	int fd;

	if (f->n == SOCKETS_MAX)
		return error_set(err, "--listen: at most %d addresses", SOCKETS_MAX);
	fd = is_unix ? listen_unix(path, err) : listen_tcp(address, name, err);
	if (fd < 0 || !serve_on(f, fd, is_unix, err))
		return false;
	if (is_unix)
		f->path[f->n - 1] = xstrdup(path);
	printf("%s%s\n",
		is_unix       ? ""
		: f->cert.len ? "https://"
			      : "http://",
		is_unix ? address : name);
	fflush(stdout);
	return true;
}

/* What systemd listens on is not named again. */
static bool take_given(struct front *f, int n, struct error *err)
{
	for (int i = 0; i < n; i++) {
		int fd = SYSTEMD_FIRST_FD + i, domain = AF_UNIX;
		socklen_t len = sizeof(domain);

		if (f->n == SOCKETS_MAX)
			return error_set(err, "systemd passes more than %d sockets", SOCKETS_MAX);
		if (!systemd_take_socket(fd, err))
			return false;
		getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
		if (!serve_on(f, fd, domain == AF_UNIX, err))
			return false;
	}
	return true;
}

static bool read_pem(const char *path, struct buf *out, struct error *err)
{
	char piece[PIECE];
	size_t n;
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!path)
		return true;
	while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(out, piece, n);
	explicit_bzero(piece, sizeof(piece));
	if (!f || ferror(f) || !out->len)
		error_set(err, "%s: %s", path, f && !ferror(f) ? "it is empty" : strerror(errno));
	if (f)
		fclose(f);
	return out->len > 0;
}

/* libmicrohttpd has read it. */
static void forget_key(struct front *f)
{
	if (f->key.len)
		explicit_bzero(f->key.data, f->key.len);
	buf_free(&f->key);
}

static bool open_sockets(struct front *f, struct error *err)
{
	char *const *address = f->service->settings->listen;
	int given = systemd_sockets();
	bool ok = take_given(f, given, err);

	if (ok && !given && !address)
		ok = open_socket(f, usual_address, err);
	for (; ok && address && *address; address++)
		ok = open_socket(f, *address, err);
	return ok;
}

struct front *front_open(struct service *s, struct error *err)
{
	struct front *f = xcalloc(1, sizeof(*f));
	bool ok;

	f->service = s;
	buf_init(&f->cert, PEM_MAX);
	buf_init(&f->key, PEM_MAX);
	ok = read_pem(s->settings->tls_cert, &f->cert, err) &&
	     read_pem(s->settings->tls_key, &f->key, err) && open_sockets(f, err);
	forget_key(f);
	if (ok)
		return f;
	front_close(f);
	return NULL;
}

void front_close(struct front *f)
{
	if (!f)
		return;
	for (int i = 0; i < f->n; i++) {
		http_server_stop(f->server[i], LAST_MS);
		if (f->path[i])
			unlink(f->path[i]);
		free(f->path[i]);
	}
	buf_free(&f->cert);
	free(f);
}
