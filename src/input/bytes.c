#include "input/bytes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

enum { PIECE = 64 << 10 };

/* ---- the lowest stream ---- */

struct fd_bytes {
	struct bytes bytes;
	int fd;
	bool is_pipe;
	const char *name;
	uint64_t start, offset;
};

/* Is there data, an end or an error to read? Checked before each read, since the descriptor may be
 * shared with a terminal and must stay blocking. */
static bool pipe_is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static enum bytes_status fd_read(
	struct bytes *bytes, char *out, size_t room, size_t *n, struct error *err)
{
	struct fd_bytes *b = (struct fd_bytes *)bytes;
	ssize_t got;

	*n = 0;
	do {
		if (b->is_pipe && !pipe_is_ready(b->fd))
			return BYTES_AGAIN;
		got = b->is_pipe ? read(b->fd, out, room)
				 : pread(b->fd, out, room, (off_t)b->offset);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && b->is_pipe && errno == EAGAIN)
		return BYTES_AGAIN;
	if (got < 0) {
		error_set(err, "cannot read %s after %llu bytes: %s", b->name,
			(unsigned long long)bytes_fd_read(bytes), strerror(errno));
		return BYTES_ERROR;
	}
	b->offset += (uint64_t)got;
	*n = (size_t)got;
	return got ? BYTES_SOME : BYTES_END;
}

static void fd_free(struct bytes *bytes)
{
	free(bytes);
}

struct bytes *bytes_of_fd(int fd, bool is_pipe, const char *name)
{
	struct fd_bytes *b = xcalloc(1, sizeof(*b));
	off_t begin = is_pipe ? 0 : lseek(fd, 0, SEEK_CUR);

	*b = (struct fd_bytes){{fd_read, fd_free}, fd, is_pipe, name, 0, 0};
	b->start = b->offset = begin > 0 ? (uint64_t)begin : 0;
	return &b->bytes;
}

uint64_t bytes_fd_read(const struct bytes *b)
{
	const struct fd_bytes *f = (const struct fd_bytes *)b;

	return f->offset - f->start;
}

uint64_t bytes_fd_start(const struct bytes *b)
{
	return ((const struct fd_bytes *)b)->start;
}

/* ---- what a reader reads ---- */

enum bytes_status below_fill(struct below *b, struct error *err)
{
	enum bytes_status status;

	if (b->at < b->len)
		return BYTES_SOME;
	if (b->ended)
		return BYTES_END;
	b->used += b->len;
	b->at = b->len = 0;
	status = b->bytes->read(b->bytes, b->data, b->cap, &b->len, err);
	b->ended = status == BYTES_END;
	return status;
}

uint64_t below_offset(const struct below *b)
{
	return b->used + b->at;
}

/* ---- readers ---- */

static enum bytes_status reader_read(
	struct bytes *bytes, char *out, size_t room, size_t *n, struct error *err)
{
	struct reader *r = (struct reader *)bytes;
	enum bytes_status status = BYTES_ERROR;

	*n = 0;
	if (!r->failed.text[0])
		status = r->next(r, out, room, n, err);
	if (status == BYTES_ERROR && r->failed.text[0])
		*err = r->failed;
	return status;
}

static void reader_free(struct bytes *bytes)
{
	struct reader *r = (struct reader *)bytes;

	if (r->close)
		r->close(r);
	r->below.bytes->free(r->below.bytes);
	free(r->below.data);
	free(r);
}

void reader_init(
	struct reader *r, struct bytes *below_take, const char *head, size_t len, const char *name)
{
	struct below *b = &r->below;

	r->bytes = (struct bytes){reader_read, reader_free};
	r->name = name;
	*b = (struct below){.bytes = below_take, .len = len, .cap = len > PIECE ? len : PIECE};
	b->data = xmalloc(b->cap);
	memcpy(b->data, head, len);
}

enum bytes_status reader_damaged(
	struct reader *r, const char *what, uint64_t text, const char *tool)
{
	error_set(&r->failed,
		"%s: %s at byte %llu, after %llu bytes of text. Everything before it was read: get "
		"the file again (check it with %s -t), and the same command continues",
		r->name, what, (unsigned long long)below_offset(&r->below),
		(unsigned long long)text, tool);
	return BYTES_ERROR;
}
