#include "session/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lines.h"
#include "base/path.h"
#include "base/text.h"
#include "core/allowance.h"
#include "core/question.h"
#include "core/ticks.h"
#include "session/session_hooks.h"
#include "session/session_impl.h"
#include "session/session_keys.h"
#include "session/session_settings.h"
#include "plan/template_load.h"
#include "work/cache.h"
#include "work/stages.h"

enum {
	EXIT_NOTHING = 2, /* as for an input that cannot be read */
};

static const double tick_s = 0.1, sync_s = 1.0;

static void fail(struct session *s, const char *why)
{
	engine_abort(s->engine, why, clock_wall_us());
}

/* Fills an open list in idle moments. */
static void on_background(struct ev_loop *loop, ev_idle *w, int events)
{
	struct session *s = w->data;

	(void)events;
	control_background(s->control);
	if (!control_has_background(s->control))
		ev_idle_stop(loop, w);
}

/* ---- the loop ---- */

static bool refuse_empty(const struct session *s, struct error *err)
{
	return error_set(err, "%s has no items: nothing to do",
		strcmp(s->settings->input.path, "-") ? s->settings->input.path : "standard input");
}

static void stop_turns(struct session *s)
{
	ev_prepare_stop(s->loop, &s->turn);
	ev_timer_stop(s->loop, &s->wake);
	ev_timer_stop(s->loop, &s->tick);
	ev_timer_stop(s->loop, &s->sync);
	session_input_stop(s);
	session_keys_stop(s);
}

static void finish(struct session *s)
{
	struct error err = {""};
	bool wrote;

	s->over = true;
	stop_turns(s);
	run_clock_unwatch(s->clock);
	session_input_watch(s);
	/* A message needs the written files to be still there. */
	if (ledger_watch(s->ledger, &err) != LEDGER_OK)
		fail(s, err.text);
	s->exit_code = engine_exit_code(s->engine);
	if (!s->exit_code && engine_is_empty(s->engine)) {
		s->exit_code = EXIT_NOTHING;
		refuse_empty(s, &err);
	} else if (s->exit_code == EXIT_NOTHING && !session_input_useless(s, &err)) {
		error_set(&err, "%s", engine_note(s->engine));
	}
	snprintf(s->note, sizeof(s->note), "%s",
		s->exit_code == EXIT_NOTHING  ? err.text
		: s->exit_code > EXIT_NOTHING ? engine_note(s->engine)
					      : "");
	if (!s->hurried)
		control_end(s->control);
	session_cache_flush(s);
	engine_last_tick(s->engine, run_clock_now_us(s->clock), clock_wall_us());
	wrote = engine_write_end(s->engine, run_clock_now_us(s->clock), clock_wall_us(), &err);
	/* Closed in any case; the first error is reported. */
	if (!ledger_close(s->ledger, wrote ? &err : NULL) || !wrote) {
		s->exit_code = 4;
		snprintf(s->note, sizeof(s->note), "%s", err.text);
	}
	s->ledger = NULL;
	process_remove(s->process, &s->run);
	if (s->ended)
		s->ended(s->ended_ctx);
}

static void flush(struct session *s)
{
	struct error err = {""};
	enum ledger_status status = ledger_flush(s->ledger, &err);

	engine_flushed(s->engine, status, clock_wall_us());
	if (status == LEDGER_ERROR)
		fail(s, err.text);
}

/* A connection may still show a surplus answer: a finished run waits for a moment, a stopped one
 * does not. */
static bool is_settled(struct session *s, int64_t now_us, int64_t *wake_us)
{
	int64_t until_us;

	if (!engine_complete(s->engine) || s->hurried)
		return true;
	until_us = session_routes_settle(s);
	if (until_us > now_us)
		*wake_us = until_us;
	/* items in doubt may have been queued again */
	return until_us <= now_us && engine_complete(s->engine);
}

/* All items have ended, and the run stays for its operator: nobody should have to leave it in order
 * to use its files, or to be told. */
static void rest(struct session *s)
{
	struct error err = {""};

	if (!s->resting && ledger_sync(s->ledger, &err) == LEDGER_ERROR)
		fail(s, err.text);
	if (!s->resting)
		session_hooks_rest(s);
	s->resting = true;
}

