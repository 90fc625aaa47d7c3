#include "config.h"

#include "ledger/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* A jump reads little, a walk reads much. */
enum { STEP_FIRST = 4 << 10, STEP_LAST = 1 << 20, HOLE_MIN = 1 << 20 };

void ledger_lines_init(struct ledger_lines *r, int fd)
{
	*r = (struct ledger_lines){.fd = fd,
		.data = xmalloc(STEP_FIRST),
		.cap = STEP_FIRST,
		.step = STEP_FIRST,
		.line_max = LEDGER_LINE_MAX};
}

void ledger_lines_free(struct ledger_lines *r)
{
	free(r->data);
	*r = (struct ledger_lines){.fd = -1};
}

void ledger_lines_seek(struct ledger_lines *r, uint64_t offset)
{
	if (offset >= r->base && offset <= r->base + r->len) {
		r->at = (size_t)(offset - r->base);
		return;
	}
	r->base = offset;
	r->at = r->len = 0;
	r->step = STEP_FIRST;
}

/* Moves the unfinished line to the front and reads more after it. */
static enum lines_status refill(struct ledger_lines *r)
{
	size_t kept = r->len - r->at;
	ssize_t n;

	if (r->at) {
		memmove(r->data, r->data + r->at, kept);
		r->base += r->at;
		r->at = 0;
		r->len = kept;
	}
	if (r->cap - kept < r->step) {
		r->cap = r->cap * 2 > kept + r->step ? r->cap * 2 : kept + r->step;
		r->data = xrealloc(r->data, r->cap, 1);
	}
	do
		n = pread(r->fd, r->data + r->len, r->step, (off_t)(r->base + r->len));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? LINES_ERROR : LINES_END;
	r->len += (size_t)n;
	if (r->step < STEP_LAST)
		r->step *= 2;
	return LINES_LINE;
}

enum lines_status ledger_lines_next(struct ledger_lines *r, struct ledger_line *out)
{
	bool too_long = false;
	size_t scanned = 0, known;
	const char *end;

	out->offset = r->base + r->at;
	out->zeros = false;
	while (!(end = memchr(r->data + r->at + scanned, '\n', r->len - r->at - scanned))) {
		enum lines_status status;

		known = scanned;
		scanned = r->len - r->at;
		if (scanned > HOLE_MIN && memchr(r->data + r->at + known, '\0', scanned - known))
			out->zeros = true;
		if (out->zeros || scanned > r->line_max) {
			too_long = true;
			r->at = r->len;
			scanned = 0;
		}
		status = refill(r);
		if (status == LINES_ERROR || (status == LINES_END && !scanned && !too_long))
			return status;
		if (status == LINES_END)
			break;
	}
	out->whole = end;
	out->text = too_long ? NULL : r->data + r->at;
	out->len = end ? (size_t)(end - (r->data + r->at)) : r->len - r->at;
	r->at += out->len + (end ? 1 : 0);
	return LINES_LINE;
}
