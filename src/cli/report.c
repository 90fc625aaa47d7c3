/* `sluice report`: the figures of report_read() as text or JSON. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/report_cost.h"
#include "cli/report_impl.h"
#include "figures_text.h"

enum { EXIT_CODE_OK = 0, EXIT_CODE_USAGE = 2, EXIT_CODE_IO = 4 };

static const double quantiles[] = {0.5, 0.9, 0.99};
static const char *const quantile_names[] = {"p50", "p90", "p99"};

static void add_safe(struct buf *out, const char *text, size_t len)
{
	char safe[600];

	text_sanitise(safe, sizeof(safe), text, len);
	buf_adds(out, safe);
}

/* A string member of the last start or stop, decoded and made safe. */
static bool add_member_text(
	struct buf *out, const char *before, const struct buf *record, const char *name)
{
	struct buf text;
	bool any;

	buf_init(&text, 4096);
	any = json_string_decode(report_member(record, name), &text) && text.len;
	if (any) {
		buf_adds(out, before);
		add_safe(out, text.data, text.len);
	}
	buf_free(&text);
	return any;
}

static void label(struct buf *out, const char *name)
{
	buf_addf(out, "  %-12s", name);
}

static void text_state(const struct report *r, struct buf *out)
{
	const char *state = report_state(r);

	label(out, "state");
	buf_adds(out, state);
	if (r->files.holder)
		buf_addf(out, " (pid %ld)", (long)r->files.holder);
	else if (!strcmp(state, "interrupted"))
		buf_adds(out, ": no stop record: probably killed; run the same command to resume");
	else if (!strcmp(state, "unknown"))
		buf_adds(out, ": its journal is missing");
	if (!strcmp(state, "stopped") || !strcmp(state, "finished"))
		add_member_text(out, ": ", &r->sessions.stop, "reason");
	if (!strcmp(state, "stopped"))
		buf_adds(out, "; run the same command to resume");
	buf_addc(out, '\n');
}

static void text_items(const struct report *r, struct buf *out)
{
	const struct report_items *items = &r->items;
	uint64_t ended = items->ok + items->failed + items->cancelled;
	int64_t total = report_total(r);

	label(out, "items");
	buf_addf(out, "%" PRIu64 " ok + %" PRIu64 " failed + %" PRIu64 " cancelled", items->ok,
		items->failed, items->cancelled);
	if (total >= 0 && (uint64_t)total >= ended)
		buf_addf(out, " + %" PRIu64 " to do = %" PRId64 " in all\n",
			(uint64_t)total - ended, total);
	else
		buf_addf(out, " = %" PRIu64 " ended, total unknown\n", ended);
	if (ended) {
		label(out, "success");
		buf_addf(out, "%.2f%% of the items that ended\n",
			100.0 * (double)items->ok / (double)ended);
	}
}

static void text_part(const struct report *r, struct buf *out)
{
	char text[FIGURES_TEXT_SIZE];
	struct input_part part;

	if (!report_part(r, &part))
		return;
	label(out, "part");
	buf_addf(out, "%s; the same command without --%s continues with all items\n",
		figures_part(&part, text), part.first ? "first" : "sample");
}

static void text_reused(const struct report_items *items, struct buf *out)
{
	if (!items->cached && !items->shared)
		return;
	label(out, "reused");
	buf_addf(out, "%" PRIu64 " from the cache, %" PRIu64 " from other items of this run\n",
		items->cached, items->shared);
}

static void text_outcomes(struct buf *out, const char *name, const uint64_t *counts)
{
	const char *between = "";

	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (!counts[i])
			continue;
		if (!*between)
			label(out, name);
		buf_addf(
			out, "%s%" PRIu64 " %s", between, counts[i], outcome_name((enum outcome)i));
		between = ", ";
	}
	if (*between)
		buf_addc(out, '\n');
}

static void text_latency_line(struct buf *out, const char *name, const struct histogram *h)
{
	char s[16];

	if (!h->count)
		return;
	label(out, name);
	buf_addf(out, "avg %s, ", text_latency(h->sum_us / (int64_t)h->count, s, sizeof(s)));
	for (int i = 0; i < 3; i++)
		buf_addf(out, "%s %s, ", quantile_names[i],
			text_latency(histogram_quantile(h, quantiles[i]), s, sizeof(s)));
	buf_addf(out, "max %s\n", text_latency(h->max_us, s, sizeof(s)));
}

static void text_sessions(const struct report_sessions *sessions, struct buf *out)
{
	char s[32];

	if (!sessions->n)
		return;
	label(out, "time");
	add_safe(out, sessions->first_time, strlen(sessions->first_time));
	buf_adds(out, " to ");
	add_safe(out, sessions->last_time, strlen(sessions->last_time));
	buf_addf(out, ", %" PRIu64 " session%s", sessions->n, sessions->n == 1 ? "" : "s");
	if (sessions->elapsed_ms)
		buf_addf(out, ", %s running",
			text_clock(sessions->elapsed_ms * US_PER_MS, s, sizeof(s)));
	buf_addc(out, '\n');
}

