/* The control API on sockets: a unix socket for this user's programs, and on request an address of
 * its own for metrics. Clients cost the run nothing that grows with it: whoever waits is looked at
 * twenty times a second, and nobody is waited for. */
#ifndef SLUICE_CONTROL_SOCKET_H
#define SLUICE_CONTROL_SOCKET_H

#include <ev.h>
#include <stdbool.h>

#include "base/error.h"
#include "port.h"

struct api_service;
struct control_socket;

/* Listens at the path for the whole API. The port is a far one (control.h) and outlives the socket,
 * as the loop does. A socket that is removed, or put there by another process that has gone since,
 * is made again within a second. NULL and err when the path cannot be used. */
struct control_socket *control_socket_open(
	struct ev_loop *loop, const char *path, const struct port *port, struct error *err);
/* The socket is a service's, which answers requests of its own; borrowed. */
void control_socket_serve(struct control_socket *s, const struct api_service *service);
/* Listens on an address (listen.h) for /metrics and /healthz alone. name: what was bound, as
 * ADDRESS:PORT. */
struct control_socket *control_socket_open_metrics(struct ev_loop *loop, const char *address,
	const struct port *port, char *name, size_t size, struct error *err);
/* The whole API on a unix socket that listens already. NULL and err, and it is closed, otherwise.
 */
struct control_socket *control_socket_open_here(
	struct ev_loop *loop, int fd_take, const struct port *port, struct error *err);
/* Does a dashboard watch through this socket? NULL: no. */
bool control_socket_is_watched(const struct control_socket *s);
/* Tells the streams that the run has ended with this exit code, gives clients a moment, closes and
 * removes the socket. NULL is fine. */
void control_socket_close(struct control_socket *s, int exit_code);

#endif
