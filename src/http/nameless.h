/* A unix socket that listens and has no name in the file system: two processes that descend from
 * the one that made it have it, and nobody else finds it. */
#ifndef SLUICE_HTTP_NAMELESS_H
#define SLUICE_HTTP_NAMELESS_H

#include <stdbool.h>

#include "base/error.h"

enum { NAMELESS_PATH_SIZE = 32 };

/* Makes it. *listens: does not block, for the server. *at: for the client, who connects to
 * nameless_path(). Both are closed by programs that are started from here. False and err when no
 * folder can be had for the moment in which it has a name. */
bool nameless_open(int *listens, int *at, struct error *err);
/* The path by which this process, which has the descriptor, connects: libcurl wants one. */
void nameless_path(int at, char out[NAMELESS_PATH_SIZE]);

#endif
