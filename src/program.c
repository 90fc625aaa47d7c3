#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/lines.h"

/* Cores would contain the key. The limit does not apply to cores for a pipe, so they get no memory
 * either. */
void program_forbid_cores(void)
{
	struct rlimit none = {0, 0};
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &none);
	if (fd < 0)
		return;
	if (write(fd, "0", 1) < 0)
		say_warning("/proc/self/coredump_filter: %s", strerror(errno));
	close(fd);
}

/* A thousand transfers need a thousand descriptors. */
void program_raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= files.rlim_max)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* By default libev calls abort(). */
void *program_loop_memory(void *p, long size)
{
	if (size)
		return xrealloc(p, (size_t)size, 1);
	free(p);
	return NULL;
}
