#include "config.h"

#include "export/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/path.h"
#include "base/text.h"

static const char temporary_name[] = ".sluice-export-XXXXXX";

struct target {
	char *path;      /* owned; NULL: standard output */
	char *temporary; /* owned; of a folder the file in progress; NULL: written in its place */
	int fd, folder;  /* -1: none */
	bool force, is_terminal;
	const struct kept_files *kept;
};

static struct target *target_new(bool force, const struct kept_files *kept)
{
	struct target *t = xcalloc(1, sizeof(*t));

	t->fd = t->folder = -1;
	t->force = force;
	t->kept = kept;
	return t;
}

const char *target_temporary(const struct target *t)
{
	return t->temporary;
}

void target_free(struct target *t)
{
	if (!t)
		return;
	if (t->temporary)
		unlink(t->temporary);
	if (t->fd > STDERR_FILENO)
		close(t->fd);
	if (t->folder >= 0)
		close(t->folder);
	free(t->temporary);
	free(t->path);
	free(t);
}

/* ---- a file ---- */

static bool open_beside(struct target *t, struct error *err)
{
	t->temporary = path_beside(t->path, temporary_name);
	t->fd = mkostemp(t->temporary, O_CLOEXEC);
	if (t->fd >= 0)
		return true;
	free(t->temporary);
	t->temporary = NULL;
	return error_set(err, "cannot write %.300s: %s", t->path, strerror(errno));
}

