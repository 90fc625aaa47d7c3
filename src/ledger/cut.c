/* Removes zeros within a file of the ledger, which a crash leaves in blocks that were never
 * written, and a truncation under a writer; the lines after them stay. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "ledger/ledger_impl.h"

enum { BLOCK = 1 << 20 };

struct cut {
	const struct ledger_file *from;
	const struct ledger_form *form;
	uint64_t first; /* text before it stays unchanged */
	struct ledger_file *to;
	uint64_t line; /* in to: where its last line begins */
	bool suspect;  /* the line began after zeros: it may be the end of a torn one */
	char block[BLOCK];
};

static bool put(struct cut *c, const char *at, size_t len)
{
	const char *newline;

	if (!len)
		return true;
	if (!io_write_all(c->to->fd, at, len))
		return false;
	newline = memrchr(at, '\n', len);
	if (newline)
		c->line = c->to->end + (uint64_t)(newline - at) + 1;
	c->to->end += len;
	return true;
}

/* Ends the last line, or removes it when it is half a line: text before zeros may be a line that
 * lacks its newline, text after them the end of a line. */
static bool end_line(struct cut *c)
{
	if (c->to->end == c->line)
		return true;
	if (ledger_file_holds(c->to, c->line, c->form))
		return put(c, "\n", 1);
	if (ftruncate(c->to->fd, (off_t)c->line) < 0 ||
		lseek(c->to->fd, (off_t)c->line, SEEK_SET) < 0)
		return false;
	c->to->end = c->line;
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
		/* The beginning of the file shows who wrote it. */
		c->suspect = !c->to->end;
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
static bool fill(void *ctx, struct ledger_file *to)
{
	struct cut *c = ctx;
	uint64_t at = 0, first = c->first;

	c->to = to;
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

bool ledger_cut_zeros(struct ledger *l, struct ledger_file *f, const struct ledger_form *form,
	uint64_t first, struct error *err)
{
	struct cut *c = xcalloc(1, sizeof(*c));
	const struct ledger_renewal how = {fill, c, "cannot remove its zeros"};
	uint64_t before = f->end;
	bool ok;

	c->from = f;
	c->form = form;
	c->first = first;
	ok = ledger_renew(l, f, &how, err);
	if (ok)
		l->zeros += before - f->end;
	free(c);
	return ok;
}
