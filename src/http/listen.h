/* Sockets that listen: on a path for this user alone, or on an address. */
#ifndef SLUICE_HTTP_LISTEN_H
#define SLUICE_HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { LISTEN_NAME_SIZE = 64 };

/* Listens on a unix socket of mode 0600 at this path. A socket there that nobody answers is a dead
 * process's and makes room; any other file, and a live socket, is refused. -1 and err. */
int listen_unix(const char *path, struct error *err);
/* Does a process listen at this path? False also when nothing is there. */
bool listen_unix_is_live(const char *path);
/* Listens on "ADDRESS:PORT", "[IPV6]:PORT", ":PORT" or "PORT"; the latter two are loopback, and
 * port 0 is any free one. name gets what was bound. -1 and err. */
int listen_tcp(const char *address, char name[LISTEN_NAME_SIZE], struct error *err);

#endif
