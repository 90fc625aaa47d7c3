/* The input of a session: reads lines when the engine wants them, and in idle moments. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/request_oddities.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/lines.h"
#include "session/session_impl.h"

enum {
	IDLE_READ = 64 << 10,    /* input bytes counted in one idle moment: about 0.2 ms */
	WANTED_READ = 512 << 10, /* when the engine wants lines */
	LOOKED_AT = 100,         /* first lines in which mistakes are looked for */
};

static void on_answer(void *ctx, void *item, const struct answer *answer)
{
	struct session *s = ((const struct session_route *)ctx)->session;

	engine_answered(s->engine, item, answer, run_clock_now_us(s->clock), clock_wall_us());
}

/* ---- mistakes that are no errors ---- */

/* A line in which something is odd. */
struct odd_line {
	struct session *session;
	uint64_t number;
};

/* Each text once. */
static void on_oddity(void *ctx, const char *text)
{
	const struct odd_line *line = ctx;
	struct session_input *in = &line->session->input;
	uint64_t hash = hash_bytes(text, strlen(text));
	char detail[300];

	for (int i = 0; i < in->warned; i++)
		if (in->warned_of[i] == hash)
			return;
	if (in->warned == sizeof(in->warned_of) / sizeof(in->warned_of[0]))
		return;
	in->warned_of[in->warned++] = hash;
	snprintf(detail, sizeof(detail), "line %" PRIu64 ": %s", line->number, text);
	engine_warn(line->session->engine, "in the input", detail);
	if (!line->session->started)
		say_warning("%s", detail);
}

static void look_at(struct session *s, const struct source_line *line)
{
	struct odd_line odd = {s, line->number};

	s->input.lines_looked_at++;
	input_form_oddities(
		&s->input.form, s->config.format, line->text, line->len, on_oddity, &odd);
}

/* ---- reading ---- */

static void tell_form(struct session *s)
{
	s->input.form_told = true;
	engine_input_form(s->engine, s->input.form.text);
}

/* False and err when the run cannot continue. */
static bool take_line(struct session *s, const struct source_line *line, struct error *err)
{
	switch (input_form_line(&s->input.form, line->text, line->len, err)) {
	case FORM_LINE_SKIP:
		return true;
	case FORM_LINE_ERROR:
		return false;
	case FORM_LINE_ITEM:
		break;
	}
	if (!s->opened && !session_routes_open(s, line->text, line->len, on_answer, err))
		return false;
	if (s->input.lines_looked_at < LOOKED_AT)
		look_at(s, line);
	engine_feed(s->engine, line->text, line->len, line->offset, line->number);
	return true;
}

static void tell_empty_rows(struct session *s)
{
	uint64_t n = s->input.form.empty;
	char text[80];

	if (!n)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " empty row%s skipped", n,
		n == 1 ? " was" : "s were");
	engine_input_form(s->engine, text);
}

static void end_input(struct session *s)
{
	tell_empty_rows(s);
	s->input_done = true;
	session_input_stop(s);
	engine_input_end(s->engine);
}

/* Feeds up to max_bytes of lines. False and err when the run cannot continue. */
static bool read_lines(struct session *s, size_t max_bytes, struct error *err)
{
	uint64_t until = source_text_read(s->source) + max_bytes;
	struct source_line line;

	while (!s->input_done) {
		switch (source_next(s->source, max_bytes, &line)) {
		case SOURCE_LINE:
			if (!take_line(s, &line, err))
				return false;
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
		if (source_text_read(s->source) >= until)
			break;
	}
out:
	if (!s->input.form_told && s->input.form.text[0])
		tell_form(s);
	engine_input_progress(
		s->engine, source_bytes_read(s->source), source_bytes_total(s->source));
	return true;
}

static void read_or_fail(struct session *s, size_t max_bytes)
{
	struct error err = {""};

	if (read_lines(s, max_bytes, &err))
		return;
	s->input_done = true;
	session_input_stop(s);
	if (source_error(s->source)[0] && !source_is_refused(s->source))
		engine_input_failed(s->engine, err.text, clock_wall_us());
	else
		engine_refuse_input(s->engine, err.text);
}

static void on_idle(struct ev_loop *loop, ev_idle *w, int events)
{
	struct session *s = w->data;

	(void)events;
	read_or_fail(s, IDLE_READ);
	if (source_fd(s->source) >= 0 && !source_has_more(s->source))
		ev_idle_stop(loop, w);
}

static void on_pipe(struct ev_loop *loop, ev_io *w, int events)
{
	struct session *s = w->data;

	(void)events;
	read_or_fail(s, WANTED_READ);
	/* the text of packed bytes that were read already: no byte of the pipe may wake the loop */
	if (!s->input_done && source_has_more(s->source))
		ev_idle_start(loop, &s->read_idle);
}

bool session_input_first(struct session *s, struct error *err)
{
	if (source_fd(s->source) >= 0)
		return true;
	do {
		if (!read_lines(s, WANTED_READ, err))
			return false;
	} while ((engine_binds(s->engine) || engine_input_useless(s->engine)) && !s->input_done &&
		 !engine_input_refused(s->engine));
	return true;
}

bool session_input_useless(const struct session *s, struct error *err)
{
	const char *why = engine_input_useless(s->engine);

	if (!why || !s->input_done)
		return false;
	error_set(err, "%s has no line that can be sent; %s", source_name(s->source), why);
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
