/* The input of a session: reads lines when the engine wants them, and in idle moments. */
#include <stdio.h>

#include "base/clock.h"
#include "session/session_impl.h"

enum {
	IDLE_READ = 64 << 10,    /* input bytes counted in one idle moment: about 0.2 ms */
	WANTED_READ = 512 << 10, /* when the engine wants lines */
};

static void on_answer(void *ctx, void *item, const struct answer *answer)
{
	struct session_route *route = ctx;
	struct session *s = route->session;

	if (answer->status == 401 && route->endpoint.source)
		session_keys_refused(route, answer->latency_us);
	engine_answered(s->engine, item, answer, run_clock_now_us(s->clock), clock_wall_us());
}

static void end_input(struct session *s)
{
	s->input_done = true;
	session_input_stop(s);
	engine_input_end(s->engine);
}

/* Feeds up to max_bytes of lines. False and err when the run cannot continue. */
static bool read_lines(struct session *s, size_t max_bytes, struct error *err)
{
	uint64_t until = source_bytes_read(s->source) + max_bytes;
	struct source_line line;

	while (!s->input_done) {
		switch (source_next(s->source, max_bytes, &line)) {
		case SOURCE_LINE:
			if (s->header_due) {
				s->header_due = false;
				if (!rows_set_header(s->rows, line.text, line.len, err))
					return false;
				break;
			}
			if (!s->opened &&
				!session_routes_open(s, line.text, line.len, on_answer, err))
				return false;
			engine_feed(s->engine, line.text, line.len, line.offset, line.number);
			break;
		case SOURCE_TOO_LONG:
			engine_feed(s->engine, NULL, line.len, line.offset, line.number);
			break;
		case SOURCE_AGAIN:
			goto out;
		case SOURCE_END:
			end_input(s);
			break;
		case SOURCE_ERROR:
			return error_set(err, "%s", source_error(s->source));
		}
		if (source_bytes_read(s->source) >= until)
			break;
	}
out:
	engine_input_progress(
		s->engine, source_bytes_read(s->source), source_bytes_total(s->source));
	return true;
}

static void read_or_fail(struct session *s, size_t max_bytes)
{
	struct error err = {""};

	if (!read_lines(s, max_bytes, &err))
		engine_abort(s->engine, err.text, clock_wall_us());
}

static void on_idle(struct ev_loop *loop, ev_idle *w, int events)
{
	(void)loop, (void)events;
	read_or_fail(w->data, IDLE_READ);
}

static void on_pipe(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop, (void)events;
	read_or_fail(w->data, WANTED_READ);
}

bool session_input_first(struct session *s, struct error *err)
{
	if (source_fd(s->source) >= 0)
		return true;
	do {
		if (!read_lines(s, WANTED_READ, err))
			return false;
	} while (engine_binds(s->engine) && !s->input_done && !engine_input_refused(s->engine));
	return true;
}

void session_input_read_now(struct session *s)
{
	read_or_fail(s, WANTED_READ);
}

void session_input_init(struct session *s)
{
	ev_idle_init(&s->read_idle, on_idle);
	ev_io_init(&s->read_pipe, on_pipe, -1, EV_READ);
	s->read_idle.data = s->read_pipe.data = s;
}

void session_input_start(struct session *s)
{
	if (s->input_done)
		return;
	if (source_fd(s->source) < 0) {
		ev_idle_start(s->loop, &s->read_idle);
	} else {
		ev_io_set(&s->read_pipe, source_fd(s->source), EV_READ);
		ev_io_start(s->loop, &s->read_pipe);
	}
}

void session_input_watch(struct session *s)
{
	const char *what = source_changed(s->source);
	char detail[200];

	if (!what)
		return;
	snprintf(detail, sizeof(detail), "%s; every line is checked when it is read again", what);
	engine_warn(s->engine, "the input changed", detail);
}

void session_input_stop(struct session *s)
{
	ev_idle_stop(s->loop, &s->read_idle);
	ev_io_stop(s->loop, &s->read_pipe);
}
