/* A run in another process as a port: over its control socket, or over a nameless socket that the
 * run serves. What the port answers is what the run said last; what is not there is asked for in
 * the background, and waited for only a moment when a key needs it. */
#ifndef SLUICE_REMOTE_REMOTE_H
#define SLUICE_REMOTE_REMOTE_H

#include <ev.h>

#include "base/error.h"
#include "port.h"

struct remote;

struct remote_config {
	int fd;              /* see attach.h; borrowed */
	const char *socket;  /* copied */
	const char *results; /* copied; NULL: no other process is looked for */
	const char *title;   /* copied; shown in place of the run's own name; NULL */
	bool read_only, started_here;
	bool of_service; /* the run is that of a batch, opened from its service */
	/* Something that the port did not have has come; or the connection, or the end. */
	void (*news)(void *ctx);
	/* A command asks to leave. */
	void (*leave)(void *ctx);
	void *ctx;
};

/* Begins to connect. Never NULL. */
struct remote *remote_open(struct ev_loop *loop, const struct remote_config *config);
void remote_close(struct remote *r);
/* Has the run said its figures, so that the port can be shown? Before that, only remote_failed().
 */
bool remote_is_ready(const struct remote *r);
/* Waits until remote_is_ready() or remote_failed(), at most until then. */
void remote_wait(struct remote *r, int64_t until_us);
/* Is there no run to connect to, and never was? err says why. */
bool remote_failed(const struct remote *r, struct error *err);
/* The port; valid as long as the remote, from remote_is_ready() on. */
struct port remote_port(struct remote *r);

/* Has the run's process ended? *exit_code: -1 if that is not known. */
bool remote_is_over(const struct remote *r, int *exit_code);
/* Is there no connection now? */
bool remote_is_lost(const struct remote *r);
/* Gives the run a command whose answer nobody needs. */
void remote_tell(struct remote *r, const char *command);

#endif
