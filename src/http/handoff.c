#include "http/handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

struct handoff {
	struct ev_loop *loop;
	ev_io ready;
	void (*connected)(void *ctx, int fd_take);
	void *ctx;
};

/* Room for the descriptor of one message. */
union descriptor {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* -1: the message has none. */
static int descriptor_of(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

static void stop(struct handoff *h)
{
	if (h->ready.fd < 0)
		return;
	ev_io_stop(h->loop, &h->ready);
	close(h->ready.fd);
	ev_io_set(&h->ready, -1, EV_READ);
}

static void on_ready(struct ev_loop *loop, ev_io *w, int events)
{
	struct handoff *h = w->data;
	union descriptor descriptor;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = descriptor.room,
		.msg_controllen = sizeof(descriptor.room)};
	ssize_t n = recvmsg(w->fd, &m, MSG_CMSG_CLOEXEC);
	int fd;

	(void)loop, (void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	fd = n > 0 ? descriptor_of(&m) : -1;
	if (n <= 0)
		stop(h);
	else if (fd >= 0)
		h->connected(h->ctx, fd);
}

struct handoff *handoff_open(
	struct ev_loop *loop, int fd_take, void (*connected)(void *ctx, int fd_take), void *ctx)
{
	struct handoff *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	h->connected = connected;
	h->ctx = ctx;
	fcntl(fd_take, F_SETFL, O_NONBLOCK);
	fcntl(fd_take, F_SETFD, FD_CLOEXEC);
	ev_io_init(&h->ready, on_ready, fd_take, EV_READ);
	h->ready.data = h;
	ev_io_start(loop, &h->ready);
	return h;
}

void handoff_close(struct handoff *h)
{
	if (!h)
		return;
	stop(h);
	free(h);
}

int handoff_connect(int fd)
{
	union descriptor descriptor = {.room = ""};
	char byte = 0;
	struct iovec part = {&byte, 1};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = descriptor.room,
		.msg_controllen = sizeof(descriptor.room)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int pair[2], failed;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pair[1], sizeof(int));
	failed = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : errno;
	close(pair[1]);
	if (!failed)
		return pair[0];
	close(pair[0]);
	errno = failed;
	return -1;
}
