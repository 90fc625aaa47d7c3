/* The input of a session: reads lines when the engine wants them, and in idle moments. */
#include <stdio.h>

#include "base/clock.h"
#include "core/changed.h"
#include "session/session_impl.h"
#include "session/session_keys.h"
#include "session/session_settings.h"

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
	if (s->reading != READ_REST)
		engine_input_end(s->engine);
}

/* The items of the part are fed. Those after it are counted, but not waited for. */
static void end_part(struct session *s)
{
	engine_input_end(s->engine);
	s->reading = READ_REST;
	if (source_fd(s->source) >= 0)
		end_input(s);
}

/* A pipe at its end wakes nobody any more. */
static void begin_chosen(struct session *s)
{
	sample_finish(&s->sample);
	s->reading = READ_CHOSEN;
	if (!ev_is_active(&s->read_pipe))
		return;
	ev_io_stop(s->loop, &s->read_pipe);
	ev_idle_start(s->loop, &s->read_idle);
}

static void take_line(struct session *s, const struct source_line *line)
{
	s->lines++;
	switch (s->reading) {
	case READ_ALL:
	case READ_FIRST:
		engine_feed(s->engine, line->text, line->len, line->offset, line->number);
		if (s->reading == READ_FIRST && s->lines == s->settings->input.part.first)
			end_part(s);
		break;
	case READ_SAMPLE:
		sample_offer(&s->sample, line);
		break;
	case READ_REST:
	case READ_CHOSEN:
		break;
	}
}

/* Feeds up to max_bytes of the lines that were chosen. */
static bool feed_chosen(struct session *s, size_t max_bytes, struct error *err)
{
	struct buf text;
	size_t bytes = 0;
	bool good = true;

	buf_init(&text, SOURCE_MAX_LINE);
	for (; good && s->fed < s->sample.n && bytes < max_bytes; s->fed++) {
		const struct sampled_line *l = &s->sample.at[s->fed];

		good = l->too_long || source_fetch(s->source, l->offset, l->len, &text, err);
		if (good)
			engine_feed(s->engine, l->too_long ? NULL : buf_str(&text), l->len,
				l->offset, l->number);
		bytes += l->too_long ? 0 : l->len;
	}
	buf_free(&text);
	if (good && s->fed == s->sample.n)
		end_input(s);
	return good;
}

/* Says how much of the input there is. With a part, the bytes say nothing about the items to be
 * fed.
 */
static void report_progress(struct session *s)
{
	uint64_t read = source_bytes_read(s->source);
	int64_t total = source_bytes_total(s->source);

	if (!input_part_is(&s->settings->input.part))
		engine_input_progress(s->engine, read, total);
	else if (s->read_to_end)
		engine_input_of(s->engine, s->lines, false);
	else if (total > 0 && read)
		engine_input_of(s->engine,
			(uint64_t)((double)s->lines * (double)total / (double)read), true);
}

/* The settings are known then: items may have ended by others. */
static bool open_routes(struct session *s, const struct source_line *line, struct error *err)
{
	struct sent_settings now;

	if (!session_routes_open(s, line->text, line->len, on_answer, err))
		return false;
	session_settings_sent(&s->route[0].endpoint, s->settings, s->rows, s->pipeline, &now);
	engine_set_sent(s->engine, &now);
	return true;
}

/* One step of reading. False and err when the run cannot continue. */
static bool read_line(struct session *s, size_t max_bytes, bool *again, struct error *err)
{
	struct source_line line;

	switch (source_next(s->source, max_bytes, &line)) {
	case SOURCE_LINE:
		if (s->header_due) {
			s->header_due = false;
			return rows_set_header(s->rows, line.text, line.len, err);
		}
		if (!s->opened && !open_routes(s, &line, err))
			return false;
		take_line(s, &line);
		return true;
	case SOURCE_TOO_LONG:
		take_line(s, &line);
		return true;
	case SOURCE_AGAIN:
		*again = true;
		return true;
	case SOURCE_END:
		s->read_to_end = true;
		if (s->reading == READ_SAMPLE)
			begin_chosen(s);
		else
			end_input(s);
		return true;
	case SOURCE_ERROR:
		break;
	}
	if (s->reading != READ_REST)
		return error_set(err, "%s", source_error(s->source));
	end_input(s); /* these are not needed */
	return true;
}

/* Feeds up to max_bytes of lines. False and err when the run cannot continue. */
static bool read_lines(struct session *s, size_t max_bytes, struct error *err)
{
	uint64_t until = source_bytes_read(s->source) + max_bytes;
	bool again = false;

	while (!s->input_done && !again && s->reading != READ_CHOSEN) {
		if (!read_line(s, max_bytes, &again, err))
			return false;
		if (source_bytes_read(s->source) >= until)
			break;
	}
	if (!s->input_done && s->reading == READ_CHOSEN && !feed_chosen(s, max_bytes, err))
		return false;
	report_progress(s);
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

/* Should the input be read on before anything is sent? */
static bool wants_all(const struct session *s)
{
	switch (s->reading) {
	case READ_SAMPLE:
	case READ_CHOSEN:
		return true;
	case READ_REST:
		return false;
	case READ_ALL:
	case READ_FIRST:
		break;
	}
	return engine_binds(s->engine);
}

bool session_input_first(struct session *s, struct error *err)
{
	if (source_fd(s->source) >= 0)
		return true;
	do {
		if (!read_lines(s, WANTED_READ, err))
			return false;
	} while (wants_all(s) && !s->input_done && !engine_input_refused(s->engine));
	return true;
}

void session_input_read_now(struct session *s)
{
	read_or_fail(s, WANTED_READ);
}

void session_input_init(struct session *s)
{
	const struct input_part *part = &s->settings->input.part;

	ev_idle_init(&s->read_idle, on_idle);
	ev_io_init(&s->read_pipe, on_pipe, -1, EV_READ);
	s->read_idle.data = s->read_pipe.data = s;
	if (part->first)
		s->reading = READ_FIRST;
	if (part->sample) {
		s->reading = READ_SAMPLE;
		sample_init(&s->sample, part->sample, part->seed);
	}
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
