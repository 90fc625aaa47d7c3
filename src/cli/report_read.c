#include "config.h"

#include "cli/report_impl.h"

#include <errno.h>
#include <string.h>

#include "api/outcome.h"
#include "api/response.h"
#include "base/clock.h"
#include "base/date.h"
#include "ledger/lines.h"
#include "ledger/record.h"
#include "ledger/run_files.h"

/* Start and stop records are kept whole up to this. */
enum { EVENT_MAX = 64 << 10 };

/* How an item ended, as one value of the map: state, outcome, retries, attempts. 0: it has not. */
enum { STATE_AT = 29, OUTCOME_AT = 24, RETRIES_AT = 12, OUTCOME_MASK = 0x1f, COUNT_MASK = 0xfff };
_Static_assert(ITEM_STATE_COUNT <= 8 && OUTCOME_COUNT <= OUTCOME_MASK + 1, "room in the value");

/* Attempts after the first; an item of a pipeline has its own count, with one first attempt for
 * each stage. */
static int64_t retries_of(const struct result_record *item)
{
	return item->retries >= 0 ? item->retries : item->attempts > 0 ? item->attempts - 1 : 0;
}

static uint32_t count_of(int64_t n)
{
	return n < 0 ? 0 : n > COUNT_MASK ? COUNT_MASK : (uint32_t)n;
}

static uint32_t pack(enum item_state state, const struct result_record *item)
{
	return (uint32_t)state << STATE_AT | (uint32_t)item->outcome << OUTCOME_AT |
	       count_of(retries_of(item)) << RETRIES_AT | count_of(item->attempts);
}

static void count_attempts(struct report_attempts *sum, uint64_t n, uint64_t retries, int sign)
{
	sum->n += (uint64_t)sign * n;
	sum->retries += (uint64_t)sign * retries;
}

/* Adds (1) or subtracts (-1) the journal's state of an item. */
static void count_ended(struct report *r, uint32_t value, int sign)
{
	if (!value)
		return;
	if (value >> STATE_AT == ITEM_CANCELLED) {
		r->items.cancelled += (uint64_t)sign;
	} else {
		r->items.failed += (uint64_t)sign;
		r->items.failures[value >> OUTCOME_AT & OUTCOME_MASK] += (uint64_t)sign;
	}
	count_attempts(&r->attempts, value & COUNT_MASK, value >> RETRIES_AT & COUNT_MASK, sign);
}

/* The journal's latest state of the item with this key, replacing an earlier one. */
static void set_ended(struct report *r, uint64_t key, uint32_t value)
{
	uint32_t before = 0;

	if (idmap_get(&r->ended, key, &before))
		count_ended(r, before, -1);
	else if (!value)
		return;
	idmap_put(&r->ended, key, value);
	count_ended(r, value, 1);
}

static uint64_t id_key(const struct report *r, struct json_span id, struct buf *scratch)
{
	const char *at;
	size_t len;

	record_id_text(id, scratch, &at, &len);
	return record_id_key(&r->keys, at, len);
}

/* An item ended, or 0: it is ok or queued again. If its line was bad before, it was fixed. */
static void set_item(
	struct report *r, const struct result_record *item, uint32_t value, struct buf *scratch)
{
	set_ended(r, id_key(r, item->id, scratch), value);
	if (item->line > 0)
		set_ended(r, record_bad_line_key(&r->keys, (uint64_t)item->line), 0);
}

static bool read_final(
	struct report *r, struct json_span line, enum item_state state, struct buf *scratch)
{
	struct result_record item;

	if (!result_record_parse(line.at, line.len, &item))
		return false;
	/* it had no attempt */
	if (item.outcome == OUTCOME_BAD_INPUT)
		report_errors_bad_line(r, line, &item, scratch);
	if (item.outcome == OUTCOME_BAD_INPUT && item.line > 0)
		set_ended(
			r, record_bad_line_key(&r->keys, (uint64_t)item.line), pack(state, &item));
	else
		set_item(r, &item, pack(state, &item), scratch);
	return true;
}

