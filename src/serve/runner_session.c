/* The run of a batch: an ordinary one, with a ledger beside its input. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/lines.h"
#include "ledger/cost_record.h"
#include "port.h"
#include "serve/catalog.h"
#include "serve/runner_impl.h"
#include "serve/runner_view.h"
#include "serve/scout.h"
#include "serve/upstream.h"
#include "session/session.h"

enum { EXIT_COMPLETE = 1 /* and 0: every line has ended */, NOTE_SIZE = 200 };

static void on_end(void *ctx)
{
	struct batch_run *run = ctx;

	run->ended = true;
	runner_kick(run->runner);
}

static void wake(void *ctx)
{
	const struct batch_run *run = ctx;

	if (run->session)
		session_wake(run->session);
}

/* What its owner allows it. */
static void allow(struct batch_run *run)
{
	const struct fair_share share = runner_share(run);

	session_set_share(run->session, &share);
	if (!run->owner->client)
		return;
	token_turn_join(
		&run->turn, run->runner->config.book, run->owner->client, share.weight, wake, run);
	session_set_allowance(run->session, &token_turn_ops, &run->turn);
}

static double cost_so_far(const struct batch_run *run)
{
	struct port port = session_port(run->session);
	struct snapshot s;

	port_snapshot(&port, &s);
	return s.cost.usd > 0 ? s.cost.usd : 0;
}

bool runner_start(struct batch_run *run)
{
	const struct runner_config *config = &run->runner->config;
	const struct upstream_side *side = upstream_of(config->upstream, run->batch->kind);
	struct error err = {""};

	if (!side->there) {
		error_set(&err, "no endpoint supports its API any more");
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
	run->since_us = clock_wall_us();
	run->session = session_new(config->process, &run->settings, &err);
	if (!run->session) {
		endpoint_specs_free(&run->specs);
		runner_put_off(run, &err);
		return false;
	}
	session_on_end(run->session, on_end, run);
	allow(run);
	run->usd_before = cost_so_far(run);
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

/* Once at the end of each session. */
static void note_cost(struct batch_run *run)
{
	const struct runner_config *config = &run->runner->config;
	struct port port = session_port(run->session);
	struct batch_view v;

	runner_view(run->batch, &v);
	if (v.usd > 0)
		run->batch->nano_usd = (int64_t)(v.usd * NANO_PER_USD + 0.5);
	config->counted(config->ctx, run->batch, &port);
}

void runner_reap(struct batch_run *run)
{
	int code = session_exit_code(run->session);
	struct error err = {""};

	run->complete = code <= EXIT_COMPLETE;
	runner_counts(run->batch, &run->batch->counts);
	note_cost(run);
	if (!run->complete && (!run->draining || code > 3)) {
		error_set(&err, "the run stopped: %s", session_note(run->session));
		runner_put_off(run, &err);
		run->draining = false;
	} else {
		run->failures = 0;
	}
	runner_drop_session(run);
}

/* A budget that is used up holds the batch. True: it does. */
static bool look_at_budget(struct batch_run *run)
{
	const struct runner_config *config = &run->runner->config;
	bool held = run->turn.client && run->turn.verdict.bound == TOKEN_USD &&
		    run->turn.verdict.wait_us != NEVER_US;
	char why[NOTE_SIZE] = "";

	if (held == run->held)
		return held;
	run->held = held;
	if (held)
		token_turn_says(&run->turn, clock_wall_us(), why, sizeof(why));
	config->noted(config->ctx, run->batch, run_state_name(held ? RUN_HELD : RUN_RUNNING), why);
	return held;
}

void runner_look(struct batch_run *run)
{
	const struct runner_config *config = &run->runner->config;
	struct port port = session_port(run->session);
	struct snapshot s;

	if (look_at_budget(run))
		return;
	port_snapshot(&port, &s);
	if ((int)s.state == run->state)
		return;
	run->state = (int)s.state;
	config->noted(config->ctx, run->batch, run_state_name(s.state), s.state_note);
}

void runner_drop_session(struct batch_run *run)
{
	runner_close_socket(run);
	session_free(run->session);
	token_turn_leave(&run->turn);
	run->session = NULL;
	endpoint_specs_free(&run->specs);
}
