#include "session/session_hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/lines.h"
#include "session/hold_watch.h"
#include "session/hooks.h"

/* How long an operator need not be told what is waited for. */
static const double patience_s = 2;

struct session_hooks {
	struct hooks *hooks;
	struct hold_watch watch;
	char *keys[ROUTES_MAX + 2]; /* names of variables; borrowed */
	bool closed;                /* no dashboard is there any more */
	bool told;                  /* --on-end was called for this end */
	char late[400];             /* what failed before that, after the files were closed */
};

/* The journal has it while it is open. */
static void on_failed(void *ctx, const char *hook, const char *why)
{
	struct session *s = ctx;

	if (!s->over)
		engine_warn(s->engine, hook, why);
	else if (s->hooks->closed)
		say_warning("%s: %s", hook, why);
	else
		snprintf(s->hooks->late, sizeof(s->hooks->late), "%s: %s", hook, why);
}

void session_hooks_open(struct session *s)
{
	const struct hook_settings *settings = &s->settings->hooks;
	struct session_hooks *h;
	int n = 0;

	if (!settings->on_end && !settings->on_hold)
		return;
	h = s->hooks = xcalloc(1, sizeof(*h));
	if (s->settings->target.key_env)
		h->keys[n++] = s->settings->target.key_env;
	for (int i = 0; i < s->n_routes; i++)
		if (s->route[i].spec.key_env)
			h->keys[n++] = s->route[i].spec.key_env;
	h->hooks = hooks_new(s->loop, &(const struct hooks_config){.settings = settings,
					      .secrets = &s->secrets,
					      .key_variables = h->keys,
					      .results = s->settings->output.results,
					      .failed = on_failed,
					      .ctx = s});
}

void session_hooks_look(struct session *s)
{
	struct port port = control_port(s->control);
	struct snapshot snapshot;

	if (!s->hooks || !hooks_has(s->hooks->hooks, HOOK_HOLD))
		return;
	port_snapshot(&port, &snapshot);
	if (hold_watch_look(&s->hooks->watch, &snapshot))
		hooks_call(s->hooks->hooks, HOOK_HOLD, &port, -1);
}

void session_hooks_rest(struct session *s)
{
	struct port port = control_port(s->control);

	if (!s->hooks)
		return;
	hooks_call(s->hooks->hooks, HOOK_END, &port, engine_exit_code(s->engine));
	s->hooks->told = true;
}

void session_hooks_hurry(struct session *s)
{
	if (s->hooks)
		hooks_hurry(s->hooks->hooks);
}

static void on_patience(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop, (void)w, (void)events;
	say("waiting for --on-end or --on-hold; ^C ends it");
}

void session_end_hooks(struct session *s)
{
	struct session_hooks *h = s->hooks;
	struct port port = control_port(s->control);
	ev_timer patience;

	if (!h || !s->over)
		return;
	h->closed = true;
	if (*h->late)
		say_warning("%s", h->late);
	if (!h->told || !s->resting)
		hooks_call(h->hooks, HOOK_END, &port, s->exit_code);
	ev_timer_init(&patience, on_patience, patience_s, 0.);
	ev_timer_start(s->loop, &patience);
	while (hooks_run(h->hooks))
		ev_run(s->loop, EVRUN_ONCE);
	ev_timer_stop(s->loop, &patience);
}

void session_hooks_free(struct session *s)
{
	if (s->hooks)
		hooks_free(s->hooks->hooks);
	free(s->hooks);
	s->hooks = NULL;
}