static void count_stream(struct report_times *times, const struct result_record *item)
{
	if (item->first_token_us < 0)
		return;
	histogram_add(&times->first_token, item->first_token_us);
	if (item->gap_us >= 0)
		histogram_add(&times->gap, item->gap_us);
	if (item->tokens_per_1000_s <= 0 || item->cost.out <= 0)
		return;
	times->stream_tokens += (double)item->cost.out;
	times->stream_s += 1000 * (double)item->cost.out / (double)item->tokens_per_1000_s;
}

/* n -1: the answer reported none. */
static void add_tokens(int64_t *sum, int64_t n)
{
	if (n >= 0)
		*sum = (*sum < 0 ? 0 : *sum) + n;
}

/* A line of the errors file, where the outcome marks cancelled items. */
static bool read_error_line(struct report *r, const struct ledger_line *line, struct buf *scratch)
{
	struct json_span all = {line->text, line->len};
	struct result_record item;

	if (!result_record_parse(line->text, line->len, &item))
		return false;
	if (item.outcome != OUTCOME_CANCELLED && item.outcome != OUTCOME_BAD_INPUT)
		report_errors_item(r, all, &item, scratch);
	return read_final(
		r, all, item.outcome == OUTCOME_CANCELLED ? ITEM_CANCELLED : ITEM_FAILED, scratch);
}

/* Another tool may keep errors among its results, as Anthropic does. */
static bool read_result(struct report *r, const struct ledger_line *line, struct buf *scratch)
{
	struct result_record item;

	if (voids_has(&r->voids, line))
		return true;
	if (!result_record_parse(line->text, line->len, &item))
		return false;
	if (item.outcome != OUTCOME_OK)
		return !r->files.has_journal && read_error_line(r, line, scratch);
	r->items.ok++;
	r->items.cached += item.cached;
	r->items.shared += item.same_as_line > 0;
	if (r->ended.count)
		set_item(r, &item, 0, scratch);
	count_attempts(&r->attempts, item.attempts > 0 ? (uint64_t)item.attempts : 0,
		(uint64_t)retries_of(&item), 1);
	if (item.packed > 1) {
		r->items.packed++;
		r->items.packed_requests += 1 / (double)item.packed;
	}
	if (item.latency_us >= 0)
		histogram_add(&r->times.latency, item.latency_us);
	if (item.first_byte_us >= 0)
		histogram_add(&r->times.first_byte, item.first_byte_us);
	count_stream(&r->times, &item);
	add_tokens(&r->items.tokens_in, tokens_or_unknown(item.cost.in));
	add_tokens(&r->items.tokens_out, tokens_or_unknown(item.cost.out));
	add_tokens(&r->items.tokens_cached, tokens_or_unknown(item.cost.cached));
	add_tokens(&r->items.tokens_cache_write, tokens_or_unknown(item.cost.cache_write));
	add_tokens(&r->items.estimated_in, tokens_or_unknown(item.cost.estimated_in));
	add_tokens(&r->items.estimated_out, tokens_or_unknown(item.cost.estimated_out));
	return true;
}

static void keep_event(struct buf *to, const struct ledger_line *line)
{
	buf_clear(to);
	buf_add(to, line->text, line->len);
}

static void add_elapsed(struct report_sessions *sessions, int64_t ms)
{
	if (ms > 0 && ms < INT64_MAX / 2 - sessions->elapsed_ms)
		sessions->elapsed_ms += ms;
}

/* The session that began last ended without a word, if it did not stop. */
static void end_session(struct report_sessions *sessions)
{
	if (sessions->n && !sessions->stopped)
		add_elapsed(sessions, (sessions->last_us - sessions->start_us) / US_PER_MS);
}

