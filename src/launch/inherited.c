#include "launch/inherited.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void inherited_note(struct inherited *in)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	in->n = 0;
	if (!folder)
		return;
	while (in->n < INHERITED_MOST && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);
		int flags = fd > STDERR_FILENO ? fcntl(fd, F_GETFD) : -1;

		if (flags >= 0 && !(flags & FD_CLOEXEC))
			in->fd[in->n++] = fd;
	}
	closedir(folder);
}

void inherited_close(struct inherited *in)
{
	while (in->n)
		close(in->fd[--in->n]);
}
