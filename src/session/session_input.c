/* The input of a session: reads lines when the engine wants them, and in idle moments. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/request_oddities.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/lines.h"
#include "core/changed.h"
#include "session/session_impl.h"
#include "session/session_keys.h"
#include "session/session_settings.h"

enum {
	IDLE_READ = 64 << 10,    /* input bytes counted in one idle moment: about 0.2 ms */
	WANTED_READ = 512 << 10, /* when the engine wants lines */
	LOOKED_AT = 100,         /* first lines in which mistakes are looked for */
};

static void on_answer(void *ctx, void *item, const struct answer *answer)
{
	struct session_route *route = ctx;
	struct session *s = route->session;

	if (answer->status == 401 && route->endpoint.source)
		session_keys_refused(route, answer->latency_us);
	engine_answered(s->engine, item, answer, run_clock_now_us(s->clock), clock_wall_us());
	s->due = true;
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
	if (!line->session->started && !process_remains(line->session->process))
		say_warning("%s", detail);
}

static void look_at(struct session *s, const struct source_line *line)
{
	struct odd_line odd = {s, line->number};

	s->input.lines_looked_at++;
	input_form_oddities(
		&s->input.form, s->config.format, line->text, line->len, on_oddity, &odd);
}

/* ---- what a line is for ---- */

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
	if (s->input.reading != READ_REST)
		engine_input_end(s->engine);
}

/* The items of the part are fed. Those after it are counted, but not waited for. */
static void end_part(struct session *s)
{
	engine_input_end(s->engine);
	s->input.reading = READ_REST;
	if (source_fd(s->source) >= 0)
		end_input(s);
}

/* A pipe at its end wakes nobody any more. */
static void begin_chosen(struct session *s)
{
	sample_finish(&s->input.sample);
	s->input.reading = READ_CHOSEN;
	if (!ev_is_active(&s->read_pipe))
		return;
	ev_io_stop(s->loop, &s->read_pipe);
	ev_idle_start(s->loop, &s->read_idle);
}

static void feed(struct session *s, const struct source_line *line)
{
	if (line->text && s->input.lines_looked_at < LOOKED_AT)
		look_at(s, line);
	engine_feed(s->engine, line->text, line->len, line->offset, line->number);
}

/* Takes a line that is an item. */
static void take_item(struct session *s, const struct source_line *line)
{
	struct session_input *in = &s->input;

	in->lines++;
	switch (in->reading) {
	case READ_ALL:
	case READ_FIRST:
		feed(s, line);
		if (in->reading == READ_FIRST && in->lines == s->settings->input.part.first)
			end_part(s);
		break;
	case READ_SAMPLE:
		sample_offer(&in->sample, line);
		break;
	case READ_REST:
	case READ_CHOSEN:
		break;
	}
}

/* Feeds up to max_bytes of the lines that were chosen. */
static bool feed_chosen(struct session *s, size_t max_bytes, struct error *err)
{
	struct session_input *in = &s->input;
	struct buf text;
	size_t bytes = 0;
	bool good = true;

	buf_init(&text, SOURCE_MAX_LINE);
	for (; good && in->fed < in->sample.n && bytes < max_bytes; in->fed++) {
		const struct sampled_line *l = &in->sample.at[in->fed];

		good = l->too_long || source_fetch(s->source, l->offset, l->len, &text, err);
		if (good)
			feed(s, &(struct source_line){l->too_long ? NULL : buf_str(&text), l->len,
					l->offset, l->number});
		bytes += l->too_long ? 0 : l->len;
	}
	buf_free(&text);
	if (good && in->fed == in->sample.n)
		end_input(s);
	return good;
}

/* ---- reading ---- */

static void tell_form(struct session *s)
{
	s->input.form_told = true;
	engine_input_form(s->engine, s->input.form.text);
}

/* Says how much of the input there is. With a part, the bytes say nothing about the items to be
 * fed.
 */
