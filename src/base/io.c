#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"

enum { PIECE = 64 << 10 };

const char *io_temp_folder(void)
{
	const char *set = getenv("TMPDIR");

	return set && *set ? set : "/tmp";
}

bool io_read_all(int fd, struct buf *out)
{
	char piece[PIECE];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (!buf_add(out, piece, (size_t)n)) {
			errno = EFBIG;
			return false;
		}
	}
	return true;
}

bool io_write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool io_sync(int fd)
{
	int failed;

	do
		failed = fsync(fd);
	while (failed && errno == EINTR);
	return !failed;
}

bool io_sync_folder(const char *path, struct error *err)
{
	char *folder = path_folder(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = true;

	/* A folder without read permission cannot be synced, nor can some network disks. */
	if (fd >= 0 && !io_sync(fd) && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
		ok = error_set(err, "%s: cannot be synced: %s", folder, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(folder);
	return ok;
}
