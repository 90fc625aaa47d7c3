/* The hooks of a run: --on-hold while it goes on, --on-end when its files are complete (see
 * session_end_hooks()). For session*.c only. */
#ifndef SLUICE_SESSION_SESSION_HOOKS_H
#define SLUICE_SESSION_SESSION_HOOKS_H

#include "session/session_impl.h"

/* Makes the hooks of the settings; the routes must have been added. */
void session_hooks_open(struct session *s);
/* Once a second: calls --on-hold if the run is held for long. */
void session_hooks_look(struct session *s);
/* All items have ended, but the run waits for its operator: calls --on-end. */
void session_hooks_rest(struct session *s);
/* Nobody waits for the hooks that run. */
void session_hooks_hurry(struct session *s);
void session_hooks_free(struct session *s);

#endif