/* Once before the loop sleeps: start new attempts, write the answers, end when all is done. */
static void on_turn(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct session *s = w->data;
	int64_t now_us, wall_us, step_us, wake_us;
	bool ended;

	(void)events;
	/* Of many runs most have nothing to do in a turn of the loop; their ticks give them ten a
	 * second in any case. */
	if (s->over || (!s->due && process_remains(s->process)))
		return;
	s->due = false;
	if (!s->input_done && source_fd(s->source) < 0 && engine_wants_input(s->engine))
		session_input_read_now(s);
	/* The answers of stages must be written before later stages start. */
	if (s->pipeline && ledger_unwritten(s->ledger))
		flush(s);
	now_us = run_clock_now_us(s->clock);
	wall_us = clock_wall_us();
	step_us = control_turn(s->control, now_us, wall_us);
	wake_us = engine_turn(s->engine, now_us, wall_us);
	process_turned(s->process, &s->run);
	if (step_us < wake_us)
		wake_us = step_us;
	if (ledger_unwritten(s->ledger))
		flush(s);
	ended = engine_complete(s->engine) || engine_over(s->engine);
	s->resting = s->resting && ended;
	if (ended && (s->resting || is_settled(s, now_us, &wake_us))) {
		if (engine_over(s->engine)) {
			finish(s);
			return;
		}
		rest(s);
	}
	if (control_has_background(s->control))
		ev_idle_start(loop, &s->background_idle);
	ev_timer_stop(loop, &s->wake);
	if (wake_us == NEVER_US)
		return;
	ev_timer_set(&s->wake, wake_us > now_us ? (double)(wake_us - now_us) / US_PER_S : 0.0, 0.0);
	ev_timer_start(loop, &s->wake);
}

/* The turn itself does the work; the timer only ends the loop's sleep. */
static void on_wake(struct ev_loop *loop, ev_timer *w, int events)
{
	struct session *s = w->data;

	(void)loop, (void)events;
	s->due = true;
}

static void report_suspension(struct session *s)
{
	int64_t us = s->clock->suspended_us - s->reported_suspended_us;

	s->reported_suspended_us += us;
	if (us)
		engine_suspended(s->engine, us, clock_wall_us());
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	struct session *s = w->data;
	int64_t now_us = run_clock_now_us(s->clock);

	(void)loop, (void)events;
	s->due = true;
	report_suspension(s);
	process_tick(s->process, now_us);
	session_cache_tick(s);
	control_tick(s->control, now_us);
	engine_tick(s->engine, now_us, clock_wall_us());
}

static void on_sync(struct ev_loop *loop, ev_timer *w, int events)
{
	struct session *s = w->data;
	struct error err = {""};

	(void)loop, (void)events;
	session_input_watch(s);
	session_keys_tick(s);
	session_hooks_look(s);
	if (ledger_sync(s->ledger, &err) == LEDGER_ERROR)
		fail(s, err.text);
}

void session_interrupt(struct session *s)
{
	if (s->over) {
		session_hooks_hurry(s);
		return;
	}
	s->hurried = s->due = true;
	control_interrupt(s->control);
}

void session_warned(struct session *s)
{
	if (!s->was_warned && !s->over)
		control_drain(s->control);
	s->was_warned = s->due = true;
}

void session_hung_up(struct session *s)
{
	if (s->over)
		return;
	engine_set_stays(s->engine, false);
	if (!s->alone)
		engine_set_interactive(s->engine, false);
	if (s->settings->on_hangup == HANGUP_DRAIN)
		control_drain(s->control);
}

void session_set_alone(struct session *s)
{
	s->alone = true;
}

void session_left(struct session *s)
{
	if (s->over)
		return;
	engine_set_stays(s->engine, false);
	engine_left(s->engine);
}

void session_set_stays(struct session *s, bool stays)
{
	if (!s->over)
		engine_set_stays(s->engine, stays);
}

void session_joined(struct session *s)
{
	if (!s->over)
		engine_joined(s->engine);
}

/* ---- life ---- */

static bool restore(struct session *s, struct error *err)
{
	uint64_t bad = 0;
	char size[24];
	bool ok;

	ledger_visit_records(s->ledger, engine_replay_record, s->engine);
	ok = ledger_replay(s->ledger, engine_replay, s->engine, &bad, err) &&
	     (!s->pipeline ||
		     ledger_replay_stages(s->ledger, stages_replay, stages_of(s->work), err));

	if (ok && bad)
		say_warning("%" PRIu64 " line%s of earlier sessions %s; their items run again", bad,
			bad == 1 ? "" : "s", bad == 1 ? "is not a record" : "are not records");
	if (ok && ledger_zeros(s->ledger)) {
		text_bytes((double)ledger_zeros(s->ledger), size, sizeof(size));
		say_warning("removed %s of zeros from results or journal, left by a crash or a "
			    "truncation",
			size);
	}
	return ok;
}

