/* Which batch does what next. */
#include "serve/runner.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lines.h"
#include "port.h"
#include "serve/runner_impl.h"
#include "serve/scout.h"
#include "session/session.h"

enum {
	JOB_THREADS = 2,
	PUT_OFF_MAX = 3, /* doublings */
	LOOK_TICKS = 4,
	END_TRIES = 3, /* of sessions for a ledger that is not complete */
};

#define PUT_OFF_US US_PER_S

static const double tick_s = 0.25;

void runner_kick(struct runner *r)
{
	ev_timer_stop(r->loop, &r->kick);
	ev_timer_set(&r->kick, 0.0, 0.0);
	ev_timer_start(r->loop, &r->kick);
}

void runner_note(struct batch_run *run, enum batch_fact fact, store_done *done, void *ctx)
{
	struct runner *r = run->runner;
	enum batch_state before = batch_record_state(run->batch);

	run->batch->at_us[fact] = clock_wall_us();
	run->unsaved = fact == FACT_IN_PROGRESS || fact == FACT_FINALIZING;
	if (!run->unsaved)
		store_save_batch(r->config.store, run->batch, done, ctx);
	if (batch_record_state(run->batch) != before)
		r->config.changed(r->config.ctx, run->batch);
}

void runner_put_off(struct batch_run *run, const struct error *err)
{
	int64_t us = PUT_OFF_US << run->failures;

	run->again_us = clock_wall_us() + us;
	if (run->failures == PUT_OFF_MAX)
		return; /* it was said */
	run->failures++;
	say_warning("%s: %s; tried again in %d s", run->batch->id, err->text, (int)(us / US_PER_S));
}

/* ---- one batch ---- */

/* Nothing more is to be sent for it. */
static bool is_over(const struct batch_run *run, int64_t wall_us)
{
	const struct batch_record *b = run->batch;

	return run->complete || b->at_us[FACT_CANCELLING] || b->at_us[FACT_FINALIZING] ||
	       wall_us >= b->expires_us;
}

/* Until the endpoints were asked for their models it is not known where a line belongs. */
static bool may_send(const struct runner *r, const struct batch_record *b)
{
	return !r->draining && scout_has_asked(r->config.scout, b->kind);
}

static void start(struct batch_run *run, bool only_to_end)
{
	if (!runner_start(run))
		return;
	runner_count_session(run, 1);
	if (only_to_end)
		runner_stop(run, false);
}

static void look_after_session(struct batch_run *run, int64_t wall_us)
{
	if (run->ended) {
		runner_count_session(run, -1);
		runner_reap(run);
		runner_kick(run->runner);
	} else if (!run->draining && (is_over(run, wall_us) || run->batch->paused)) {
		runner_stop(run, false);
	}
}

/* A ledger's files are only complete after the end of a session, which may have nothing to send. If
 * none can be had, what was answered is given out all the same. */
static void end(struct batch_run *run)
{
	if (run->has_ledger && !run->complete && !run->draining && run->failures < END_TRIES) {
		start(run, true);
		return;
	}
	if (!run->batch->at_us[FACT_FINALIZING])
		runner_note(run, FACT_FINALIZING, NULL, NULL);
	runner_make_output(run);
}

static void step(struct batch_run *run, int64_t wall_us)
{
	run->wants_place = false;
	if (run->job || run->over)
		return;
	if (run->session)
		look_after_session(run, wall_us);
	else if (wall_us < run->again_us)
		return;
	else if (!run->batch->at_us[FACT_IN_PROGRESS])
		runner_check(run);
	else if (is_over(run, wall_us) && !run->runner->draining)
		end(run);
	else
		run->wants_place = may_send(run->runner, run->batch) && !run->batch->paused;
}

/* Starts what may start in its turn. */
static void give_places(struct runner *r)
{
	struct batch_run *run;

	while ((run = runner_next(r))) {
		run->wants_place = false;
		start(run, false);
	}
	run = runner_giver(r);
	if (run)
		runner_stop(run, false);
}

/* ---- all of them ---- */

/* What was kept long enough goes. */
static void expire(struct runner *r, int64_t wall_us)
{
	struct store *s = r->config.store;
	struct file_record *f, *next;
	struct batch_record *b, *later;

	for (f = TAILQ_FIRST(store_files(s)); f; f = next) {
		next = TAILQ_NEXT(f, next);
		if (f->expires_us
				? wall_us >= f->expires_us
				: r->config.keep_us && wall_us - f->created_us > r->config.keep_us)
			store_remove_file(s, f, NULL, NULL);
	}
	for (b = TAILQ_FIRST(store_batches(s)); b; b = later) {
		later = TAILQ_NEXT(b, next);
		if (!b->run && (r->config.keep_us && wall_us - b->expires_us > r->config.keep_us))
			store_remove_batch(s, b, NULL, NULL);
	}
}

static void remove_over(struct runner *r)
{
	struct batch_run *run, *next;

	for (run = TAILQ_FIRST(&r->runs); run; run = next) {
		next = TAILQ_NEXT(run, next);
		if (!run->over)
			continue;
		TAILQ_REMOVE(&r->runs, run, next);
		run->batch->run = NULL;
		r->open--;
		runner_owner_left(r, run->owner);
		free(run);
	}
}