static void report_progress(struct session *s)
{
	uint64_t read = source_bytes_read(s->source), lines = s->input.lines;
	int64_t total = source_bytes_total(s->source);

	if (!input_part_is(&s->settings->input.part))
		engine_input_progress(s->engine, read, total);
	else if (s->input.read_to_end)
		engine_input_of(s->engine, lines, false);
	else if (total > 0 && read)
		engine_input_of(
			s->engine, (uint64_t)((double)lines * (double)total / (double)read), true);
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

/* The header and empty rows are no items. False and err when the run cannot continue. */
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
	if (!s->opened && !open_routes(s, line, err))
		return false;
	take_item(s, line);
	return true;
}

static bool take_end(struct session *s)
{
	s->input.read_to_end = true;
	if (s->input.reading == READ_SAMPLE)
		begin_chosen(s);
	else
		end_input(s);
	return true;
}

/* One step of reading. False and err when the run cannot continue. */
static bool read_line(struct session *s, size_t max_bytes, bool *again, struct error *err)
{
	struct source_line line;

	switch (source_next(s->source, max_bytes, &line)) {
	case SOURCE_LINE:
		return take_line(s, &line, err);
	case SOURCE_TOO_LONG:
		take_item(s, &line);
		return true;
	case SOURCE_AGAIN:
		*again = true;
		return true;
	case SOURCE_END:
		return take_end(s);
	case SOURCE_ERROR:
		break;
	}
	if (s->input.reading != READ_REST)
		return error_set(err, "%s", source_error(s->source));
	end_input(s); /* these are not needed */
	return true;
}

/* Feeds up to max_bytes of lines. False and err when the run cannot continue. */
static bool read_lines(struct session *s, size_t max_bytes, struct error *err)
{
	uint64_t until = source_text_read(s->source) + max_bytes;
	bool again = false;

	while (!s->input_done && !again && s->input.reading != READ_CHOSEN) {
		if (!read_line(s, max_bytes, &again, err))
			return false;
		if (source_text_read(s->source) >= until)
			break;
	}
	if (!s->input_done && s->input.reading == READ_CHOSEN && !feed_chosen(s, max_bytes, err))
		return false;
	if (!s->input.form_told && s->input.form.text[0])
		tell_form(s);
	report_progress(s);
	return true;
}

static void read_or_fail(struct session *s, size_t max_bytes)
{
	struct error err = {""};

	s->due = true;
	if (read_lines(s, max_bytes, &err))
		return;
	s->input_done = true;
	session_input_stop(s);
	/* a line that was chosen is not there any more, or the text after good lines */
	if (s->input.reading == READ_CHOSEN ||
		(source_error(s->source)[0] && !source_is_refused(s->source)))
		engine_input_failed(s->engine, err.text, clock_wall_us());
	else
		engine_refuse_input(s->engine, err.text);
}

static void on_idle(struct ev_loop *loop, ev_idle *w, int events)
{
	struct session *s = w->data;

	(void)events;
	read_or_fail(s, IDLE_READ);
	if (source_fd(s->source) >= 0 && !source_has_more(s->source) &&
		s->input.reading != READ_CHOSEN)
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

/* Should the input be read on before anything is sent? */
static bool wants_all(const struct session *s)
{
	switch (s->input.reading) {
	case READ_SAMPLE:
	case READ_CHOSEN:
		return true;
	case READ_REST:
		return false;
	case READ_ALL:
	case READ_FIRST:
		break;
	}
	return engine_binds(s->engine) || engine_input_useless(s->engine);
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

bool session_input_useless(const struct session *s, struct error *err)
{
	const char *why = engine_input_useless(s->engine);

	if (!why || (!s->input_done && s->input.reading != READ_REST))
		return false;
	error_set(err, "%s%s has no valid line; %s",
		input_part_is(&s->settings->input.part) ? "the part of " : "",
		source_name(s->source), why);
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
		s->input.reading = READ_FIRST;
	if (part->sample) {
		s->input.reading = READ_SAMPLE;
		sample_init(&s->input.sample, part->sample, part->seed);
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
	snprintf(detail, sizeof(detail), "%s; sluice checks every line when it reads it again",
		what);
	engine_warn(s->engine, "the input changed", detail);
}

void session_input_stop(struct session *s)
{
	ev_idle_stop(s->loop, &s->read_idle);
	ev_io_stop(s->loop, &s->read_pipe);
}
