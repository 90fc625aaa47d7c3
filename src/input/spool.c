#include "config.h"

#include "input/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

int spool_open(const char *dir, struct error *err)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	struct buf path;

	if (fd >= 0)
		return fd;
	/* Some file systems lack O_TMPFILE. */
	buf_init(&path, 4096);
	if (buf_addf(&path, "%s/.sluice-spool-XXXXXX", dir))
		fd = mkostemp(path.data, O_CLOEXEC);
	else
		errno = ENAMETOOLONG;
	if (fd >= 0)
		unlink(path.data);
	else
		error_set(err,
			"piped input is copied to a file in %s, which is not writable: %s; "
			"name another directory with -o, or give the input as a file",
			dir, strerror(errno));
	buf_free(&path);
	return fd;
}

bool spool_write(
	int fd, const char *data, size_t len, uint64_t offset, const char *dir, struct error *err)
{
	while (len) {
		ssize_t n = pwrite(fd, data, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return error_set(err,
				"no space left in %s, where the piped input is copied to (%llu "
				"bytes so far): make room, or give the input as a file, and run "
				"again",
				dir, (unsigned long long)offset);
		if (n <= 0)
			return error_set(err, "cannot copy the piped input to %s: %s", dir,
				strerror(n ? errno : EIO));
		data += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}
