#include "base/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"

enum { KEEP_MAX = 256 << 10, LINE_MAX_BYTES = 4096, PATIENCE_MS = 2000, SAID_MAX = 64 };

struct lines {
	int fd;
	bool own;    /* opened again here */
	bool socket; /* written with send() */
	bool closed; /* the reader is gone */
	struct buf out;
};

/* stderr is shared with the shell, so its flags stay unchanged: a terminal or pipe is opened again,
 * non-blocking. A regular file is used directly: it never blocks and has one offset. */
struct lines *lines_new(void)
{
	struct lines *l = xcalloc(1, sizeof(*l));
	struct stat st = {0};

	l->fd = STDERR_FILENO;
	buf_init(&l->out, KEEP_MAX);
	if (fstat(STDERR_FILENO, &st) != 0)
		l->closed = true;
	l->socket = S_ISSOCK(st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
		int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		l->own = fd >= 0;
		l->fd = fd >= 0 ? fd : STDERR_FILENO;
	}
	return l;
}

/* Writes what stderr takes now. Not with write(), which tests make fail for files while messages
 * must still appear. Where stderr could not be opened again, in pieces that a ready pipe takes
 * whole. */
static void write_some(struct lines *l)
{
	while (l->out.len && !l->closed) {
		struct pollfd p = {l->fd, POLLOUT, 0};
		size_t len = l->own || l->out.len < 512 ? l->out.len : 512;
		ssize_t n;

		if (poll(&p, 1, 0) <= 0 || !(p.revents & (POLLOUT | POLLERR | POLLHUP)))
			return;
		n = l->socket ? send(l->fd, l->out.data, len, MSG_DONTWAIT | MSG_NOSIGNAL)
			      : writev(l->fd, &(struct iovec){l->out.data, len}, 1);
		if (n > 0)
			buf_drop_front(&l->out, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		else
			l->closed = true;
	}
}

__attribute__((format(printf, 3, 0))) static void add(
	struct lines *l, const char *before, const char *format, va_list ap)
{
	char text[LINE_MAX_BYTES];

	vsnprintf(text, sizeof(text), format, ap);
	if (!l->closed)
		buf_addf(&l->out, "%s%s\n", before, text);
	write_some(l);
}

void lines_add(struct lines *l, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(l, "", format, ap);
	va_end(ap);
}

void lines_add_text(struct lines *l, const char *text, size_t len)
{
	/* whole lines only */
	if (!l->closed && buf_reserve(&l->out, len + 1)) {
		buf_add(&l->out, text, len);
		buf_addc(&l->out, '\n');
	}
	write_some(l);
}

bool lines_behind(struct lines *l)
{
	write_some(l);
	return l->out.len > 0;
}

void lines_free(struct lines *l)
{
	int64_t until = clock_mono_us() + PATIENCE_MS * US_PER_MS;

	while (lines_behind(l) && !l->closed && clock_mono_us() < until) {
		struct pollfd p = {l->fd, POLLOUT, 0};

		poll(&p, 1, 50);
	}
	if (l->own)
		close(l->fd);
	buf_free(&l->out);
	free(l);
}

static struct lines *shared;

struct lines *lines_shared(void)
{
	if (!shared)
		shared = lines_new();
	return shared;
}

void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(lines_shared(), "sluice: ", format, ap);
	va_end(ap);
}

void say_warning(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(lines_shared(), "sluice: warning: ", format, ap);
	va_end(ap);
}

void say_warning_once(const char *format, ...)
{
	static uint64_t said[SAID_MAX];
	static unsigned n;
	char text[LINE_MAX_BYTES];
	uint64_t hash;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	hash = hash_bytes(text, strlen(text));
	for (int i = 0; i < SAID_MAX; i++)
		if (said[i] == hash)
			return;
	said[n++ % SAID_MAX] = hash;
	say_warning("%s", text);
}

void say_last(void)
{
	if (shared)
		lines_free(shared);
	shared = NULL;
}
