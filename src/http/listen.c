#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 511 };

static bool unix_address(const char *path, struct sockaddr_un *a, struct error *err)
{
	size_t len = strlen(path);

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (!len)
		return error_set(err, "the path of the socket is empty");
	if (len >= sizeof(a->sun_path))
		return error_set(err,
			"%s: %zu bytes are too long for a socket path, the limit is %zu: give a "
			"shorter one",
			path, len, sizeof(a->sun_path) - 1);
	memcpy(a->sun_path, path, len);
	return true;
}

bool listen_unix_is_live(const char *path)
{
	struct sockaddr_un a;
	struct error ignored;
	int fd, failed;

	if (!unix_address(path, &a, &ignored))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true;
	failed = connect(fd, (struct sockaddr *)&a, sizeof(a)) ? errno : 0;
	close(fd);
	/* EAGAIN: its backlog is full */
	return !failed || failed == EAGAIN || failed == EACCES;
}

/* Removes the socket of a dead process. */
static bool make_room(const char *path, struct error *err)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT || error_set(err, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, "%s exists and is not a socket; give another path", path);
	if (listen_unix_is_live(path))
		return error_set(err, "%s: another process listens there; give another path", path);
	return !unlink(path) || errno == ENOENT ||
	       error_set(err, "%s: cannot remove the socket of a dead process: %s", path,
		       strerror(errno));
}

int listen_unix(const char *path, struct error *err)
{
	struct sockaddr_un a;
	int fd, failed;
	mode_t mask;

	if (!unix_address(path, &a, err) || !make_room(path, err))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		error_set(err, "cannot create a socket: %s", strerror(errno));
		return -1;
	}
	mask = umask(0177);
	failed = bind(fd, (struct sockaddr *)&a, sizeof(a)) ? errno : 0;
	umask(mask);
	if (!failed && listen(fd, BACKLOG))
		failed = errno;
	if (!failed)
		return fd;
	error_set(err, "cannot listen at %s: %s", path, strerror(failed));
	close(fd);
	return -1;
}

/* ---- TCP ---- */

enum { HOST_SIZE = 256, PORT_SIZE = 16 };

/* Takes an address apart; false when it is none. */
static bool split(const char *address, char host[HOST_SIZE], char port[PORT_SIZE])
{
	const char *colon = strrchr(address, ':'), *at = colon ? colon + 1 : address;
	size_t len = colon ? (size_t)(colon - address) : 0, digits = strspn(at, "0123456789");

	if (!digits || at[digits] || digits >= PORT_SIZE || len >= HOST_SIZE)
		return false;
	memcpy(port, at, digits + 1);
	if (len > 1 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	} else if (memchr(address, ':', len)) {
		return false;
	}
	memcpy(host, len ? address : "127.0.0.1", len ? len : sizeof("127.0.0.1"));
	host[len ? len : sizeof("127.0.0.1") - 1] = '\0';
	return true;
}

static void name_of(int fd, char name[LISTEN_NAME_SIZE])
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	char host[48] = "?", port[PORT_SIZE] = "?";

	if (!getsockname(fd, (struct sockaddr *)&a, &len))
		getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(name, LISTEN_NAME_SIZE, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* A socket that listens there; -1 and errno. */
static int open_tcp(const struct addrinfo *a)
{
	int on = 1, failed;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	failed = errno;
	close(fd);
	errno = failed;
	return -1;
}

int listen_tcp(const char *address, char name[LISTEN_NAME_SIZE], struct error *err)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	char host[HOST_SIZE], port[PORT_SIZE];
	struct addrinfo *found;
	int fd, failed;

	if (!split(address, host, port)) {
		error_set(err,
			"\"%s\" is not an address to listen on; write PORT, ADDRESS:PORT or "
			"[IPV6]:PORT",
			address);
		return -1;
	}
	failed = getaddrinfo(host, port, &hints, &found);
	if (failed) {
		error_set(err, "cannot listen on %s: %s", address, gai_strerror(failed));
		return -1;
	}
	fd = open_tcp(found);
	if (fd < 0)
		error_set(err, "cannot listen on %s: %s", address, strerror(errno));
	else
		name_of(fd, name);
	freeaddrinfo(found);
	return fd;
}
