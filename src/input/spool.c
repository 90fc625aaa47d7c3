#include "config.h"

#include "input/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

enum { LOOK_EVERY = 4 << 20 };

/* Room that is left for others: 64 MB, of small disks a sixteenth. */
static const uint64_t leave = 64 << 20;

/* Is there room for `more` bytes besides what is left? True when that is not known. */
static bool has_room(const struct spool *s, uint64_t more, uint64_t written, struct error *err)
{
	char text[24], free_bytes[24];
	uint64_t room, all, keep;
	struct statvfs disk;

	if (fstatvfs(s->fd, &disk))
		return true;
	room = (uint64_t)disk.f_bavail * disk.f_frsize;
	all = (uint64_t)disk.f_blocks * disk.f_frsize;
	keep = all / 16 < leave ? all / 16 : leave;
	if (room >= keep && room - keep >= more)
		return true;
	text_bytes((double)(written + more), text, sizeof(text));
	text_bytes((double)room, free_bytes, sizeof(free_bytes));
	return error_set(err,
		"%s needs a text copy in %s, which has too little space: %s of text%s, %s free, "
		"some of it for the results; free some space or give another directory (-o, for "
		"check TMPDIR), then run again",
		s->name, s->dir, text, written ? " so far" : " at least", free_bytes);
}

static bool cannot_open(const struct spool *s, struct error *err)
{
	const char *why = strerror(errno);

	if (s->name)
		return error_set(err,
			"%s needs a text copy in %s, which is not writable: %s; give another "
			"directory (-o, for check TMPDIR), or the text itself",
			s->name, s->dir, why);
	return error_set(err,
		"piped input needs a copy in %s, which is not writable: %s; give another directory "
		"with -o, or the input as a file",
		s->dir, why);
}

bool spool_open(
	struct spool *s, const char *dir, const char *name, uint64_t least, struct error *err)
{
	struct buf path;

	*s = (struct spool){open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600), dir, name, 0};
	if (s->fd < 0) {
		/* Some file systems lack O_TMPFILE. */
		buf_init(&path, 4096);
		if (buf_addf(&path, "%s/.sluice-spool-XXXXXX", dir))
			s->fd = mkostemp(path.data, O_CLOEXEC);
		else
			errno = ENAMETOOLONG;
		if (s->fd >= 0)
			unlink(path.data);
		else
			cannot_open(s, err);
		buf_free(&path);
	}
	if (s->fd >= 0 && name && !has_room(s, least, 0, err))
		spool_close(s);
	return s->fd >= 0;
}

static bool cannot_write(const struct spool *s, uint64_t offset, int code, struct error *err)
{
	const char *what = s->name ? s->name : "the piped input";

	if (code == ENOSPC || code == EDQUOT || code == EFBIG)
		return error_set(err,
			"no space left in %s for the copy of %s (%llu bytes so far): free some "
			"space, or %s, then run again",
			s->dir, what, (unsigned long long)offset,
			s->name ? "give another directory (-o, for check TMPDIR)"
				: "give the input as a file");
	return error_set(err, "cannot copy %s to %s: %s", what, s->dir, strerror(code));
}

bool spool_write(struct spool *s, const char *data, size_t len, uint64_t offset, struct error *err)
{
	if (s->name && offset + len - s->checked >= LOOK_EVERY) {
		s->checked = offset + len;
		if (!has_room(s, len, offset, err))
			return false;
	}
	while (len) {
		ssize_t n = pwrite(s->fd, data, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return cannot_write(s, offset, n ? errno : EIO, err);
		data += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

void spool_close(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