/* Some items of a pack may have ended otherwise, or in another session. */
static int64_t packed_requests(const struct report_items *items)
{
	return (int64_t)ceil(items->packed_requests - 1e-6);
}

/* The sum of all latencies, divided by the elapsed time. */
static double speed_up(const struct report_sessions *sessions)
{
	return sessions->busy_elapsed_ms > 0 ? sessions->busy_ms / sessions->busy_elapsed_ms : -1;
}

/* The bounds of sending. */
struct shares {
	struct {
		struct json_span name; /* with its quotes */
		double share;
	} at[BOUND_COUNT];
	int n;
};

static bool take_share(void *ctx, struct json_span key, struct json_span value)
{
	struct shares *s = ctx;
	double share;

	if (s->n == BOUND_COUNT || !json_span_double(value, &share) || !(share >= 0 && share <= 1))
		return true;
	s->at[s->n].name = key;
	s->at[s->n++].share = share;
	return true;
}

/* Takes the largest out; false when none is left. */
static bool pop_share(struct shares *s, struct json_span *name, double *share)
{
	int best = 0;

	if (!s->n)
		return false;
	for (int i = 1; i < s->n; i++)
		if (s->at[i].share > s->at[best].share)
			best = i;
	*name = s->at[best].name;
	*share = s->at[best].share;
	s->at[best] = s->at[--s->n];
	return true;
}

/* The largest first. */
static void text_bound(const struct report_sessions *sessions, struct buf *out)
{
	struct json_span why = report_member(&sessions->stop, "why"), name;
	struct shares shares = {.n = 0};
	const char *comma = "";
	double share;

	if (!json_span_is(why, JSON_VALUE_OBJECT) || why.len <= 2)
		return;
	label(out, "bound by");
	json_each(why, take_share, &shares);
	while (pop_share(&shares, &name, &share)) {
		buf_adds(out, comma);
		add_safe(out, name.at + 1, name.len - 2);
		buf_addf(out, " %.0f%%", share * 100);
		comma = ", ";
	}
	buf_addf(out, " (last session%s)\n", sessions->stopped ? "" : " that ended");
}

static void text_file(struct buf *out, const char *name, const char *path, bool there)
{
	label(out, name);
	add_safe(out, path, strlen(path));
	buf_adds(out, there ? "\n" : " (none)\n");
}

static void text_requests(const struct report *r, struct buf *out)
{
	if (r->sessions.requests >= 0) {
		label(out, "requests");
		buf_addf(out, "%" PRId64 "%s\n", r->sessions.requests,
			r->sessions.stops < r->sessions.n ? ", without killed sessions" : "");
	}
	if (r->items.packed) {
		label(out, "packed");
		buf_addf(out, "%" PRIu64 " items in %" PRId64 " requests\n", r->items.packed,
			packed_requests(&r->items));
	}
}

/* A count of -1 is 0 here: none was reported. */
static double counted(int64_t n)
{
	return n > 0 ? (double)n : 0;
}

static void text_tokens(const struct report_items *items, struct buf *out)
{
	char text[FIGURES_TEXT_SIZE];

	if (items->tokens_in < 0 && items->tokens_out < 0)
		return;
	label(out, "tokens");
	buf_addf(out, "%s\n",
		figures_tokens(counted(items->tokens_in), counted(items->tokens_cached),
			counted(items->tokens_cache_write), counted(items->tokens_out), text));
}

static void text_estimated(const struct report *r, struct buf *out)
{
	const struct report_items *items = &r->items;
	char text[FIGURES_TEXT_SIZE];

	if ((!items->estimated_in && !items->estimated_out) ||
		(items->tokens_in < 0 && items->tokens_out < 0 && !r->times.first_token.count))
		return;
	label(out, "estimated");
	buf_addf(out, "%s\n",
		figures_estimated((double)items->estimated_in, (double)items->estimated_out, text));
}

/* Effects of connections on the results: requests sent again, answers in doubt. */
static void text_connections(const struct report *r, struct buf *out)
{
	if (r->attempts.resent) {
		label(out, "resent");
		buf_addf(out,
			"%" PRIu64
			" requests were sent again because their connections ended without an "
			"answer\n",
			r->attempts.resent);
	}
	if (r->voids.doubted) {
		label(out, "in doubt");
		buf_addf(out,
			"%zu answers may belong to other requests (journal: doubt); --on-doubt "
			"retry requests them again\n",
			r->voids.doubted);
	}
}

