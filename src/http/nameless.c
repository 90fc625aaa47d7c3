#include "config.h"

#include "http/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"

enum { BACKLOG = 16 };

void nameless_path(int at, char out[NAMELESS_PATH_SIZE])
{
	snprintf(out, NAMELESS_PATH_SIZE, "/proc/self/fd/%d", at);
}

/* Binds in the open folder, whatever the length of its path, and takes the name away again. The
 * socket stays, and a descriptor of its file leads there. */
static bool bind_in(int folder, int fd, int *at)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/s", folder);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		return false;
	*at = openat(folder, "s", O_PATH | O_CLOEXEC | O_NOFOLLOW);
	unlinkat(folder, "s", 0);
	return *at >= 0;
}

/* In a folder of its own, which nobody else may enter. */
static bool bind_below(const char *parent, int fd, int *at)
{
	char path[4096];
	bool bound;
	int folder;

	if (snprintf(path, sizeof(path), "%s/sluice-XXXXXX", parent) >= (int)sizeof(path) ||
		!mkdtemp(path))
		return false;
	folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	bound = folder >= 0 && bind_in(folder, fd, at);
	if (folder >= 0)
		close(folder);
	rmdir(path);
	return bound;
}

bool nameless_open(int *listens, int *at, struct error *err)
{
	const char *folders[] = {io_temp_folder(), "/tmp", "/dev/shm", "."};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool bound = false;

	*listens = *at = -1;
	if (fd < 0)
		return error_set(err, "cannot create a socket: %s", strerror(errno));
	for (size_t i = 0; !bound && i < sizeof(folders) / sizeof(folders[0]); i++)
		bound = bind_below(folders[i], fd, at);
	if (bound && !listen(fd, BACKLOG)) {
		*listens = fd;
		return true;
	}
	error_set(err, "no folder for a socket: %s; set TMPDIR", strerror(errno));
	close(fd);
	if (*at >= 0)
		close(*at);
	*at = -1;
	return false;
}
