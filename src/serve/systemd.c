#include "serve/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKETS_SANE = 64 };

int systemd_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	long count = pid && n && strtol(pid, NULL, 10) == getpid() ? strtol(n, NULL, 10) : 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return count > 0 && count <= SOCKETS_SANE ? (int)count : 0;
}

bool systemd_take_socket(int fd, struct error *err)
{
	int listens = 0, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof(listens);

	if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) || !listens)
		return error_set(err, "descriptor %d of LISTEN_FDS is not a listening socket", fd);
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		return error_set(err, "descriptor %d: %s", fd, strerror(errno));
	return true;
}

void systemd_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (!len || len >= sizeof(a.sun_path) || !strchr("/@", *path))
		return;
	memcpy(a.sun_path, path, len);
	if (*path == '@') /* of the abstract name space */
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* nobody has to listen */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}