void report_print_text(struct report *r, struct buf *out)
{
	char text[FIGURES_TEXT_SIZE];

	text_state(r, out);
	if (add_member_text(out, "  input       ", &r->sessions.start, "input"))
		buf_addc(out, '\n');
	if (add_member_text(out, "  read as     ", &r->sessions.start, "form"))
		buf_addc(out, '\n');
	text_items(r, out);
	text_part(r, out);
	text_reused(&r->items, out);
	text_outcomes(out, "failed", r->items.failures);
	label(out, "attempts");
	buf_addf(out, "%" PRIu64 " for the items that ended, %" PRIu64 " of them retries\n",
		r->attempts.n, r->attempts.retries);
	text_requests(r, out);
	text_connections(r, out);
	text_outcomes(out, "failed ones", r->attempts.failed);
	report_errors_text(r, out);
	text_latency_line(out, "latency", &r->times.latency);
	text_latency_line(out, "first byte", &r->times.first_byte);
	text_latency_line(out, "first token", &r->times.first_token);
	text_latency_line(out, "token gap", &r->times.gap);
	if (r->times.stream_s > 0) {
		label(out, "writing");
		buf_addf(out, "%.1f tokens/s an answer\n",
			r->times.stream_tokens / r->times.stream_s);
	}
	text_tokens(&r->items, out);
	text_estimated(r, out);
	report_add_cost_text(&r->sessions, out);
	text_sessions(&r->sessions, out);
	if (figures_speed_up(speed_up(&r->sessions), text)[0]) {
		label(out, "speed-up");
		buf_addf(out, "%s\n", text);
	}
	text_bound(&r->sessions, out);
	text_file(out, "results", r->files.paths.results, true);
	text_file(out, "errors", r->files.paths.errors, r->files.has_errors);
	text_file(out, "journal", r->files.paths.journal, r->files.has_journal);
	if (r->files.bad_lines)
		buf_addf(out, "  %" PRIu64 " invalid lines were skipped\n", r->files.bad_lines);
	if (r->files.torn)
		buf_adds(out, r->files.holder ? "  the last line is still being written\n"
					      : "  the last line is incomplete: a resume removes "
						"it and runs that item again\n");
}

/* A count; a negative one is not known. */
static void json_count(struct json_writer *w, const char *name, int64_t n)
{
	json_key(w, name);
	if (n < 0)
		json_put_null(w);
	else
		json_put_int(w, n);
}

static void json_outcomes(struct json_writer *w, const char *name, const uint64_t *counts)
{
	json_member_object(w, name);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (counts[i])
			json_member_uint(w, outcome_name((enum outcome)i), counts[i]);
	json_close_object(w);
}

static void json_ms(struct json_writer *w, const char *name, int64_t us)
{
	json_member_double(w, name, (double)us / 1000, 1);
}

static void json_latency(struct json_writer *w, const char *name, const struct histogram *h)
{
	json_member_object(w, name);
	if (h->count)
		json_ms(w, "avg", h->sum_us / (int64_t)h->count);
	for (int i = 0; h->count && i < 3; i++)
		json_ms(w, quantile_names[i], histogram_quantile(h, quantiles[i]));
	if (h->count)
		json_ms(w, "max", h->max_us);
	json_close_object(w);
}

static void json_streams(const struct report *r, struct json_writer *w)
{
	if (!r->times.first_token.count)
		return;
	json_latency(w, "first_token_ms", &r->times.first_token);
	json_latency(w, "gap_ms", &r->times.gap);
	if (r->times.stream_s > 0)
		json_member_double(
			w, "stream_tokens_per_s", r->times.stream_tokens / r->times.stream_s, 1);
}

/* A member of a record, unchanged. */
static void json_member_of(struct json_writer *w, const struct buf *record, const char *name)
{
	json_member_span(w, name, report_member(record, name));
}

static void json_items(const struct report *r, struct json_writer *w)
{
	const struct report_items *items = &r->items;
	int64_t ended = (int64_t)(items->ok + items->failed + items->cancelled),
		total = report_total(r);

	json_member_object(w, "items");
	json_count(w, "ok", (int64_t)r->items.ok);
	json_count(w, "failed", (int64_t)r->items.failed);
	json_count(w, "cancelled", (int64_t)r->items.cancelled);
	json_count(w, "to_do", total < ended ? -1 : total - ended);
	json_count(w, "total", total < ended ? -1 : total);
	json_close_object(w);
	json_key(w, "success_rate");
	if (ended)
		json_put_double(w, (double)r->items.ok / (double)ended, 6);
	else
		json_put_null(w);
}

static void json_stop(const struct report *r, struct json_writer *w)
{
	json_member_object(w, "last_stop");
	json_member_of(w, &r->sessions.stop, "reason");
	json_member_of(w, &r->sessions.stop, "exit_code");
	json_member_of(w, &r->sessions.stop, "why");
	json_member_of(w, &r->sessions.stop, "session");
	json_close_object(w);
}

