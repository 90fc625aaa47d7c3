#include "past/past_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/outcome.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "core/engine_internal.h"
#include "ledger/read_back.h"
#include "past/past_figures.h"

enum { TEXT_SIZE = 256, WORD_SIZE = 64 };

/* A member of the record as a safe text; "" when it is not there. Numbers are as they stand. */
static void member(const struct ledger_line *line, const char *name, char *out, size_t size)
{
	struct json_want want = {.name = name};

	out[0] = '\0';
	json_pick(line->text, line->len, &want, 1, NULL);
	if (json_span_is(want.value, JSON_VALUE_STRING))
		json_string_text(want.value, out, size);
	else if (json_span_is(want.value, JSON_VALUE_NUMBER))
		text_sanitise(out, size, want.value.at, want.value.len);
}

/* ---- attempts ---- */

struct tried {
	struct json_span id;
	int64_t line, number, status, wait_us, latency_us;
	enum outcome outcome;
	char message[TEXT_SIZE], model[WORD_SIZE], place[WORD_SIZE];
};

/* A time of the record in us; -1: it has none. */
static int64_t read_ms(struct json_span v)
{
	int64_t ms;

	return json_span_int(v, &ms) && ms >= 0 && ms < INT64_MAX / US_PER_MS ? ms * US_PER_MS : -1;
}

static bool read_try(const struct ledger_line *line, struct tried *out)
{
	enum {
		ID,
		LINE,
		NUMBER,
		OUTCOME,
		STATUS,
		WAIT,
		LATENCY,
		MESSAGE,
		MODEL,
		ENDPOINT,
		STAGE,
		WANTED
	};
	struct json_want want[WANTED] = {{.name = "id"}, {.name = "line"}, {.name = "attempt"},
		{.name = "outcome"}, {.name = "status"}, {.name = "wait_ms"},
		{.name = "latency_ms"}, {.name = "message"}, {.name = "model"},
		{.name = "endpoint"}, {.name = "stage"}};
	char name[WORD_SIZE];

	*out = (struct tried){.number = 1};
	if (json_pick(line->text, line->len, want, WANTED, NULL) != JSON_VALUE_OBJECT)
		return false;
	json_string_text(want[OUTCOME].value, name, sizeof(name));
	if (!outcome_by_name(name, &out->outcome))
		return false;
	out->id = want[ID].value;
	json_span_int(want[LINE].value, &out->line);
	json_span_int(want[NUMBER].value, &out->number);
	if (!json_span_int(want[STATUS].value, &out->status) || out->status < 0 ||
		out->status > 999)
		out->status = 0;
	out->wait_us = read_ms(want[WAIT].value);
	if (!out->wait_us)
		out->wait_us = -1;
	out->latency_us = read_ms(want[LATENCY].value);
	json_string_text(want[MESSAGE].value, out->message, sizeof(out->message));
	json_string_text(want[MODEL].value, out->model, sizeof(out->model));
	json_string_text(want[want[STAGE].value.at ? STAGE : ENDPOINT].value, out->place,
		sizeof(out->place));
	return true;
}

static uint8_t count_try(struct engine *e, int64_t wall_us, const struct tried *tried)
{
	char id[WORD_SIZE];

	json_string_text(tried->id, id, sizeof(id));
	return error_groups_add(&e->observer.groups,
		&(struct error_seen){.outcome = tried->outcome,
			.status = (int)tried->status,
			.code = "",
			.message = tried->message,
			.id = id,
			.id_len = strlen(id),
			.model = tried->model[0] ? tried->model : NULL,
			.place = tried->place[0] ? tried->place : NULL},
		wall_us);
}

/* Records are written at the end of an attempt. */
static int64_t began_of(const struct journal_record *record, int64_t latency_us)
{
	int64_t ended_us = past_record_time(record);

	return latency_us > 0 && ended_us > latency_us ? ended_us - latency_us : ended_us;
}

/* Adds it to the attempts of the item; ITEM_NONE: of that of its line. */
static void add_try(struct engine *e, const struct ledger_line *line, uint32_t i)
{
	struct journal_record record;
	struct attempt_view *view;
	struct tried tried;

	if (!journal_record_parse(line->text, line->len, &record) || !read_try(line, &tried))
		return;
	if (i == ITEM_NONE && tried.line > 0)
		i = engine_item_of_line(e, (uint64_t)tried.line);
	if (i == ITEM_NONE)
		return;
	view = past_attempts_add(&e->observer.past, i, false);
	*view = (struct attempt_view){
		.number = tried.number > 0 && tried.number < INT32_MAX ? (int)tried.number : 1,
		.started_wall_us = began_of(&record, tried.latency_us),
		.latency_us = tried.latency_us,
		.first_byte_us = -1,
		.connect_us = -1,
		.wait_us = tried.wait_us,
		.outcome = tried.outcome,
		.status = (int)tried.status,
		.first_token_us = -1,
		.tokens_per_s = -1,
		.tokens_in = -1,
		.tokens_out = -1,
		.usd = -1};
	memcpy(view->message, tried.message, sizeof(view->message));
}

