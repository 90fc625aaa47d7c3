#include "remote/attach.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "remote/remote.h"

/* A run that is there answers at once, also over a slow line. One that has just been started by
 * this process is waited for as long as it lives. */
#define CONNECT_US (5 * US_PER_S)
#define SLICE_US   (100 * US_PER_MS)

enum { SIGNALS = 3 };
static const int signals[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

struct attach {
	const struct attach_config *config;
	struct ev_loop *loop;
	struct remote *remote;
	void *screen; /* NULL: not open */
	ev_signal signal[SIGNALS];
};

static void leave(void *ctx)
{
	struct attach *a = ctx;

	ev_break(a->loop, EVBREAK_ALL);
}

void attach_hung_up(struct attach *a)
{
	if (a->config->drains_on_hangup)
		remote_tell(a->remote, "drain");
	leave(a);
}

/* A run stays for the dashboard that started it: once it is over, it has been told to end. */
static bool leaves_with_run(const struct attach *a)
{
	return a->config->exits || a->config->started_here;
}

static void on_news(void *ctx)
{
	struct attach *a = ctx;
	int ignored;

	if (!a->screen)
		return;
	if (leaves_with_run(a) && remote_is_over(a->remote, &ignored))
		leave(a);
	else
		a->config->screen.news(a->screen);
}

/* SIGTERM ends the run that this process started, as it would end the run itself. */
static void on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	struct attach *a = w->data;

	(void)loop, (void)events;
	if (w->signum == SIGHUP) {
		attach_hung_up(a);
	} else if (a->config->started_here && a->screen) {
		remote_tell(a->remote, "interrupt");
	} else {
		leave(a);
	}
}

static void watch_signals(struct attach *a)
{
	for (int i = 0; i < SIGNALS; i++) {
		ev_signal_init(&a->signal[i], on_signal, signals[i]);
		a->signal[i].data = a;
		ev_signal_start(a->loop, &a->signal[i]);
	}
}

/* A dashboard watches for the loss of its terminal itself. */
static void stop_signal(struct attach *a, int number)
{
	for (int i = 0; i < SIGNALS; i++)
		if (signals[i] == number)
			ev_signal_stop(a->loop, &a->signal[i]);
}

/* False: there is no run. */
static bool connect_first(struct attach *a, struct error *err)
{
	int64_t until_us = clock_mono_us() + CONNECT_US;

	while (!remote_is_ready(a->remote)) {
		int64_t now_us = clock_mono_us();

		remote_wait(a->remote, now_us + SLICE_US);
		if (remote_failed(a->remote, err))
			return false;
		if (!a->config->started_here && now_us > until_us)
			return error_set(err,
				"the run has not answered for 5 s: the process hangs or is "
				"stopped");
	}
	return true;
}

static struct attach_result result_of(const struct attach *a, struct error *err)
{
	struct attach_result result = {ATTACH_LEFT, -1};

	if (remote_is_over(a->remote, &result.exit_code)) {
		result.end = ATTACH_ENDED;
	} else if (remote_is_lost(a->remote)) {
		result.end = ATTACH_LOST;
		error_set(err, "no connection to the run");
	}
	return result;
}

struct attach_result attach_run(const struct attach_config *config, struct error *err)
{
	struct attach a = {.config = config, .loop = ev_default_loop(EVFLAG_AUTO)};
	const struct remote_config to = {.fd = config->fd,
		.socket = config->socket,
		.results = config->results,
		.title = config->is_batch ? config->name : NULL,
		.read_only = config->read_only,
		.started_here = config->started_here,
		.news = on_news,
		.leave = leave,
		.ctx = &a};
	struct attach_result result = {ATTACH_REFUSED, -1};
	struct port port;

	a.remote = remote_open(a.loop, &to);
	if (connect_first(&a, err)) {
		port = remote_port(a.remote);
		watch_signals(&a);
		a.screen = config->screen.open(config->screen.ctx, a.loop, &port, &a);
		stop_signal(&a, SIGHUP);
		ev_run(a.loop, 0);
		result = result_of(&a, err);
		config->screen.close(a.screen);
		for (int i = 0; i < SIGNALS; i++)
			ev_signal_stop(a.loop, &a.signal[i]);
	}
	remote_close(a.remote);
	if (config->fd >= 0)
		close(config->fd);
	return result;
}
