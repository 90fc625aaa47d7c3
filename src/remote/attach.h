/* The dashboard of a run in another process: its port over the run's control socket, on a loop of
 * its own, until the operator leaves or the run ends. Leaving never touches the run. */
#ifndef SLUICE_REMOTE_ATTACH_H
#define SLUICE_REMOTE_ATTACH_H

#include <ev.h>
#include <stdbool.h>

#include "base/error.h"
#include "port.h"

struct attach;

/* The screen that shows a port. The caller makes it: src/ does not know ui/. */
struct attach_screen {
	/* Opens it; returns what the other calls get. Never NULL. The loss of its terminal is told
	 * by attach_hung_up(a). */
	void *(*open)(void *ctx, struct ev_loop *loop, const struct port *port, struct attach *a);
	/* Something that the screen asked for has come: it draws soon. */
	void (*news)(void *screen);
	/* Gives the terminal back. The port is still there. */
	void (*close)(void *screen);
	void *ctx; /* of open() */
};

/* Texts are borrowed. Either `fd` or `socket` is used. */
struct attach_config {
	/* Of a nameless socket (http/nameless.h) that the run serves with reach_add_client(). Owned
	 * by attach_run(), which closes it. -1: connect to `socket`. */
	int fd;
	const char *socket; /* path of the run's control socket; NULL with fd */
	const char *name;   /* of the run, for messages; NULL: not known */
	bool is_batch; /* of a service: its input is named as any other, so the name is shown */
	const char *results; /* absolute path of its results: another process that goes on with them
				is followed; NULL: none is looked for */
	bool read_only;      /* no command reaches the run */
	/* This process started the run, at this terminal: ^C and the commands `quit` and
	 * `interrupt` go to the run, SIGTERM and SIGINT drain it, again abort it; the start is
	 * waited for as long as the run lives. Only `leave` and the run's end leave. Otherwise ^C,
	 * `quit`, `interrupt` and signals leave. */
	bool started_here;
	bool drains_on_hangup; /* the terminal's death drains the run (--on-hangup drain) */
	bool exits;            /* leaves by itself when the run has ended (--exit) */
	struct attach_screen screen;
};

enum attach_end {
	ATTACH_LEFT,    /* by the operator, a signal or the terminal's death: the run goes on */
	ATTACH_ENDED,   /* the run has ended; its last screen was shown until it was left */
	ATTACH_LOST,    /* left while there was no connection: what the run does is not known */
	ATTACH_REFUSED, /* there was never a connection: err says why; no screen was opened */
};

struct attach_result {
	enum attach_end end;
	int exit_code; /* of a run that has ended; -1: not known, as of one that was killed */
};

/* The terminal of the screen is gone for good. */
void attach_hung_up(struct attach *a);

/* Shows the run and returns when it is left. err: set with ATTACH_REFUSED, and with ATTACH_LOST. */
struct attach_result attach_run(const struct attach_config *config, struct error *err);

#endif