static void json_files(const struct report *r, struct json_writer *w)
{
	json_member_object(w, "files");
	json_member_text_or_null(w, "results", r->files.paths.results);
	json_member_text_or_null(w, "errors", r->files.has_errors ? r->files.paths.errors : NULL);
	json_member_text_or_null(
		w, "journal", r->files.has_journal ? r->files.paths.journal : NULL);
	json_close_object(w);
}

/* Appends valid JSON with all characters outside of ASCII, which are only in strings, as escapes.
 */
static void add_ascii(struct buf *out, const char *json, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		size_t n = text_utf8(json + i, len - i, &c);

		i += n ? n : 1;
		if (c >= 0x10000)
			buf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				0xdc00 + ((c - 0x10000) & 0x3ff));
		else if (c >= 0x7f)
			buf_addf(out, "\\u%04x", c);
		else
			buf_addc(out, (char)c);
	}
}

static void add_json(struct report *r, struct json_writer *w)
{
	struct input_part part;

	json_open_object(w);
	json_member_text_or_null(w, "state", report_state(r));
	json_count(w, "pid", r->files.holder ? r->files.holder : -1);
	json_member_of(w, &r->sessions.start, "input");
	if (report_member(&r->sessions.start, "form").at)
		json_member_of(w, &r->sessions.start, "form");
	json_items(r, w);
	if (report_part(r, &part))
		json_member_of(
			w, r->sessions.stopped ? &r->sessions.stop : &r->sessions.start, "part");
	json_outcomes(w, "failed_by_outcome", r->items.failures);
	json_member_uint(w, "cached", r->items.cached);
	json_member_uint(w, "shared", r->items.shared);
	json_member_uint(w, "attempts", r->attempts.n);
	json_member_uint(w, "retries", r->attempts.retries);
	json_count(w, "requests", r->sessions.requests);
	if (r->attempts.resent)
		json_member_uint(w, "resent", r->attempts.resent);
	if (r->voids.doubted)
		json_member_uint(w, "doubtful", r->voids.doubted);
	if (r->items.packed) {
		json_member_uint(w, "packed_items", r->items.packed);
		json_count(w, "packed_requests", packed_requests(&r->items));
	}
	json_outcomes(w, "failed_attempts_by_outcome", r->attempts.failed);
	report_errors_json(r, w);
	json_latency(w, "latency_ms", &r->times.latency);
	json_latency(w, "first_byte_ms", &r->times.first_byte);
	json_streams(r, w);
	json_count(w, "tokens_in", r->items.tokens_in);
	json_count(w, "tokens_out", r->items.tokens_out);
	if (r->items.tokens_cached > 0)
		json_count(w, "tokens_cached", r->items.tokens_cached);
	if (r->items.tokens_cache_write > 0)
		json_count(w, "tokens_cache_write", r->items.tokens_cache_write);
	if (r->items.estimated_in || r->items.estimated_out) {
		json_count(w, "estimated_in", r->items.estimated_in);
		json_count(w, "estimated_out", r->items.estimated_out);
	}
	report_add_cost_json(&r->sessions, w);
	json_member_uint(w, "sessions", r->sessions.n);
	json_member_text_or_null(w, "first_time", r->sessions.first_time);
	json_member_text_or_null(w, "last_time", r->sessions.last_time);
	json_count(w, "elapsed_ms", r->sessions.elapsed_ms);
	if (speed_up(&r->sessions) > 0)
		json_member_double(w, "speed_up", speed_up(&r->sessions), 2);
	json_stop(r, w);
	json_member_uint(w, "bad_lines", r->files.bad_lines);
	json_member_bool(w, "torn", r->files.torn);
	json_files(r, w);
	json_close_object(w);
}

void report_print_json(struct report *r, struct buf *out)
{
	struct buf json;
	struct json_writer w = json_writer_to(&json);

	buf_init(&json, out->max);
	add_json(r, &w);
	add_ascii(out, buf_str(&json), json.len);
	buf_addc(out, '\n');
	buf_free(&json);
}

int command_report(const char *results, bool json)
{
	struct report r;
	struct error err;
	struct buf out;
	int code = EXIT_CODE_OK;

	buf_init(&out, 1 << 20);
	if (!report_read(&r, results, &err)) {
		fprintf(stderr, "sluice: %s\n", err.text);
		code = EXIT_CODE_USAGE;
	} else {
		(json ? report_print_json : report_print_text)(&r, &out);
		if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout)) {
			fprintf(stderr, "sluice: cannot write the report: %s\n", strerror(errno));
			code = EXIT_CODE_IO;
		}
	}
	report_free(&r);
	buf_free(&out);
	return code;
}
