/* Inside of the HTTP server; for src/http only. */
#ifndef SLUICE_HTTP_SERVER_IMPL_H
#define SLUICE_HTTP_SERVER_IMPL_H

#include <microhttpd.h>
#include <sys/queue.h>

#include "http/server.h"
#include "http/upgrade.h"

enum { HTTP_ADDED_MAX = 24 };

struct http_exchange {
	LIST_ENTRY(http_exchange) next;
	struct http_server *server;
	struct MHD_Connection *connection;
	const char *path, *method, *version; /* libmicrohttpd's */
	pid_t peer;
	struct buf body;
	http_sink *sink;  /* takes the body in its place; NULL: none */
	uint64_t spilled; /* bytes of a body that does not fit */
	bool known;       /* the handler has seen it */
	bool asked;       /* for its answer */
	bool suspended;   /* in libmicrohttpd: nothing is read or sent */
	bool streams, ended, dropped;
	bool awaits_room;
	size_t room;       /* see http_await_room() */
	struct buf unsent; /* of a stream, from sent on */
	size_t sent;
	struct MHD_Response *response;
	int status;
	struct {
		const char *name, *value;
	} added[HTTP_ADDED_MAX];
	int n_added;
	/* Another protocol has the connection. */
	struct http_upgrade upgrade;
	struct MHD_UpgradeResponseHandle *upgraded; /* NULL until then */
	void *data;
};

struct http_server {
	struct http_config config;
	struct MHD_Daemon *daemon;
	struct ev_loop *loop;
	ev_io ready;
	ev_timer again, sweep;
	LIST_HEAD(, http_exchange) exchanges;
};

/* Gives the exchange the answer that it waits for. */
void http_set_response(struct http_exchange *x, int status, const char *type);
/* libmicrohttpd has something to do in the next turn of the loop. */
void http_run_soon(struct http_server *s);

#endif
