/* How others reach a run from outside: its entry in the folder of runs, its control socket, and an
 * address for metrics. */
#ifndef SLUICE_SESSION_REACH_H
#define SLUICE_SESSION_REACH_H

#include <ev.h>
#include <stdbool.h>

#include "base/error.h"
#include "port.h"

struct api_service;
struct reach;

/* Texts are borrowed, and outlive it. */
struct reach_config {
	const char *control;         /* path of the socket, or "off"; NULL: in the folder of runs */
	const char *metrics;         /* address; NULL: none */
	const char *name;            /* of the run; NULL: by its results */
	const char *input, *results; /* paths; NULL: none. Of a service: results is its folder */
	const struct api_service *service; /* see control/api.h; NULL: a run */
};

/* Opens all of it. The port is a far one (control.h) and outlives it. A folder of runs that cannot
 * be used is only warned of: the run goes on without. NULL and err when what was asked for by an
 * option cannot be had. */
struct reach *reach_open(struct ev_loop *loop, const struct reach_config *config,
	const struct port *port, struct error *err);
/* Its name among runs, and the path of its control socket; NULL: it has none. Borrowed. */
const char *reach_name(const struct reach *r);
const char *reach_socket(const struct reach *r);
/* Serves the dashboard that started the run on a socket that listens already: also with control
 * "off". False and err, and it is closed, when it cannot. */
bool reach_add_client(struct reach *r, int fd_take, struct error *err);
/* Does any dashboard watch the run? */
bool reach_is_watched(const struct reach *r);
/* The run has ended with this exit code. NULL is fine. */
void reach_close(struct reach *r, int exit_code);

#endif
