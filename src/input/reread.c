#include "input/reread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/alloc.h"

/* Reads len bytes, fewer only at the file's end; -1 with errno set. */
static ssize_t read_at(int fd, char *data, size_t len, uint64_t offset)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, data + got, len - got, (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static bool fetch_failed(const char *name, uint64_t offset, ssize_t n, struct error *err)
{
	if (n < 0)
		return error_set(err, "cannot read %s again at byte %llu: %s", name,
			(unsigned long long)offset, strerror(errno));
	return error_set(err, "%s was truncated during the run: the line at byte %llu is gone",
		name, (unsigned long long)offset);
}

/* Does a read at offset continue an earlier one, give or take a few lines? */
static bool goes_on(const struct reread *r, uint64_t offset, uint64_t end)
{
	return offset >= end && offset - end < r->size;
}

bool reread_line(struct reread *r, uint64_t offset, size_t len, struct buf *out, struct error *err)
{
	uint64_t ahead_end = r->ahead_offset + r->ahead_len;
	bool in_order = goes_on(r, offset, ahead_end) || goes_on(r, offset, r->last_end);
	ssize_t n;

	buf_clear(out);
	if (!buf_reserve(out, len))
		return error_set(err, "a line of %zu bytes is too long", len);
	if (offset >= r->ahead_offset && offset + len <= ahead_end)
		return buf_add(out, r->ahead + (offset - r->ahead_offset), len);
	r->last_end = offset + len;
	/* Reads ahead only for lines in order: a retried line from far back is read alone and
	 * leaves the window unchanged. */
	if (!in_order || len > r->size) {
		n = read_at(r->file, out->data, len, offset);
		if (n < 0 || (size_t)n < len)
			return fetch_failed(r->name, offset, n, err);
		out->len = len;
		out->data[len] = '\0';
		return true;
	}
	if (!r->ahead)
		r->ahead = xmalloc(r->size);
	n = read_at(r->file, r->ahead, r->size, offset);
	r->ahead_offset = offset;
	r->ahead_len = n < 0 ? 0 : (size_t)n;
	if (n < 0 || (size_t)n < len)
		return fetch_failed(r->name, offset, n, err);
	return buf_add(out, r->ahead, len);
}

void reread_free(struct reread *r)
{
	free(r->ahead);
}
