/* The run of a batch: an ordinary one, with a ledger beside its input. */
#include <stdlib.h>

#include "base/lines.h"
#include "port.h"
#include "serve/catalog.h"
#include "serve/runner_impl.h"
#include "serve/scout.h"
#include "serve/upstream.h"
#include "session/session.h"

enum { EXIT_COMPLETE = 1 /* and 0: every line has ended */ };

static void on_end(void *ctx)
{
	struct batch_run *run = ctx;

	run->ended = true;
	runner_kick(run->runner);
}

bool runner_start(struct batch_run *run)
{
	const struct runner_config *config = &run->runner->config;
	const struct upstream_side *side = upstream_of(config->upstream, run->batch->kind);
	struct error err = {""};

	if (!side->there) {
		error_set(&err, "no endpoint speaks its API any more");
		runner_put_off(run, &err);
		return false;
	}
	catalog_route(scout_catalog(config->scout, run->batch->kind), &side->specs, &run->specs);
	run->settings = upstream_settings(&run->specs, config->run);
	run->settings.input.path = run->input;
	run->settings.input.format = run->batch->kind->format;
	run->settings.output.results = run->results;
	/* nobody is there to ask: what was answered is kept, and what is lost is asked again */
	run->settings.output.accept_changed = run->settings.output.accept_lost = true;
	run->has_ledger = true;
	run->ended = run->draining = false;
	run->state = RUN_RUNNING;
	run->session = session_new(config->process, &run->settings, &err);
	if (!run->session) {
		endpoint_specs_free(&run->specs);
		runner_put_off(run, &err);
		return false;
	}
	session_on_end(run->session, on_end, run);
	if (run->batch->once)
		session_hasten(run->session);
	session_start(run->session, false, false);
	return true;
}

void runner_stop(struct batch_run *run, bool hurry)
{
	if (hurry) {
		/* the first only drains */
		session_interrupt(run->session);
		session_interrupt(run->session);
	} else if (!run->draining) {
		session_warned(run->session);
	}
	run->draining = true;
}

void runner_reap(struct batch_run *run)
{
	int code = session_exit_code(run->session);
	struct error err = {""};

	run->complete = code <= EXIT_COMPLETE;
	runner_counts(run->batch, &run->batch->counts);
	if (!run->complete && (!run->draining || code > 3)) {
		error_set(&err, "the run stopped: %s", session_note(run->session));
		runner_put_off(run, &err);
		run->draining = false;
	} else {
		run->failures = 0;
	}
	runner_drop_session(run);
}

void runner_look(struct batch_run *run)
{
	const struct runner_config *config = &run->runner->config;
	struct port port = session_port(run->session);
	struct snapshot s;

	port_snapshot(&port, &s);
	if ((int)s.state == run->state)
		return;
	run->state = (int)s.state;
	config->noted(config->ctx, run->batch, run_state_name(s.state), s.state_note);
}

void runner_drop_session(struct batch_run *run)
{
	session_free(run->session);
	run->session = NULL;
	endpoint_specs_free(&run->specs);
}