void past_log_attempts(const struct past_log *log, struct engine *e)
{
	uint64_t from = log->attempts > PAST_FAILED ? log->attempts - PAST_FAILED : 0;
	struct buf record;

	buf_init(&record, SIZE_MAX / 2);
	for (uint64_t i = from; i < log->attempts; i++)
		if (ledger_read_record(e->recorder.ledger, log->attempt[i % PAST_FAILED], &record))
			add_try(e, &(struct ledger_line){.text = record.data, .len = record.len},
				ITEM_NONE);
	buf_free(&record);
}

void past_log_attempts_of(struct engine *e, uint32_t item, const uint64_t *places, size_t n)
{
	struct buf record;

	past_attempts_free(&e->observer.past);
	buf_init(&record, SIZE_MAX / 2);
	for (size_t i = 0; i < n; i++)
		if (ledger_read_record(e->recorder.ledger, places[i], &record))
			add_try(e, &(struct ledger_line){.text = record.data, .len = record.len},
				item);
	buf_free(&record);
}

/* ---- the log ---- */

static void log_attempt(struct events *events, int64_t wall_us, const struct ledger_line *line)
{
	char id[WORD_SIZE];
	struct event_about about;
	struct tried tried;

	if (!read_try(line, &tried))
		return;
	json_string_text(tried.id, id, sizeof(id));
	about = (struct event_about){
		.outcome = tried.outcome, .line = tried.line > 0 ? (uint64_t)tried.line : 0};
	/* in the words of the run, and as loud */
	events_add_about(events, wall_us, tried.wait_us > 0 ? EVENT_INFO : EVENT_WARNING, &about,
		"%.40s %s: %s%s%s", id, tried.wait_us > 0 ? "will retry" : "failed",
		outcome_label(tried.outcome), tried.message[0] ? ", " : "", tried.message);
}

static void log_start(struct events *events, int64_t wall_us, const struct ledger_line *line)
{
	char pid[WORD_SIZE], version[WORD_SIZE];

	member(line, "pid", pid, sizeof(pid));
	member(line, "version", version, sizeof(version));
	events_add(events, wall_us, EVENT_INFO, "a session began%s%s%s%s%s", pid[0] ? " (pid " : "",
		pid, version[0] ? ", sluice " : "", version, pid[0] ? ")" : "");
}

static void log_stop(struct events *events, int64_t wall_us, const struct ledger_line *line)
{
	char reason[TEXT_SIZE], code[WORD_SIZE];

	member(line, "reason", reason, sizeof(reason));
	member(line, "exit_code", code, sizeof(code));
	events_add(events, wall_us, EVENT_INFO, "the session ended%s%s%s%s", reason[0] ? ": " : "",
		reason, code[0] ? ", exit code " : "", code);
}

/* A limit that is negative is none. */
static const char *limit_word(const char *limit)
{
	return limit[0] == '-' ? "none" : limit;
}

static void log_change(struct events *events, int64_t wall_us, const struct ledger_line *line)
{
	char endpoint[WORD_SIZE], model[WORD_SIZE], what[WORD_SIZE], old[WORD_SIZE], now[WORD_SIZE],
		reason[TEXT_SIZE];
	bool is_hold;

	member(line, "endpoint", endpoint, sizeof(endpoint));
	member(line, "model", model, sizeof(model));
	member(line, "what", what, sizeof(what));
	member(line, "old", old, sizeof(old));
	member(line, "new", now, sizeof(now));
	member(line, "reason", reason, sizeof(reason));
	is_hold = !strcmp(what, "hold") && now[0] && now[0] != '-'; /* there was none before */
	events_add_about(events, wall_us, EVENT_INFO, &(struct event_about){.endpoint = endpoint},
		"%s%s%s%s%s%s%s%s%s%s%s%s", endpoint, endpoint[0] && model[0] ? ", " : "", model,
		endpoint[0] || model[0] ? ": " : "", is_hold ? "hold for" : what,
		old[0] && !is_hold ? " " : "", is_hold ? "" : limit_word(old),
		is_hold  ? " "
		: now[0] ? " to "
			 : "",
		limit_word(now), is_hold ? " s" : "", reason[0] ? ", " : "", reason);
}

