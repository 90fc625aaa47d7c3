/* Runs a --key-command beside the loop, which is the default one, as libev asks for with children.
 */
#ifndef SLUICE_SESSION_KEY_FETCH_H
#define SLUICE_SESSION_KEY_FETCH_H

#include <ev.h>
#include <stdbool.h>

#include "base/error.h"
#include "plan/key_command.h"

struct key_fetch;

/* The command has ended, with a key that the callee owns and wipes, or NULL and why. */
typedef void key_fetched(struct key_fetch *f, char *key_take, const struct error *why);

struct key_fetch {
	struct ev_loop *loop;
	key_fetched *done;
	void *ctx;                   /* the caller's */
	struct key_command *command; /* owned; NULL: none runs */
	struct error stopped;        /* why it was killed; "": it was not */
	ev_io out;
	ev_child child;
	ev_timer limit;
};

/* None runs yet. */
void key_fetch_init(struct key_fetch *f, struct ev_loop *loop, key_fetched *done, void *ctx);
/* Runs the command; one at a time. False and why: it could not be started, and done() is not told.
 */
bool key_fetch_start(struct key_fetch *f, const char *command, struct error *why);
/* Ends it: nothing comes of it any more. Fine when none runs. */
void key_fetch_stop(struct key_fetch *f);

#endif