static void look_after_all(struct runner *r)
{
	int64_t wall_us = clock_wall_us();
	struct batch_run *run;

	TAILQ_FOREACH (run, &r->runs, next)
		step(run, wall_us);
	give_places(r);
	remove_over(r);
	if (r->draining && !r->sessions)
		r->config.idle(r->config.ctx);
}

/* Most small batches have ended before. */
static void save(struct runner *r)
{
	struct batch_run *run;

	TAILQ_FOREACH (run, &r->runs, next) {
		if (!run->unsaved)
			continue;
		run->unsaved = false;
		store_save_batch(r->config.store, run->batch, NULL, NULL);
	}
}

/* Once a second: a run that is held tells the log, and the store how large its ledger is. */
static void look(struct runner *r)
{
	struct batch_run *run;

	if (++r->ticks % LOOK_TICKS)
		return;
	TAILQ_FOREACH (run, &r->runs, next)
		if (run->session && !run->ended) {
			runner_look(run);
			store_measure_batch(r->config.store, run->batch);
		}
}

static void on_kick(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop, (void)events;
	look_after_all(w->data);
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	struct runner *r = w->data;

	(void)loop, (void)events;
	look_after_all(r);
	save(r);
	look(r);
	expire(r, clock_wall_us());
}

void runner_add(struct runner *r, struct batch_record *b)
{
	struct batch_run *run = xcalloc(1, sizeof(*run));

	run->runner = r;
	run->batch = b;
	run->owner = runner_owner(r, b->owner);
	store_batch_path(r->config.store, b->id, "input.jsonl", run->input);
	store_batch_path(r->config.store, b->id, "output.jsonl", run->results);
	run->has_ledger = !access(run->results, F_OK);
	b->run = run;
	TAILQ_INSERT_TAIL(&r->runs, run, next);
	r->open++;
	runner_kick(r);
}

void runner_cancel(struct runner *r, struct batch_record *b, store_done *done, void *ctx)
{
	runner_note(b->run, FACT_CANCELLING, done, ctx);
	runner_kick(r);
}

static void share(struct batch_run *run)
{
	struct fair_share share = runner_share(run);

	if (!run->session)
		return;
	session_set_share(run->session, &share);
	token_turn_weigh(&run->turn, share.weight);
}

void runner_steer(struct runner *r, struct batch_record *b)
{
	share(b->run);
	runner_kick(r);
}

void runner_steer_all(struct runner *r)
{
	struct batch_run *run;

	TAILQ_FOREACH (run, &r->runs, next)
		share(run);
	runner_kick(r);
}

void runner_job(struct runner *r, struct job *job)
{
	jobs_add(r->jobs, job);
}

void runner_counts(const struct batch_record *b, struct batch_counts *out)
{
	const struct batch_run *run = b->run;
	struct snapshot s;
	struct port port;

	*out = b->counts;
	if (!run || !run->session || batch_record_ended(b))
		return;
	port = session_port(run->session);
	port_snapshot(&port, &s);
	out->ok = s.items.ok;
	out->failed = s.items.failed;
}

unsigned runner_open(const struct runner *r)
{
	return r->open;
}

void runner_drain(struct runner *r)
{
	struct batch_run *run;
	bool again = r->draining;

	r->draining = true;
	TAILQ_FOREACH (run, &r->runs, next)
		if (run->session && !run->ended)
			runner_stop(run, again);
	runner_kick(r);
}

struct runner *runner_new(
	struct ev_loop *loop, const struct runner_config *config, struct error *err)
{
	struct runner *r = xcalloc(1, sizeof(*r));
	struct batch_record *b;

	r->loop = loop;
	r->config = *config;
	TAILQ_INIT(&r->runs);
	TAILQ_INIT(&r->owners);
	ev_timer_init(&r->kick, on_kick, 0.0, 0.0);
	ev_timer_init(&r->tick, on_tick, tick_s, tick_s);
	r->kick.data = r->tick.data = r;
	r->jobs = jobs_new(loop, JOB_THREADS, err);
	if (!r->jobs) {
		runner_free(r);
		return NULL;
	}
	TAILQ_FOREACH (b, store_batches(config->store), next)
		if (!batch_record_ended(b))
			runner_add(r, b);
	ev_timer_start(loop, &r->tick);
	return r;
}

void runner_settle(struct runner *r)
{
	jobs_settle(r->jobs);
}

void runner_free(struct runner *r)
{
	struct batch_run *run;

	if (!r)
		return;
	jobs_free(r->jobs);
	store_settle(r->config.store); /* the ends of batches */
	ev_timer_stop(r->loop, &r->kick);
	ev_timer_stop(r->loop, &r->tick);
	while ((run = TAILQ_FIRST(&r->runs))) {
		TAILQ_REMOVE(&r->runs, run, next);
		runner_drop_session(run);
		run->batch->run = NULL;
		runner_owner_left(r, run->owner);
		free(run);
	}
	free(r);
}
