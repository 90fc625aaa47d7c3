#include "serve/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/lines.h"
#include "cache/cache.h"
#include "live/live.h"
#include "serve/live_models.h"
#include "serve/front.h"
#include "serve/log.h"
#include "serve/prompt_socket.h"
#include "serve/scout.h"
#include "serve/service_api.h"
#include "serve/service_port.h"
#include "serve/systemd.h"
#include "serve/token_book.h"
#include "serve/tokens.h"
#include "serve/upstream.h"
#include "session/process.h"
#include "session/reach.h"

enum { SIGNALS = 3, EXIT_REFUSED = 2 };

static const double look_s = 1.0;

static const int signals[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

struct serving {
	struct service service; /* first */
	struct front *front;
	struct api_service api;
	struct reach *reach;
	struct upstream upstream;
	struct run_settings live_run[LIVE_APIS];
	bool runner_idle, live_idle; /* after the first signal */
	ev_signal ended[SIGNALS];
	ev_timer look;
};

/* ---- the service ---- */

static void on_changed(void *ctx, const struct batch_record *b)
{
	struct serving *v = ctx;

	log_batch((enum log_format)v->service.settings->log_format, b);
	service_watch_note(v->service.watch, EVENT_INFO, "%s %s", b->id,
		batch_state_name(batch_record_state(b)));
}

static void on_noted(void *ctx, const struct batch_record *b, const char *state, const char *note)
{
	const struct serving *v = ctx;

	log_run((enum log_format)v->service.settings->log_format, b, state, note);
	service_watch_note(v->service.watch, *note ? EVENT_WARNING : EVENT_INFO, "%s run %s%s%s",
		b->id, state, *note ? ": " : "", note);
}

static void on_counted(void *ctx, const struct batch_record *b, const struct port *run)
{
	const struct serving *v = ctx;

	service_watch_count(v->service.watch, b, run);
}

static void end_if_idle(const struct serving *v)
{
	if (v->runner_idle && v->live_idle)
		ev_break(v->service.loop, EVBREAK_ALL);
}

static void on_told(void *ctx, const char *endpoint, const char *text)
{
	const struct serving *v = ctx;

	log_endpoint((enum log_format)v->service.settings->log_format, endpoint, text);
}

static void on_idle(void *ctx)
{
	struct serving *v = ctx;

	v->runner_idle = true;
	end_if_idle(v);
}

static void on_live_idle(void *ctx)
{
	struct serving *v = ctx;

	v->live_idle = true;
	end_if_idle(v);
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	struct serving *v = w->data;

	(void)loop, (void)events;
	if (!v->service.ending)
		say("requests in flight finish, then the service ends; repeat to end at once");
	v->service.ending = true;
	systemd_notify("STOPPING=1");
	live_drain(v->service.live);
	runner_drain(v->service.runner);
}

/* Each run opens the cache: one that cannot be used ends the start, and not every batch. */
static bool try_cache(const struct run_settings *run, struct error *err)
{
	struct error why = {""};
	struct cache *cache;

	if (!run->cache.folder)
		return true;
	cache = cache_open(run->cache.folder, (size_t)run->request.max_response, &why);
	cache_close(cache);
	return cache || error_set(err, "--cache %s", why.text);
}

static bool open_live(struct serving *v, const struct run_settings *run, struct error *err)
{
	struct live_config config = {
		.process = v->service.process,
		.idle = on_live_idle,
		.ctx = v,
		.most_waiting = (int)v->service.settings->live_max,
		.most_wait_us = v->service.settings->live_wait_us,
	};

	for (int i = 0; i < LIVE_APIS; i++) {
		const struct upstream_side *side = &v->upstream.side[i];

		v->live_run[i] = upstream_settings(&side->specs, run);
		config.sample[i] = upstream_samples[i];
		config.run[i] = side->there ? &v->live_run[i] : NULL;
	}
	v->service.live = live_new(&config, err);
	return v->service.live;
}

/* Once a second: limits may have changed, and tokens be gone; requests have ended that cost less
 * than was reserved for them. */
static void on_look(struct ev_loop *loop, ev_timer *w, int events)
{
	struct serving *v = w->data;

	(void)loop, (void)events;
	token_book_lower(v->service.book);
	if (!tokens_look(v->service.tokens))
		return;
	prompt_sockets_look(&v->service);
	if (v->service.runner)
		runner_steer_all(v->service.runner);
}

/* The lock of the store keeps others from the book. */
static bool open_tokens(struct serving *v, const struct run_settings *run, struct error *err)
{
	struct service *s = &v->service;

	if (!s->settings->token_file)
		return true;
	s->book = token_book_open(
		s->settings->data, process_clock(v->service.process), clock_wall_us(), err);
	if (s->book)
		s->tokens = tokens_open(s->settings->token_file, s->book, err);
	if (!s->tokens)
		return false;
	if (tokens_any_budget(s->tokens) && !run->budget.prices.n)
		say_warning("budgets of clients (usd=) count only costs that answers state: give "
			    "--price");
	ev_timer_init(&v->look, on_look, look_s, look_s);
	v->look.data = v;
	ev_timer_start(s->loop, &v->look);
	return true;
}

/* The operator's ways in; clients have the front. */
static bool open_reach(struct serving *v, const struct reach_config *options, struct error *err)
{
	struct reach_config config = *options;
	const struct port port = service_watch_port(v->service.watch);

	v->api = (struct api_service){service_api_respond, &v->service};
	config.results = v->service.settings->data;
	config.service = &v->api;
	v->reach = reach_open(v->service.loop, &config, &port, err);
	v->service.name = v->reach ? reach_name(v->reach) : NULL;
	return v->reach != NULL;
}

static bool open_all(struct serving *v, const struct run_settings *run,
	const struct reach_config *reach, struct error *err)
{
	struct service *s = &v->service;
	struct runner_config config = {
		.process = v->service.process,
		.run = run,
		.default_model = s->settings->default_model,
		.lines_max = (uint64_t)s->settings->lines_max,
		.line_max = (size_t)s->settings->request_max,
		.at_once = (int)s->settings->at_once,
		.keep_us = s->settings->keep_us,
		.changed = on_changed,
		.noted = on_noted,
		.counted = on_counted,
		.idle = on_idle,
		.ctx = v,
	};

	if (!upstream_open(&v->upstream, run, process_keys(v->service.process), err) ||
		!try_cache(run, err))
		return false;
	config.upstream = s->upstream = &v->upstream;
	config.scout = s->scout = scout_new(&(struct scout_config){.loop = s->loop,
		.process = s->process,
		.upstream = &v->upstream,
		.run = run,
		.every_us = s->settings->ask_models_us,
		.told = on_told,
		.ctx = v});
	s->prices = &run->budget.prices;
	if (!open_live(v, run, err))
		return false;
	s->store = config.store =
		store_open(s->loop, s->settings->data, s->settings->disk_max > 0, err);
	if (!s->store || !open_tokens(v, run, err))
		return false;
	config.book = s->book;
	s->folder = realpath(s->settings->data, NULL);
	if (!s->folder)
		return error_set(err, "%s: %s", s->settings->data, strerror(errno));
	s->watch = service_watch_new(s, process_clock(s->process));
	s->runner = runner_new(s->loop, &config, err);
	if (s->runner)
		v->front = front_open(s, err);
	return v->front && open_reach(v, reach, err);
}

static void close_all(struct serving *v, int code)
{
	v->service.over = true;
	reach_close(v->reach, code);
	v->service.name = NULL;
	front_close(v->front);
	if (v->service.scout)
		scout_close(v->service.scout);
	/* a call that is not answered any more may still make a batch */
	if (v->service.runner) {
		runner_settle(v->service.runner);
		store_settle(v->service.store);
		runner_settle(v->service.runner);
	}
	live_free(v->service.live);
	runner_free(v->service.runner);
	store_close(v->service.store);
	ev_timer_stop(v->service.loop, &v->look);
	tokens_free(v->service.tokens);
	live_models_forget(&v->service);
	token_book_close(v->service.book);
	service_watch_free(v->service.watch);
	scout_free(v->service.scout);
	free(v->service.folder);
	upstream_free(&v->upstream);
	process_free(v->service.process);
}

static void watch_signals(struct serving *v)
{
	for (int i = 0; i < SIGNALS; i++) {
		ev_signal_init(&v->ended[i], on_signal, signals[i]);
		v->ended[i].data = v;
		ev_signal_start(v->service.loop, &v->ended[i]);
	}
}

static int make_token(const struct serve_settings *settings)
{
	struct error err = {""};

	if (tokens_make(settings->token_file, settings->new_token, &err))
		return 0;
	say("%s", err.text);
	return EXIT_REFUSED;
}

int serve(const struct serve_settings *settings, const struct run_settings *run,
	const struct reach_config *reach)
{
	struct serving v = {
		.service = {.loop = ev_default_loop(EVFLAG_AUTO), .settings = settings}};
	struct error err = {""};
	int code = 0;

	if (settings->new_token)
		return make_token(settings);
	v.service.process = process_new(v.service.loop);
	process_remain(v.service.process);
	/* one that comes during the start is told in the loop */
	watch_signals(&v);
	if (open_all(&v, run, reach, &err)) {
		systemd_notify("READY=1");
		ev_run(v.service.loop, 0);
	} else {
		say("%s", err.text);
		code = EXIT_REFUSED;
	}
	close_all(&v, code);
	return code;
}
