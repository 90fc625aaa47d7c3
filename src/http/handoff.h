/* Connections over a socketpair: one process makes them, the process at the other end serves them.
 * Each is a socketpair of its own, one end of which travels by SCM_RIGHTS. So two processes that
 * share no name in the file system have as many connections as they like. */
#ifndef SLUICE_HTTP_HANDOFF_H
#define SLUICE_HTTP_HANDOFF_H

#include <ev.h>

struct handoff;

/* Calls connected(ctx, fd) for each connection that comes, which then owns the descriptor. The end
 * of the other process ends it quietly. Never NULL. */
struct handoff *handoff_open(
	struct ev_loop *loop, int fd_take, void (*connected)(void *ctx, int fd_take), void *ctx);
/* NULL is fine. */
void handoff_close(struct handoff *h);

/* Makes a connection to the process at the other end of fd: the returned descriptor does not block.
 * -1 and errno: that process has gone, or takes none now. */
int handoff_connect(int fd);

#endif