static void read_stop(struct report_sessions *sessions, const struct ledger_line *line)
{
	struct json_want want[] = {{.name = "speed_up"}, {.name = "requests"}};
	struct json_span session;
	int64_t ms = 0, n;
	double x;

	keep_event(&sessions->stop, line);
	sessions->stopped = true;
	sessions->stops++;
	if (json_span_int(report_member(&sessions->stop, "elapsed_ms"), &ms))
		add_elapsed(sessions, ms);
	session = report_member(&sessions->stop, "session");
	if (!json_span_is(session, JSON_VALUE_OBJECT))
		return;
	json_pick(session.at, session.len, want, 2, NULL);
	if (json_span_int(want[1].value, &n) && n >= 0 && n < INT64_MAX / 2 - sessions->requests)
		sessions->requests = (sessions->requests < 0 ? 0 : sessions->requests) + n;
	if (!json_span_double(want[0].value, &x) || !(x >= 0) || ms <= 0)
		return;
	sessions->busy_ms += x * (double)ms;
	sessions->busy_elapsed_ms += (double)ms;
}

static void read_resent(struct report_attempts *attempts, const struct ledger_line *line)
{
	struct json_want times = {.name = "times"};
	int64_t n;

	json_pick(line->text, line->len, &times, 1, NULL);
	if (json_span_int(times.value, &n) && n > 0 && n < UINT32_MAX)
		attempts->resent += (uint64_t)n;
}

static void note_time(struct report_sessions *sessions, struct json_span time)
{
	if (time.len < 2 || time.len - 2 >= sizeof(sessions->last_time))
		return;
	memcpy(sessions->last_time, time.at + 1, time.len - 2);
	sessions->last_time[time.len - 2] = '\0';
	date_rfc3339(sessions->last_time, time.len - 2, &sessions->last_us);
	if (!*sessions->first_time)
		memcpy(sessions->first_time, sessions->last_time, sizeof(sessions->first_time));
}

static bool read_journal(struct report *r, const struct ledger_line *line, struct buf *scratch)
{
	struct journal_record record;

	if (!journal_record_parse(line->text, line->len, &record))
		return false;
	if (record.kind == JOURNAL_START)
		end_session(&r->sessions);
	note_time(&r->sessions, record.time);
	switch (record.kind) {
	case JOURNAL_FINAL:
		return read_final(r, record.line, record.state, scratch);
	case JOURNAL_REQUEUED:
		set_ended(r, id_key(r, record.id, scratch), 0);
		voids_requeued(&r->voids, record.id);
		break;
	case JOURNAL_ATTEMPT:
		report_errors_attempt(r, line, scratch);
		break;
	case JOURNAL_START:
		keep_event(&r->sessions.start, line);
		r->sessions.n++;
		r->sessions.stopped = false;
		r->sessions.start_us = r->sessions.last_us;
		break;
	case JOURNAL_STOP:
		read_stop(&r->sessions, line);
		break;
	case JOURNAL_RESENT:
		read_resent(&r->attempts, line);
		break;
	default:
		voids_read(&r->voids, record.kind, line->text, line->len);
	}
	return true;
}

static bool read_lines(struct report *r, int fd, const char *path,
	bool (*one)(struct report *r, const struct ledger_line *line, struct buf *scratch),
	struct error *err)
{
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status;
	struct buf scratch;

	buf_init(&scratch, LEDGER_LINE_MAX);
	ledger_lines_init(&lines, fd);
	while ((status = ledger_lines_next(&lines, &line)) == LINES_LINE) {
		if (line.text && one(r, &line, &scratch))
			continue;
		/* The run may be writing it just now. */
		if (!line.whole)
			r->files.torn = true;
		else
			r->files.bad_lines++;
	}
	if (status == LINES_ERROR)
		error_set(err, "cannot read %s: %s", path, strerror(errno));
	ledger_lines_free(&lines);
	buf_free(&scratch);
	return status == LINES_END;
}

