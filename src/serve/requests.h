/* The way of a request to its route. */
#ifndef SLUICE_SERVE_REQUESTS_H
#define SLUICE_SERVE_REQUESTS_H

#include "base/buf.h"
#include "http/server.h"

/* The handlers of a server whose context is the service. */
extern const struct http_handlers requests_handlers;
/* Writes the body of an error that the server itself finds. */
void requests_error(struct http_exchange *x, int status, const char *words, struct buf *out);

#endif
