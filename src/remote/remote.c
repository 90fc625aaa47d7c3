#include "remote/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "carry/snapshot.h"
#include "carry/tables.h"
#include "control/registry_list.h"
#include "remote/remote_impl.h"

enum { WATCH_FORM = 1, EVENT_MAX = 4 << 20, COMMANDS_MAX = 200 };

/* The stream sends four times a second. A run that is silent for so long is told to be so; later
 * the connection is made anew. */
#define SILENT_US (3 * US_PER_S)
#define DEAD_US   (15 * US_PER_S)

static const double look_s = 0.25;

/* What the first frame waits for its rows. */
#define FIRST_US (300 * US_PER_MS)

#define TRY_EVERY_US (US_PER_S / 2)

/* ---- what the run says ---- */

static char *copy_of(struct json_span v)
{
	char text[200];

	json_string_text(v, text, sizeof(text));
	return xstrdup(text);
}

static bool on_command(void *ctx, struct json_span v)
{
	struct json_want want[] = {{.name = "name"}, {.name = "args"}, {.name = "help"}};
	struct remote *r = ctx;

	if (r->n_commands == COMMANDS_MAX ||
		json_pick(v.at, v.len, want, 3, NULL) != JSON_VALUE_OBJECT)
		return false;
	r->command = xrealloc(r->command, r->n_commands + 1, sizeof(*r->command));
	r->command[r->n_commands++] = (struct command_info){
		copy_of(want[0].value), copy_of(want[1].value), copy_of(want[2].value)};
	return true;
}

/* The events and items of another session are others. */
static void begin_session(struct remote *r, uint32_t session)
{
	if (session == r->session)
		return;
	r->session = session;
	r->log.earlier += r->log.last;
	r->log.last = 0;
	fetches_clear(&r->fetches);
	remote_chart_clear(&r->chart[0]);
	remote_chart_clear(&r->chart[1]);
	r->order.view.active = false;
}

static bool on_hello(struct remote *r, struct json_span v)
{
	struct json_want want[] = {
		{.name = "form"}, {.name = "session"}, {.name = "commands"}, {.name = "service"}};
	int64_t form = 0, session = 0;

	json_pick(v.at, v.len, want, 4, NULL);
	json_span_int(want[0].value, &form);
	json_span_int(want[1].value, &session);
	if (form != WATCH_FORM)
		return error_set(&r->why, "another release of sluice runs it: use sluice ctl");
	r->is_service = json_span_is(want[3].value, JSON_VALUE_TRUE);
	if (!r->n_commands)
		json_each_element(want[2].value, on_command, r);
	/* Nothing was asked before: the answers of another session are forgotten here, and a call
	 * cannot be ended within the one that brings this. */
	begin_session(r, (uint32_t)session);
	fetches_relink(&r->fetches, r->link);
	/* the run sends all of it to a new connection */
	memset(&r->snap, 0, sizeof(r->snap));
	r->connected = true;
	return true;
}

static bool on_event(void *ctx, struct json_span v)
{
	struct remote *r = ctx;
	struct event e = {.seq = 0};

	carry_read(v, carry_event_fields, &e);
	if (e.seq <= r->log.last)
		return true;
	r->log.last = e.seq;
	r->log.event[(e.seq - 1) % REMOTE_EVENTS] = e;
	return true;
}

static void on_end(struct remote *r, struct json_span v)
{
	int64_t code;

	r->over = true;
	r->exit_code = json_span_int(json_find(v, "exit_code"), &code) && code >= 0 && code < 256
			       ? (int)code
			       : -1;
	remote_news(r);
}

static void on_said(void *ctx, const struct sse_event *event)
{
	struct remote *r = ctx;
	struct json_span v = json_whole(event->data, event->data_len);

	if (!v.at || r->why.text[0])
		return;
	if (!strcmp(event->type, "hello"))
		on_hello(r, v);
	else if (!r->connected)
		error_set(&r->why, "it is not a run that sluice can watch");
	else if (!strcmp(event->type, "log"))
		json_each_element(v, on_event, r);
	else if (!strcmp(event->type, "end"))
		on_end(r, v);
	else if (!strcmp(event->type, "snapshot")) {
		carry_snapshot_read(v, &r->snap);
		if (!r->ready || clock_mono_us() < r->hurry_us)
			remote_news(r);
		r->ready = true;
	}
}

static bool on_data(void *ctx, const char *bytes, size_t len)
{
	struct remote *r = ctx;
	bool was_silent = !remote_is_live(r);

	r->heard_us = clock_mono_us();
	if (was_silent)
		remote_news(r);
	return sse_feed(&r->sse, bytes, len) && !r->why.text[0];
}

/* ---- the connection ---- */

bool remote_is_live(const struct remote *r)
{
	return r->link && r->connected && clock_mono_us() - r->heard_us < SILENT_US;
}

static void disconnect(struct remote *r)
{
	if (r->batch.call)
		link_cancel(r->link, r->batch.call);
	r->batch.call = NULL;
	fetches_relink(&r->fetches, NULL);
	r->order.call = NULL;
	link_close(r->link);
	r->link = NULL;
	r->stream = NULL;
	r->connected = false;
}

/* Runs within the link, which on_look() then closes. */
static void on_stream_done(void *ctx, int status, const char *body, size_t len)
{
	struct remote *r = ctx;

	r->stream = NULL;
	if (r->why.text[0])
		return;
	if (status == 404)
		error_set(&r->why, "an earlier release of sluice runs it: use sluice ctl");
	else if (status)
		error_set(&r->why, "it answers with HTTP %d", status);
	else
		error_set(&r->why, "%.*s", (int)(len < 300 ? len : 300), body);
	if (r->config.fd >= 0)
		r->over = true;
	remote_news(r);
}