static bool read_all(struct report *r, const struct run_files *files, struct error *err)
{
	r->files.has_journal = files->journal >= 0;
	r->files.has_errors = files->errors >= 0;
	r->files.holder = files->holder;
	if (files->journal >= 0) {
		if (!read_lines(r, files->journal, files->paths.journal, read_journal, err))
			return false;
		end_session(&r->sessions);
	} else if (files->errors >= 0 &&
		   !read_lines(r, files->errors, files->paths.errors, read_error_line, err)) {
		return false;
	}
	return read_lines(r, files->results, files->paths.results, read_result, err);
}

bool report_read(struct report *r, const char *results, struct error *err)
{
	struct run_files files;
	struct hash_key key;
	bool missing, ok;

	*r = (struct report){.items = {.tokens_in = -1,
				     .tokens_out = -1,
				     .tokens_cached = -1,
				     .tokens_cache_write = -1},
		.sessions = {.requests = -1}};
	*err = (struct error){""};
	buf_init(&r->sessions.start, EVENT_MAX);
	buf_init(&r->sessions.stop, EVENT_MAX);
	idmap_init(&r->ended);
	ledger_paths_init(&r->files.paths, results);
	if (!hash_key_make(&key, err))
		return false;
	r->keys = record_keys_of(&key);
	voids_init(&r->voids, &r->keys);
	ok = run_files_open(&files, results, &missing, err) && read_all(r, &files, err);
	run_files_close(&files);
	return ok;
}

void report_free(struct report *r)
{
	buf_free(&r->sessions.start);
	buf_free(&r->sessions.stop);
	idmap_free(&r->ended);
	error_groups_free(&r->attempts.errors);
	voids_free(&r->voids);
	ledger_paths_free(&r->files.paths);
}

struct json_span report_member(const struct buf *record, const char *name)
{
	struct json_want want = {.name = name};

	json_pick(record->data ? record->data : "", record->len, &want, 1, NULL);
	return want.value;
}

static uint64_t part_count(struct json_span v)
{
	int64_t n;

	return json_span_int(v, &n) && n > 0 ? (uint64_t)n : 0;
}

bool report_part(const struct report *r, struct input_part *out)
{
	enum { FIRST, SAMPLE, SEED, OF, ESTIMATED, WANTED };
	struct json_want want[WANTED] = {[FIRST] = {.name = "first"},
		[SAMPLE] = {.name = "sample"},
		[SEED] = {.name = "seed"},
		[OF] = {.name = "of"},
		[ESTIMATED] = {.name = "of_estimated"}};
	struct json_span part =
		report_member(r->sessions.stopped ? &r->sessions.stop : &r->sessions.start, "part");

	*out = (struct input_part){.first = 0};
	if (!json_span_is(part, JSON_VALUE_OBJECT))
		return false;
	json_pick(part.at, part.len, want, WANTED, NULL);
	out->first = part_count(want[FIRST].value);
	out->sample = part_count(want[SAMPLE].value);
	out->seed = part_count(want[SEED].value);
	out->of = part_count(want[OF].value);
	out->of_estimated = json_span_is(want[ESTIMATED].value, JSON_VALUE_TRUE);
	return input_part_is(out);
}

int64_t report_total(const struct report *r)
{
	struct json_span items = report_member(&r->sessions.stop, "items");
	struct json_want total = {.name = "total"};
	struct input_part part;
	int64_t n;

	if (report_part(r, &part))
		return part.of && !part.of_estimated ? (int64_t)part.of : -1;
	if (!json_span_is(items, JSON_VALUE_OBJECT))
		return -1;
	json_pick(items.at, items.len, &total, 1, NULL);
	return json_span_int(total.value, &n) && n >= 0 ? n : -1;
}

const char *report_state(const struct report *r)
{
	int64_t code;

	if (r->files.holder)
		return "running";
	if (!r->files.has_journal)
		return "unknown";
	if (!r->sessions.n)
		return "not started";
	if (!r->sessions.stopped)
		return "interrupted";
	return json_span_int(report_member(&r->sessions.stop, "exit_code"), &code) && code < 2
		       ? "finished"
		       : "stopped";
}
