#include "serve/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"

enum { COPY_PIECE = 64 << 10 };

static const char meta_name[] = "meta.json", meta_half[] = "meta.json.tmp";

static bool join(char out[DISK_PATH_MAX], const char *folder, const char *name, struct error *err)
{
	if (snprintf(out, DISK_PATH_MAX, "%s/%s", folder, name) < DISK_PATH_MAX)
		return true;
	return error_set(err, "%.200s…: the path is too long", folder);
}

static bool failed(const char *path, struct error *err)
{
	return error_set(err, "%s: %s", path, strerror(errno));
}

bool disk_make(const char *folder, struct error *err)
{
	return !mkdir(folder, 0700) || errno == EEXIST || failed(folder, err);
}

int disk_begin(const char *folder, const char *name, struct error *err)
{
	char path[DISK_PATH_MAX];
	int fd;

	if (!disk_make(folder, err) || !join(path, folder, name, err))
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		failed(path, err);
	return fd;
}

static bool write_half(const char *path, const char *meta, size_t len, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && io_write_all(fd, meta, len) && io_sync(fd);

	if (!ok)
		failed(path, err);
	if (fd >= 0 && close(fd) && ok)
		ok = failed(path, err);
	return ok;
}

bool disk_replace(const char *folder, const char *meta, size_t len, struct error *err)
{
	char half[DISK_PATH_MAX], whole[DISK_PATH_MAX];

	if (!join(half, folder, meta_half, err) || !join(whole, folder, meta_name, err) ||
		!write_half(half, meta, len, err))
		return false;
	if (rename(half, whole))
		return failed(whole, err);
	return io_sync_folder(whole, err);
}

bool disk_commit(const char *folder, const char *meta, size_t len, struct error *err)
{
	return disk_replace(folder, meta, len, err) && io_sync_folder(folder, err);
}

bool disk_read_meta(const char *folder, struct buf *out)
{
	char path[DISK_PATH_MAX];
	int fd, failure = 0;

	if (!join(path, folder, meta_name, NULL)) {
		errno = ENAMETOOLONG;
		return false;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	if (!io_read_all(fd, out))
		failure = errno;
	close(fd);
	errno = failure;
	return !failure;
}

uint64_t disk_bytes(const char *folder)
{
	struct dirent *entry;
	struct stat st;
	uint64_t bytes = 0;
	DIR *d = opendir(folder);

	while (d && (entry = readdir(d)))
		if (!fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
			S_ISREG(st.st_mode) && st.st_nlink == 1)
			bytes += (uint64_t)st.st_size;
	if (d)
		closedir(d);
	return bytes;
}

static bool remove_file(const char *folder, const char *name, struct error *err)
{
	char path[DISK_PATH_MAX];

	return join(path, folder, name, err) &&
	       (!unlink(path) || errno == ENOENT || failed(path, err));
}

void disk_drop(const char *folder, const char *name)
{
	struct error ignored;

	remove_file(folder, name, &ignored);
}

bool disk_remove(const char *folder, struct error *err)
{
	struct dirent *entry;
	bool ok = remove_file(folder, meta_name, err);
	DIR *d = opendir(folder);

	if (!d)
		return errno == ENOENT || failed(folder, err);
	while (ok && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ok = remove_file(folder, entry->d_name, err);
	closedir(d);
	if (ok && rmdir(folder) && errno != ENOENT)
		ok = failed(folder, err);
	return ok;
}

/* One folder of a sweep; what a kill left half written beside its meta.json goes, too. */
static bool sweep(const char *folder, const char *name, struct buf *meta,
	void (*visit)(void *ctx, const char *name, const char *meta, size_t len), void *ctx,
	struct error *err)
{
	char path[DISK_PATH_MAX];

	if (!join(path, folder, name, err))
		return false;
	buf_clear(meta);
	if (disk_read_meta(path, meta)) {
		visit(ctx, name, buf_str(meta), meta->len);
		return remove_file(path, meta_half, err);
	}
	if (errno == ENOENT)
		return disk_remove(path, err);
	say_warning("%s/%s: %s: left unchanged", path, meta_name, strerror(errno));
	return true;
}

bool disk_sweep(const char *folder,
	void (*visit)(void *ctx, const char *name, const char *meta, size_t len), void *ctx,
	struct error *err)
{
	struct dirent *entry;
	struct buf meta;
	bool ok = true;
	DIR *d = opendir(folder);

	if (!d)
		return failed(folder, err);
	buf_init(&meta, DISK_META_MAX);
	while (ok && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			ok = sweep(folder, entry->d_name, &meta, visit, ctx, err);
	buf_free(&meta);
	closedir(d);
	return ok;
}

static bool copy(const char *from, const char *to, struct error *err)
{
	char piece[COPY_PIECE];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = 0;
	bool ok = out >= 0 || failed(in < 0 ? from : to, err);

	while (ok && (n = read(in, piece, sizeof(piece))) != 0)
		if (n < 0 ? errno != EINTR : !io_write_all(out, piece, (size_t)n))
			ok = failed(to, err);
	if (ok && !io_sync(out))
		ok = failed(to, err);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return ok;
}

bool disk_link(const char *from, const char *to, struct error *err)
{
	if (!link(from, to))
		return true;
	if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK || errno == ENOSYS)
		return copy(from, to, err);
	return failed(from, err);
}