/* A pipe or a device. */
static bool open_in_place(struct target *t, struct error *err)
{
	t->fd = open(t->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return t->fd >= 0 || error_set(err, "cannot write %.300s: %s", t->path, strerror(errno));
}

static bool open_path(struct target *t, const char *path, struct error *err)
{
	struct stat st;
	char *own;

	t->path = xstrdup(path);
	if (!kept_files_allow(t->kept, path, err))
		return false;
	if (lstat(path, &st))
		return open_beside(t, err);
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return error_set(err,
			"%.300s is a folder: give a file, or use --split for one file per item",
			path);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return open_in_place(t, err);
	if (!t->force)
		return error_set(
			err, "%.300s exists: --force replaces it, or choose another name", path);
	own = realpath(path, NULL); /* a link stays one */
	if (own) {
		free(t->path);
		t->path = own;
	}
	return open_beside(t, err);
}

struct target *target_file(
	const char *path, bool force, const struct kept_files *kept, struct error *err)
{
	struct target *t = target_new(force, kept);

	if (!path || !strcmp(path, "-"))
		t->fd = STDOUT_FILENO;
	else if (!open_path(t, path, err)) {
		target_free(t);
		return NULL;
	}
	t->is_terminal = isatty(t->fd) == 1;
	return t;
}

struct target *target_new_file(const char *path, const struct kept_files *kept, struct error *err)
{
	struct target *t = target_new(false, kept);
	struct stat st;

	t->path = xstrdup(path);
	if (kept_files_allow(kept, path, err) &&
		(lstat(path, &st) || error_set(err, "%.300s exists: choose another name", path)) &&
		open_beside(t, err))
		return t;
	target_free(t);
	return NULL;
}

/* ---- writing ---- */

static bool write_failed(const struct target *t, const char *path, struct error *err)
{
	if (errno == EPIPE && !t->temporary) {
		*err = (struct error){""};
		return false;
	}
	return error_set(
		err, "cannot write %.300s: %s", path ? path : "standard output", strerror(errno));
}

/* Line ends and tabs, which a terminal may have. */
static size_t plain_bytes(const char *at, const char *end)
{
	if (*at == '\n' || *at == '\t')
		return 1;
	return *at == '\r' && at + 1 < end && at[1] == '\n' ? 2 : 0;
}

/* For a terminal: control characters of answers become visible. */
static bool write_shown(int fd, const char *data, size_t len)
{
	enum { PIECE = 1000, LONGEST = 8 };
	const char *end = data + len;
	char shown[PIECE * LONGEST];
	bool ok = true;

	while (ok && data < end) {
		size_t n = plain_bytes(data, end);

		if (n) {
			ok = io_write_all(fd, data, n);
			data += n;
			continue;
		}
		while (n < PIECE && data + n < end && !plain_bytes(data + n, end))
			n++;
		/* not within a character */
		while (n > PIECE - 4 && data + n < end && ((unsigned char)data[n] & 0xc0) == 0x80)
			n--;
		ok = io_write_all(fd, shown, text_sanitise(shown, sizeof(shown), data, n));
		data += n;
	}
	return ok;
}

bool target_write(struct target *t, const char *data, size_t len, struct error *err)
{
	if (t->is_terminal ? write_shown(t->fd, data, len) : io_write_all(t->fd, data, len))
		return true;
	return write_failed(t, t->path, err);
}

/* Without force nothing is ever replaced, whatever appeared meanwhile. */
static bool put_in_place(int folder, const char *from, const char *to, bool force)
{
	if (force)
		return !renameat(folder, from, folder, to);
	if (!renameat2(folder, from, folder, to, RENAME_NOREPLACE))
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	/* a file system that knows no such rename */
	return !linkat(folder, from, folder, to, 0) && !unlinkat(folder, from, 0);
}

bool target_commit(struct target *t, bool sync, struct error *err)
{
	if (t->folder >= 0)
		return fsync(t->folder) == 0 || errno == EINVAL || write_failed(t, t->path, err);
	if (!t->temporary)
		return true;
	if (sync && !io_sync(t->fd))
		return write_failed(t, t->path, err);
	if (!put_in_place(AT_FDCWD, t->temporary, t->path, t->force)) {
		if (errno == EEXIST)
			return error_set(err,
				"%.300s appeared meanwhile: sluice leaves it unchanged", t->path);
		return write_failed(t, t->path, err);
	}
	free(t->temporary);
	t->temporary = NULL;
	return !sync || io_sync_folder(t->path, err);
}

/* ---- a folder ---- */

struct target *target_folder(
	const char *path, bool force, const struct kept_files *kept, struct error *err)
{
	struct target *t = target_new(force, kept);
	struct buf temporary;

	t->path = xstrdup(path);
	buf_init(&temporary, 2 * FILENAME_MAX);
	buf_addf(&temporary, "%s/.sluice-export-%ld", path, (long)getpid());
	t->temporary = xstrdup(buf_str(&temporary));
	buf_free(&temporary);
	if (mkdir(path, 0700) && errno != EEXIST) {
		error_set(err, "cannot make the folder %.300s: %s", path, strerror(errno));
		target_free(t);
		return NULL;
	}
	t->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->folder < 0) {
		error_set(err, "cannot use %.300s as a folder: %s", path, strerror(errno));
		target_free(t);
		return NULL;
	}
	return t;
}

/* May the file of that name be replaced? */
static bool may_replace(const struct target *t, const char *name, struct error *err)
{
	struct stat st;
	struct error why = {""};

	if (fstatat(t->folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return true;
	if (!t->force)
		return error_set(err,
			"%.300s/%s exists: --force replaces it, or choose another folder", t->path,
			name);
	return kept_files_allow_file(t->kept, &st, name, &why) ||
	       error_set(err, "%.200s/%s", t->path, why.text);
}

bool target_item(
	struct target *t, const char *name, const char *data, size_t len, struct error *err)
{
	const char *partial = strrchr(t->temporary, '/') + 1;
	bool ok;
	int fd;

	if (!may_replace(t, name, err))
		return false;
	fd = openat(
		t->folder, partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	ok = fd >= 0 && io_write_all(fd, data, len);
	ok = (fd < 0 || !close(fd)) && ok;
	return (ok && put_in_place(t->folder, partial, name, t->force)) ||
	       error_set(err, "cannot write %.300s/%s: %s", t->path, name, strerror(errno));
}
