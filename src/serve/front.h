/* The HTTP side of a service: its sockets, and the way of a request to its route. */
#ifndef SLUICE_SERVE_FRONT_H
#define SLUICE_SERVE_FRONT_H

#include "base/error.h"
#include "serve/service.h"

struct front;

/* Listens and answers; prints the URL of each socket on stdout. The service outlives it. NULL and
 * err. */
struct front *front_open(struct service *s, struct error *err);
/* NULL is fine. */
void front_close(struct front *f);

#endif