/* A file holds lines of one form. */
static bool check_form(const struct session *s, struct error *err)
{
	const char *results = s->settings->output.results;
	bool anthropic = s->settings->output.result_form == RESULT_ANTHROPIC;

	if (!ledger_has_form(s->ledger, anthropic ? RESULT_OPENAI : RESULT_ANTHROPIC))
		return true;
	if (anthropic)
		return error_set(err,
			"%.300s: the results are in OpenAI's format, and --result-format anthropic "
			"would mix two formats: remove the option, or choose another output with "
			"-o",
			results);
	return error_set(err,
		"%.300s: the results are in Anthropic's format: resume with --result-format "
		"anthropic, or choose another output with -o",
		results);
}

/* The results would be made with different settings; from then on the run is mixed, and the
 * requests of its items are unknown. */
static bool warn_of_changes(struct session *s, const char *fields)
{
	const char *before = ledger_last_start(s->ledger);
	bool mixed = session_settings_mixed(before);
	struct buf now, changes;

	buf_init(&now, 1 << 20);
	buf_init(&changes, 1 << 10);
	buf_addf(&now, "{%s}", fields);
	mixed = session_settings_compare(before, buf_str(&now), &changes) || mixed;
	if (changes.len) {
		say_warning_once("the settings differ from the last session: %s", changes.data);
		engine_warn(s->engine, "the settings differ from the last session", changes.data);
	}
	buf_free(&now);
	buf_free(&changes);
	return mixed;
}

/* The start record is written before anything is sent: a disk that cannot take it refuses the run.
 */
static bool write_start(struct session *s, struct error *err)
{
	const struct endpoint_marks marks = {
		session_routes_hash(s), s->opened ? session_routes_keys(s) : 0};
	struct buf fields;
	enum ledger_status status;

	buf_init(&fields, 1 << 20);
	session_settings_describe(&s->route[0].endpoint, s->settings, &marks, s->rows, s->pipeline,
		&s->secrets, &fields);
	if (warn_of_changes(s, buf_str(&fields))) {
		session_settings_mix(&fields);
		cache_share_no_earlier(s->work);
	}
	if (s->input.form.text[0])
		session_settings_form(s->input.form.text, &fields);
	engine_write_start(s->engine, &fields);
	buf_free(&fields);
	status = ledger_flush(s->ledger, err);
	engine_flushed(s->engine, status, clock_wall_us());
	if (status == LEDGER_FULL && !err->text[0])
		error_set(err, "%s: no space left on the disk", s->settings->output.results);
	return status == LEDGER_OK;
}

static bool read_expects(struct session *s, struct error *err)
{
	char **text = s->settings->retry.expects;

	for (; text && *text; text++)
		if (!expects_add(&s->expects, *text, err))
			return false;
	return !s->settings->retry.expect_nonempty || expects_add(&s->expects, "nonempty", err);
}

/* The engine's part of the settings, and of the files that they name. */
static void configure(struct session *s)
{
	const struct run_settings *settings = s->settings;

	s->config = (struct engine_config){
		.run_name = strcmp(settings->input.path, "-") ? path_base(settings->input.path)
							      : "standard input",
		.part = settings->input.part,
		.format = input_form_format(settings),
		.rows = s->rows,
		.result_form = (enum result_form)settings->output.result_form,
		.explain_pace = settings->limits.explain,
		.max_attempts = (int)settings->retry.max_attempts,
		.expects = s->expects.n ? &s->expects : NULL,
		.expect_attempts = (int)settings->retry.expect_attempts,
		.per_request = (int)settings->pack.items,
		.max_response = (size_t)settings->request.max_response,
		.retry_failed = settings->output.retry_failed,
		.retry_doubtful = settings->retry.on_doubt == DOUBT_RETRY,
		.accept_changed = settings->output.accept_changed,
		.redo_changed = settings->output.redo_changed,
		.stop_errors = settings->retry.stop_errors,
		.stop_share = settings->retry.stop_share,
		.budget = {.tokens = (double)settings->budget.tokens, .usd = settings->budget.usd},
		.prices = &settings->budget.prices,
		.seed = (uint64_t)clock_wall_us() ^ (uint64_t)getpid() << 32,
	};
}

/* The sources of work that the run draws on. */
static void configure_work(struct session *s)
{
	const struct run_settings *settings = s->settings;

	s->chain = (struct chain_config){
		.pipeline = s->pipeline ? &s->pipeline->stages : NULL,
		.requests = s->pipeline ? s->pipeline->request : NULL,
		.pack = (int)settings->pack.items,
		.pack_tokens = (double)settings->pack.tokens,
		.cache = session_cache_store(s),
		.dedupe = settings->cache.dedupe,
	};
}

static int64_t clock_now(void *ctx)
{
	return run_clock_now_us(ctx);
}

static int64_t clock_wall(void *ctx)
{
	(void)ctx;
	return clock_wall_us();
}

