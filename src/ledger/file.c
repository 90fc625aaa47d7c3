#include "config.h"

#include "ledger/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The gathered lines stay below this while writing works; memory above it is given back. */
enum { KEEP = 1 << 20 };

bool ledger_file_open(struct ledger_file *f, const char *path, struct error *err)
{
	struct stat st;

	*f = (struct ledger_file){.path = path};
	buf_init(&f->pending, SIZE_MAX / 2);
	f->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	f->created = f->fd >= 0;
	if (f->fd < 0 && errno == EEXIST)
		f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (f->fd < 0)
		return error_set(err,
			"%s: cannot open for writing: %s; choose another output with -o", path,
			strerror(errno));
	if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		ledger_file_close(f);
		return error_set(err,
			"%s: not a regular file, so it is unsafe to write; choose another output "
			"with -o",
			path);
	}
	f->end = (uint64_t)st.st_size;
	return true;
}

void ledger_file_close(struct ledger_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	buf_free(&f->pending);
}

bool ledger_file_lock(const struct ledger_file *f, struct error *err)
{
	struct flock tag = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char who[32] = "";
	pid_t pid;

	/* flock() is the lock, but it does not name its holder; a record lock on the same file
	 * does. */
	fcntl(f->fd, F_SETLK, &tag);
	if (flock(f->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno != EWOULDBLOCK)
		return error_set(err, "%s: cannot lock: %s; choose another output with -o", f->path,
			strerror(errno));
	pid = ledger_file_holder(f->fd);
	if (pid > 0)
		snprintf(who, sizeof(who), " (pid %ld)", (long)pid);
	return error_set(err,
		"%s: another sluice run writes to it%s; wait for it, stop it, or choose another "
		"output with -o",
		f->path, who);
}

pid_t ledger_file_holder(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}

bool ledger_file_has_space(const struct ledger_file *f)
{
	enum { PROBE = 64 << 10 };

	if (fallocate(f->fd, FALLOC_FL_KEEP_SIZE, (off_t)f->end, PROBE) < 0)
		return errno != ENOSPC && errno != EDQUOT;
	/* Releases the space allocated beyond the file's size. */
	return ftruncate(f->fd, (off_t)f->end) == 0;
}

uint64_t ledger_file_begin(struct ledger_file *f)
{
	f->line_at = f->pending.len;
	return f->end + (f->pending.len - f->done);
}

void ledger_file_end(struct ledger_file *f)
{
	char *at = f->pending.data + f->line_at, *end = f->pending.data + f->pending.len;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))))
		*at++ = ' ';
	buf_addc(&f->pending, '\n');
	f->added++;
}

static uint64_t count_lines(const char *at, size_t len)
{
	const char *end = at + len;
	uint64_t n = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		n++;
	}
	return n;
}

int ledger_file_flush(struct ledger_file *f)
{
	while (f->done < f->pending.len) {
		const char *from = f->pending.data + f->done;
		size_t left = f->pending.len - f->done;
		ssize_t n = pwrite(f->fd, from, left, (off_t)f->end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : ENOSPC;
		f->written =
			(size_t)n == left ? f->added : f->written + count_lines(from, (size_t)n);
		f->done += (size_t)n;
		f->end += (uint64_t)n;
	}
	f->done = 0;
	buf_trim(&f->pending, KEEP);
	return 0;
}

size_t ledger_file_unwritten(const struct ledger_file *f)
{
	return f->pending.len - f->done;
}
