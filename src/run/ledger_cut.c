/* Zeros within a file of the ledger, as a crash leaves them in blocks that were never written, or a
 * truncation under a writer: they are cut out, and the lines behind them stay. The file is written
 * anew beside itself and put in its own place, so that a kill leaves one or the other. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "run/ledger_impl.h"

enum { BLOCK = 1 << 20 };

struct cut {
	const struct ledger_file *from;
	const struct ledger_form *form;
	struct ledger_file to;
	uint64_t line; /* in to: where its last line begins */
	bool suspect;  /* that line began behind zeros: it may be the end of one */
	char block[BLOCK];
};

static bool put(struct cut *c, const char *at, size_t len)
{
	const char *newline;

	if (!len)
		return true;
	if (!io_write_all(c->to.fd, at, len))
		return false;
	newline = memrchr(at, '\n', len);
	if (newline)
		c->line = c->to.end + (uint64_t)(newline - at) + 1;
	c->to.end += len;
	return true;
}

/* Ends the last line, or takes it back when it is half of one: what stands before zeros may be a
 * line that lacks its newline, what stands behind them the end of one. */
static bool end_line(struct cut *c)
{
	if (c->to.end == c->line)
		return true;
	if (ledger_file_holds(&c->to, c->line, c->form))
		return put(c, "\n", 1);
	if (ftruncate(c->to.fd, (off_t)c->line) < 0 ||
		lseek(c->to.fd, (off_t)c->line, SEEK_SET) < 0)
		return false;
	c->to.end = c->line;
	return true;
}

/* A piece without zeros. */
static bool put_piece(struct cut *c, const char *at, size_t len)
{
	while (c->suspect && len) {
		const char *newline = memchr(at, '\n', len);
		size_t first = newline ? (size_t)(newline - at) : len;

		if (!put(c, at, first))
			return false;
		if (!newline)
			return true;
		if (!end_line(c))
			return false;
		/* What the file begins with says whose it is. */
		c->suspect = !c->to.end;
		at = newline + 1;
		len -= first + 1;
	}
	return put(c, at, len);
}

static bool put_without_zeros(struct cut *c, const char *at, size_t len)
{
	const char *end = at + len;

	while (at < end) {
		const char *zero = memchr(at, '\0', (size_t)(end - at));

		if (!put_piece(c, at, (size_t)((zero ? zero : end) - at)))
			return false;
		if (!zero)
			break;
		if (!end_line(c))
			return false;
		c->suspect = true;
		for (at = zero; at < end && !*at;)
			at++;
	}
	return true;
}

/* All of it, the part before the first bad line as it is; the end as that of a line. */
static bool copy(struct cut *c, uint64_t first)
{
	uint64_t at = 0;

	while (at < c->from->end) {
		uint64_t left = (at < first ? first : c->from->end) - at;
		ssize_t n = pread(
			c->from->fd, c->block, left < BLOCK ? (size_t)left : BLOCK, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO;
			return false;
		}
		if (!(at < first ? put(c, c->block, (size_t)n)
				 : put_without_zeros(c, c->block, (size_t)n)))
			return false;
		at += (uint64_t)n;
	}
	return end_line(c);
}

/* With the rights and the lock of the one whose place it takes. */
static bool fill(struct cut *c, const char *path, uint64_t first, struct error *err)
{
	struct stat st;

	unlink(path); /* of a kill; the lock says that nobody else is at it */
	c->to.path = path;
	c->to.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (c->to.fd < 0 || fstat(c->from->fd, &st) < 0 ||
		fchmod(c->to.fd, st.st_mode & 0777) < 0 || !copy(c, first) || fsync(c->to.fd) < 0)
		return error_set(
			err, "%s: its zeros cannot be cut out: %s", c->from->path, strerror(errno));
	return ledger_file_lock(&c->to, err);
}

static bool replace(struct ledger_file *f, struct cut *c, uint64_t first, struct error *err)
{
	char *own = realpath(f->path, NULL); /* a link stays one */
	size_t size = strlen(own ? own : f->path) + sizeof(".tmp");
	char *path = xmalloc(size);
	bool ok;

	snprintf(path, size, "%s.tmp", own ? own : f->path);
	ok = fill(c, path, first, err);
	if (ok && rename(path, own ? own : f->path) < 0)
		ok = error_set(
			err, "%s: its zeros cannot be cut out: %s", f->path, strerror(errno));
	if (!ok) {
		if (c->to.fd >= 0)
			close(c->to.fd);
		unlink(path);
	}
	free(path);
	ok = ok && ledger_sync_folder(own ? own : f->path, err);
	free(own);
	return ok;
}

bool ledger_cut_zeros(struct ledger *l, struct ledger_file *f, const struct ledger_form *form,
	uint64_t first, struct error *err)
{
	struct cut *c = xcalloc(1, sizeof(*c));
	bool ok;

	c->from = f;
	c->form = form;
	ok = replace(f, c, first, err);
	if (ok) {
		l->zeros += f->end - c->to.end;
		ledger_sync_swap(&l->sync, f->fd, c->to.fd);
		ledger_lines_free(&l->finds);
		close(f->fd);
		f->fd = c->to.fd;
		f->end = c->to.end;
		ledger_lines_init(&l->finds, l->journal.fd);
	}
	free(c);
	return ok;
}

uint64_t ledger_zeros(const struct ledger *l)
{
	return l->zeros;
}