static bool open_files(struct session *s, struct error *err)
{
	const struct run_settings *settings = s->settings;
	char *folder = path_folder(settings->output.results);
	bool ok;

	s->source = source_open(settings->input.path, folder, err);
	free(folder);
	if (!s->source)
		return false;
	if (!read_expects(s, err) ||
		!session_read_template(settings->input.template, &s->rows, err) ||
		!session_read_pipeline(settings, &s->pipeline, &s->rows, err) ||
		!input_form_init(&s->input.form, &settings->input, s->rows, s->source, err) ||
		!session_cache_open(s, err))
		return false;
	s->ledger = ledger_open(settings->output.results, err);
	if (!s->ledger)
		return false;
	configure(s);
	configure_work(s);
	s->work = chain_new(&s->chain, s->ledger);
	s->engine = engine_new(&s->config, &session_engine_ops, s, s->ledger, s->work,
		run_clock_now_us(s->clock), clock_wall_us());
	s->control =
		control_new(s->engine, &(struct control_config){.read_only = settings->read_only,
					       .input = settings->input.path,
					       .results = settings->output.results,
					       .now_us = clock_now,
					       .wall_us = clock_wall,
					       .ctx = s->clock});
	ok = session_routes_add(s, err) && restore(s, err) && check_form(s, err) &&
	     session_accept_lost(s, err) && session_keys_first(s, err);
	session_hooks_open(s);
	/* The first lines now: errors of key or address are reported before anything is sent. */
	ok = ok && session_input_first(s, err);
	if (ok && s->input_done && engine_is_empty(s->engine))
		ok = refuse_empty(s, err);
	if (ok && session_input_useless(s, err))
		ok = false;
	if (ok && engine_input_refused(s->engine))
		ok = error_set(err, "%s", engine_note(s->engine));
	s->accepted = ok && write_start(s, err);
	return s->accepted;
}

struct session *session_new(
	struct process *process, const struct run_settings *settings, struct error *err)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->process = process;
	s->run = (struct process_run){.run = s, .wake = &s->wake};
	s->clock = process_clock(process);
	s->loop = process_loop(process);
	s->settings = settings;
	s->exit_code = 3;
	session_input_init(s);
	ev_idle_init(&s->background_idle, on_background);
	s->background_idle.data = s;
	if (open_files(s, err))
		return s;
	session_free(s);
	return NULL;
}

struct port session_port(struct session *s)
{
	return control_port(s->control);
}

struct port session_far_port(struct session *s)
{
	return control_far_port(s->control);
}

void session_start(struct session *s, bool interactive, bool stays)
{
	ev_prepare_init(&s->turn, on_turn);
	ev_timer_init(&s->wake, on_wake, 0, 0);
	ev_timer_init(&s->tick, on_tick, tick_s, tick_s);
	ev_timer_init(&s->sync, on_sync, sync_s, sync_s);
	s->turn.data = s->wake.data = s->tick.data = s->sync.data = s;
	engine_set_interactive(s->engine, interactive);
	engine_set_stays(s->engine, stays);
	process_add(s->process, &s->run);
	s->started = s->due = true;
	ev_prepare_start(s->loop, &s->turn);
	ev_timer_start(s->loop, &s->tick);
	ev_timer_start(s->loop, &s->sync);
	session_input_start(s);
}

void session_set_allowance(struct session *s, const struct allowance_ops *ops, void *ctx)
{
	engine_set_allowance(s->engine, ops, ctx);
}

void session_set_share(struct session *s, const struct fair_share *share)
{
	engine_set_share(s->engine, share);
}

void session_wake(struct session *s)
{
	if (s->started && !s->over)
		process_wake(s->process, &s->run);
}

void session_on_end(struct session *s, void (*ended)(void *ctx), void *ctx)
{
	s->ended = ended;
	s->ended_ctx = ctx;
}

int session_exit_code(const struct session *s)
{
	return s->exit_code;
}

const char *session_note(const struct session *s)
{
	return s->note;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	stop_turns(s);
	ev_idle_stop(s->loop, &s->background_idle);
	if (s->started && !s->over)
		process_remove(s->process, &s->run);
	session_keys_free(s);
	session_hooks_free(s);
	session_routes_stop(s);
	control_free(s->control);
	engine_free(s->engine);
	process_left(s->process);
	if (s->ledger && s->accepted)
		ledger_close(s->ledger, NULL);
	else if (s->ledger)
		ledger_abandon(s->ledger);
	source_close(s->source);
	sample_free(&s->input.sample);
	session_routes_free(s);
	session_cache_close(s);
	rows_free(s->rows);
	session_pipeline_free(s->pipeline);
	free(s);
}
