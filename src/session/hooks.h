/* Commands of the operator that a run starts: --on-end, --on-hold. Each gets the snapshot as JSON
 * on its standard input, and has 30 s. One call of a hook runs at a time; further ones are dropped.
 */
#ifndef SLUICE_SESSION_HOOKS_H
#define SLUICE_SESSION_HOOKS_H

#include "plan/secrets.h"
#include "plan/settings.h"
#include "port.h"
#include "session/child.h"

enum hook { HOOK_END, HOOK_HOLD, HOOKS };

/* What a hook may know, and what it must not; borrowed. */
struct hooks_config {
	const struct hook_settings *settings;
	const struct secrets *secrets; /* of the run; variables that hold one are left out, */
	char **key_variables;          /* and so are these; NULL-terminated; NULL: none */
	const char *results;           /* path */
	double term_s, kill_s;         /* see child_init(); 0: as documented */
	/* Something went wrong with a hook: "--on-end" and the reason, one sanitised line without
	 * secrets. */
	void (*failed)(void *ctx, const char *hook, const char *why);
	void *ctx;
};

struct hooks;

/* config is copied. The loop must be the default one if a hook is ever called. Free with
 * hooks_free(). */
struct hooks *hooks_new(struct ev_loop *loop, const struct hooks_config *config);
/* Is there a command for it? */
bool hooks_has(const struct hooks *h, enum hook which);
/* Calls the hook, if there is a command for it; its input is what the port tells now. exit_code: of
 * the run that has ended; negative: it goes on. */
void hooks_call(struct hooks *h, enum hook which, const struct port *port, int exit_code);
/* How many calls of it were dropped. */
unsigned hooks_dropped(const struct hooks *h, enum hook which);
/* Does a command run? */
bool hooks_run(const struct hooks *h);
/* The operator does not wait for those that run: SIGTERM, or SIGKILL if they had that already. */
void hooks_hurry(struct hooks *h);
/* Kills what still runs. NULL is fine. */
void hooks_free(struct hooks *h);

#endif