static void connect_to_run(struct remote *r)
{
	struct buf path;

	r->tried_us = clock_mono_us();
	r->why.text[0] = '\0';
	sse_reset(&r->sse, 0);
	r->link = link_open(r->loop, r->config.fd, r->socket);
	buf_init(&path, 256);
	buf_addf(&path, "/v1/watch?session=%lu&since=%llu", (unsigned long)r->session,
		(unsigned long long)r->log.last);
	r->stream = link_stream(r->link, buf_str(&path), on_data, on_stream_done, r);
	buf_free(&path);
}

/* The run may go on in another process, or it has ended: the registry knows. */
static void look_for_run(struct remote *r)
{
	struct registry_list runs;
	struct error ignored;
	bool goes_on = false;

	if (!r->results || !registry_list_read(&runs, false, &ignored)) {
		if (r->results)
			registry_list_free(&runs);
		return;
	}
	for (size_t i = 0; i < runs.n; i++) {
		const struct registry_entry *e = &runs.entries[i];

		if (e->state || !e->results || !e->socket || strcmp(e->results, r->results) != 0)
			continue;
		goes_on = true;
		if (r->socket && strcmp(r->socket, e->socket) != 0) {
			free(r->socket);
			r->socket = xstrdup(e->socket);
		}
	}
	registry_list_free(&runs);
	if (r->over == goes_on)
		remote_news(r);
	if (goes_on) {
		r->over = false;
	} else if (!r->over) {
		r->over = true;
		r->exit_code = -1;
	}
}

static bool is_dead(const struct remote *r, int64_t now_us)
{
	return now_us - r->heard_us > DEAD_US && now_us - r->tried_us > DEAD_US;
}

static void on_look(struct ev_loop *loop, ev_timer *w, int events)
{
	struct remote *r = w->data;
	int64_t now_us = clock_mono_us();

	(void)loop, (void)events;
	if (r->link && (!r->stream || is_dead(r, now_us))) {
		disconnect(r);
		remote_news(r);
	}
	if (r->batch.calls)
		r->batch.calls->look(r);
	if (r->link || r->config.fd >= 0 || now_us - r->tried_us < TRY_EVERY_US)
		return;
	r->tried_us = now_us;
	look_for_run(r);
	if (!r->over)
		connect_to_run(r);
}

/* ---- life ---- */

static void on_news(struct ev_loop *loop, ev_timer *w, int events)
{
	struct remote *r = w->data;

	(void)loop, (void)events;
	r->config.news(r->config.ctx);
}

void remote_news(void *remote)
{
	struct remote *r = remote;

	if (ev_is_active(&r->news))
		return;
	ev_timer_set(&r->news, 0., 0.);
	ev_timer_start(r->loop, &r->news);
}

struct remote *remote_open(struct ev_loop *loop, const struct remote_config *config)
{
	struct remote *r = xcalloc(1, sizeof(*r));

	r->config = *config;
	r->loop = loop;
	r->socket = config->socket ? xstrdup(config->socket) : NULL;
	r->results = config->results ? xstrdup(config->results) : NULL;
	r->title = config->title ? xstrdup(config->title) : NULL;
	r->exit_code = -1;
	r->log.event = xcalloc(REMOTE_EVENTS, sizeof(*r->log.event));
	r->heard_us = clock_mono_us();
	r->order.remote = r;
	sse_init(&r->sse, EVENT_MAX, on_said, r);
	fetches_init(&r->fetches, remote_news, r);
	ev_timer_init(&r->look, on_look, look_s, look_s);
	ev_timer_init(&r->news, on_news, 0., 0.);
	r->look.data = r->news.data = r;
	connect_to_run(r);
	return r;
}

void remote_close(struct remote *r)
{
	if (r->batch.calls)
		r->batch.calls->close(r);
	disconnect(r);
	fetches_clear(&r->fetches);
	remote_chart_clear(&r->chart[0]);
	remote_chart_clear(&r->chart[1]);
	ev_timer_stop(r->loop, &r->look);
	ev_timer_stop(r->loop, &r->news);
	sse_free(&r->sse);
	for (size_t i = 0; i < r->n_commands; i++) {
		free((char *)r->command[i].name);
		free((char *)r->command[i].args);
		free((char *)r->command[i].help);
	}
	free(r->command);
	free(r->log.event);
	free(r->socket);
	free(r->results);
	free(r->title);
	free(r);
}

/* The log is a part of the first frame. */
static bool has_begun(void *ctx)
{
	const struct remote *r = ctx;

	return (r->ready && r->log.last >= r->snap.last_event) || !r->stream;
}

void remote_wait(struct remote *r, int64_t until_us)
{
	link_wait(r->link, until_us, has_begun, r);
	if (!r->ready || ev_is_active(&r->look))
		return;
	ev_timer_start(r->loop, &r->look);
	r->until_us = clock_mono_us() + FIRST_US;
}

bool remote_is_ready(const struct remote *r)
{
	return r->ready;
}

bool remote_failed(const struct remote *r, struct error *err)
{
	if (r->ready || r->stream)
		return false;
	*err = r->why;
	return true;
}

bool remote_has_time(const struct remote *r)
{
	return remote_is_live(r) && clock_mono_us() < r->until_us;
}

void remote_wait_for(struct remote *r, struct fetch *x)
{
	if (fetch_is_usable(x, clock_mono_us()))
		return;
	if (remote_has_time(r))
		fetches_wait(&r->fetches, x, r->until_us);
	if (!fetch_is_usable(x, clock_mono_us()))
		r->late = true;
}

bool remote_is_over(const struct remote *r, int *exit_code)
{
	*exit_code = r->exit_code;
	return r->over;
}

bool remote_is_lost(const struct remote *r)
{
	return !r->over && !remote_is_live(r);
}