/* A warning of two members, "first: second". */
static void log_pair(struct events *events, int64_t wall_us, const struct ledger_line *line,
	const char *first, const char *second)
{
	char a[TEXT_SIZE], b[TEXT_SIZE];

	member(line, first, a, sizeof(a));
	member(line, second, b, sizeof(b));
	events_add(events, wall_us, EVENT_WARNING, "%s%s%s", a, a[0] && b[0] ? ": " : "", b);
}

static void log_command(struct events *events, int64_t wall_us, const struct ledger_line *line)
{
	char by[WORD_SIZE], text[TEXT_SIZE], reply[TEXT_SIZE];

	member(line, "by", by, sizeof(by));
	member(line, "text", text, sizeof(text));
	member(line, "reply", reply, sizeof(reply));
	events_add(
		events, wall_us, EVENT_INFO, "%s: %s", by[0] ? by : "you", reply[0] ? reply : text);
}

static void log_resent(struct events *events, int64_t wall_us, const struct ledger_line *line)
{
	char id[WORD_SIZE], times[WORD_SIZE];

	member(line, "id", id, sizeof(id));
	member(line, "times", times, sizeof(times));
	events_add(events, wall_us, EVENT_INFO, "%.40s sent again %s times by its connection", id,
		times);
}

static void log_warning(struct events *events, int64_t wall_us, const struct ledger_line *line)
{
	log_pair(events, wall_us, line, "text", "detail");
}

static void log_split(struct events *events, int64_t wall_us, const struct ledger_line *line)
{
	log_pair(events, wall_us, line, "stage", "message");
}

/* Add the record as an event; NULL: the log does not show it. */
typedef void log_record(struct events *events, int64_t wall_us, const struct ledger_line *line);
static log_record *const shown[JOURNAL_KINDS] = {
	[JOURNAL_START] = log_start,
	[JOURNAL_STOP] = log_stop,
	[JOURNAL_ATTEMPT] = log_attempt,
	[JOURNAL_CHANGE] = log_change,
	[JOURNAL_COMMAND] = log_command,
	[JOURNAL_WARNING] = log_warning,
	[JOURNAL_SPLIT] = log_split,
	[JOURNAL_RESENT] = log_resent,
};

bool past_log_take(struct past_log *log, struct engine *e, const struct journal_record *record,
	int64_t wall_us, const struct ledger_line *line, struct past_try *out)
{
	int kinds = e->observer.groups.n;
	struct tried tried;

	if (shown[record->kind])
		log->event[log->events++ % EVENTS_KEPT] = line->offset;
	if (record->kind != JOURNAL_ATTEMPT || !read_try(line, &tried))
		return false;
	log->attempt[log->attempts++ % PAST_FAILED] = line->offset;
	*out = (struct past_try){.id = tried.id,
		.wait_us = tried.wait_us,
		.latency_us = tried.latency_us,
		.group = count_try(e, wall_us, &tried)};
	out->first = e->observer.groups.n > kinds;
	return true;
}

bool past_log_shows(enum journal_kind kind)
{
	return shown[kind];
}

static void add_event(struct engine *e, uint64_t place, struct buf *text)
{
	struct journal_record record;

	if (!ledger_read_record(e->recorder.ledger, place, text) ||
		!journal_record_parse(text->data, text->len, &record) || !shown[record.kind])
		return;
	shown[record.kind](&e->observer.events, past_record_time(&record),
		&(struct ledger_line){.text = text->data, .len = text->len});
}

void past_log_events(const struct past_log *log, struct engine *e)
{
	uint64_t from = log->events > EVENTS_KEPT ? log->events - EVENTS_KEPT : 0;
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	for (uint64_t i = from; i < log->events; i++)
		add_event(e, log->event[i % EVENTS_KEPT], &text);
	buf_free(&text);
}

void past_log_events_at(struct engine *e, const uint64_t *places, size_t n, uint64_t before)
{
	struct events *events = &e->observer.events;
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	events->last = before;
	for (size_t i = 0; i < n; i++) {
		uint64_t last = events->last;

		add_event(e, places[i], &text);
		if (events->last == last) /* its number stays */
			events_add(events, 0, EVENT_DEBUG, "?");
	}
	buf_free(&text);
}
