/* `sluice report`: what report_read() gathered, as text or JSON. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/report.h"

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
		buf_adds(out, ": it ended without a word (killed?); resume by the same command");
	else if (!strcmp(state, "unknown"))
		buf_adds(out, ": its journal is not here");
	if (!strcmp(state, "stopped") || !strcmp(state, "finished"))
		add_member_text(out, ": ", &r->sessions.stop, "reason");
	if (!strcmp(state, "stopped"))
		buf_adds(out, "; resume by the same command");
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
		buf_addf(out, " = %" PRIu64 " ended, in all not known\n", ended);
	if (ended) {
		label(out, "success");
		buf_addf(out, "%.2f%% of those that ended\n",
			100.0 * (double)items->ok / (double)ended);
	}
}

static void text_reused(const struct report_items *items, struct buf *out)
{
	if (!items->cached && !items->shared)
		return;
	label(out, "reused");
	buf_addf(out,
		"%" PRIu64 " answers of earlier runs, %" PRIu64 " of other items of this one\n",
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

/* Of a pack some items may have ended in another way, or in another session. */
static int64_t packed_requests(const struct report_items *items)
{
	return (int64_t)ceil(items->packed_requests - 1e-6);
}

/* What the answers took together, over the time that passed. */
static double speed_up(const struct report_sessions *sessions)
{
	return sessions->busy_elapsed_ms > 0 ? sessions->busy_ms / sessions->busy_elapsed_ms : -1;
}

/* What the sending was bound by. */
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
	buf_adds(out, " (last session)\n");
}

/* Dollars of all sessions, as the last stop has it; -1: not known. */
static double cost(const struct report_sessions *sessions)
{
	struct json_span session = report_member(&sessions->stop, "session");
	struct json_want usd = {.name = "usd_of_run"};
	double x;

	if (!json_span_is(session, JSON_VALUE_OBJECT))
		return -1;
	json_pick(session.at, session.len, &usd, 1, NULL);
	return json_span_double(usd.value, &x) && x >= 0 ? x : -1;
}

static void text_cost(const struct report_sessions *sessions, struct buf *out)
{
	if (cost(sessions) < 0)
		return;
	label(out, "cost");
	buf_addf(out, "$%.2f\n", cost(sessions));
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
			r->sessions.stops < r->sessions.n
				? ", and those of sessions that were killed"
				: "");
	}
	if (r->items.packed) {
		label(out, "packed");
		buf_addf(out, "%" PRIu64 " items in %" PRId64 " requests\n", r->items.packed,
			packed_requests(&r->items));
	}
}

static void text_tokens(const struct report_items *items, struct buf *out)
{
	char in[8], made[8];

	if (items->tokens_in < 0 && items->tokens_out < 0)
		return;
	label(out, "tokens");
	buf_addf(out, "%s in, %s out\n",
		text_count(items->tokens_in < 0 ? 0 : (double)items->tokens_in, in, sizeof(in)),
		text_count(
			items->tokens_out < 0 ? 0 : (double)items->tokens_out, made, sizeof(made)));
}

/* What connections did that HTTP/1 cannot undo. */
static void text_connections(const struct report *r, struct buf *out)
{
	if (r->attempts.resent) {
		label(out, "resent");
		buf_addf(out,
			"%" PRIu64 " requests left again, as connections ended without an answer\n",
			r->attempts.resent);
	}
	if (r->voids.doubted) {
		label(out, "in doubt");
		buf_addf(out,
			"%zu answers may be those of other requests (journal: doubt); --on-doubt "
			"retry asks them again\n",
			r->voids.doubted);
	}
}

void report_print_text(struct report *r, struct buf *out)
{
	text_state(r, out);
	if (add_member_text(out, "  input       ", &r->sessions.start, "input"))
		buf_addc(out, '\n');
	text_items(r, out);
	text_reused(&r->items, out);
	text_outcomes(out, "failed", r->items.failures);
	label(out, "attempts");
	buf_addf(out, "%" PRIu64 " for the items that ended, %" PRIu64 " of them retries\n",
		r->attempts.n, r->attempts.retries);
	text_requests(r, out);
	text_connections(r, out);
	text_outcomes(out, "failed ones", r->attempts.failed);
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
	text_cost(&r->sessions, out);
	text_sessions(&r->sessions, out);
	if (speed_up(&r->sessions) > 0) {
		label(out, "speed-up");
		buf_addf(out, "%.1f times as fast as one at a time\n", speed_up(&r->sessions));
	}
	text_bound(&r->sessions, out);
	text_file(out, "results", r->files.paths.results, true);
	text_file(out, "errors", r->files.paths.errors, r->files.has_errors);
	text_file(out, "journal", r->files.paths.journal, r->files.has_journal);
	if (r->files.bad_lines)
		buf_addf(out, "  %" PRIu64 " lines that are no records were left out\n",
			r->files.bad_lines);
	if (r->files.torn)
		buf_adds(out, r->files.holder
				      ? "  the last line was just being written\n"
				      : "  a last line is torn: resuming cuts it and does that "
					"item again\n");
}

static void json_text(struct buf *out, const char *name, const char *text)
{
	buf_addf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
	if (text && *text)
		json_add_string(out, text, strlen(text));
	else
		buf_adds(out, "null");
}

/* A count; a negative one is not known. */
static void json_number(struct buf *out, const char *name, int64_t n)
{
	buf_addf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
	if (n < 0)
		buf_adds(out, "null");
	else
		buf_addu(out, (unsigned long long)n);
}

static void json_open(struct buf *out, const char *name)
{
	buf_addf(out, ",\"%s\":{", name);
}

static void json_outcomes(struct buf *out, const char *name, const uint64_t *counts)
{
	json_open(out, name);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (counts[i])
			json_number(out, outcome_name((enum outcome)i), (int64_t)counts[i]);
	buf_addc(out, '}');
}

static void json_ms(struct buf *out, const char *name, int64_t us)
{
	buf_addf(out, "%s\"%s\":%.1f", out->data[out->len - 1] == '{' ? "" : ",", name,
		(double)us / 1000);
}

static void json_latency(struct buf *out, const char *name, const struct histogram *h)
{
	json_open(out, name);
	if (h->count)
		json_ms(out, "avg", h->sum_us / (int64_t)h->count);
	for (int i = 0; h->count && i < 3; i++)
		json_ms(out, quantile_names[i], histogram_quantile(h, quantiles[i]));
	if (h->count)
		json_ms(out, "max", h->max_us);
	buf_addc(out, '}');
}

static void json_streams(const struct report_times *times, struct buf *out)
{
	if (!times->first_token.count)
		return;
	json_latency(out, "first_token_ms", &times->first_token);
	json_latency(out, "gap_ms", &times->gap);
	if (times->stream_s > 0)
		buf_addf(out, ",\"stream_tokens_per_s\":%.1f",
			times->stream_tokens / times->stream_s);
}

static void json_items(const struct report *r, struct buf *out)
{
	const struct report_items *items = &r->items;
	int64_t ended = (int64_t)(items->ok + items->failed + items->cancelled),
		total = report_total(r);

	json_open(out, "items");
	json_number(out, "ok", (int64_t)items->ok);
	json_number(out, "failed", (int64_t)items->failed);
	json_number(out, "cancelled", (int64_t)items->cancelled);
	json_number(out, "to_do", total < ended ? -1 : total - ended);
	json_number(out, "total", total < ended ? -1 : total);
	buf_addc(out, '}');
	buf_adds(out, ",\"success_rate\":");
	if (ended)
		buf_addf(out, "%.6f", (double)items->ok / (double)ended);
	else
		buf_adds(out, "null");
}

/* A member of a record as it stands there. */
static void json_member(
	struct buf *out, const char *before, const struct buf *record, const char *name)
{
	struct json_span v = report_member(record, name);

	buf_addf(out, "%s\"%s\":", before, name);
	if (v.at)
		json_add_one_line(out, v);
	else
		buf_adds(out, "null");
}

static void json_stop(const struct report_sessions *sessions, struct buf *out)
{
	json_open(out, "last_stop");
	json_member(out, "", &sessions->stop, "reason");
	json_member(out, ",", &sessions->stop, "exit_code");
	json_member(out, ",", &sessions->stop, "why");
	json_member(out, ",", &sessions->stop, "session");
	buf_addc(out, '}');
}

/* Appends valid JSON with all that is not ASCII, which stands in strings only, as escapes. */
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

static void add_json(struct report *r, struct buf *out)
{
	buf_addc(out, '{');
	json_text(out, "state", report_state(r));
	json_number(out, "pid", r->files.holder ? r->files.holder : -1);
	json_member(out, ",", &r->sessions.start, "input");
	json_items(r, out);
	json_outcomes(out, "failed_by_outcome", r->items.failures);
	json_number(out, "cached", (int64_t)r->items.cached);
	json_number(out, "shared", (int64_t)r->items.shared);
	json_number(out, "attempts", (int64_t)r->attempts.n);
	json_number(out, "retries", (int64_t)r->attempts.retries);
	json_number(out, "requests", r->sessions.requests);
	if (r->attempts.resent)
		json_number(out, "resent", (int64_t)r->attempts.resent);
	if (r->voids.doubted)
		json_number(out, "doubtful", (int64_t)r->voids.doubted);
	if (r->items.packed) {
		json_number(out, "packed_items", (int64_t)r->items.packed);
		json_number(out, "packed_requests", packed_requests(&r->items));
	}
	json_outcomes(out, "failed_attempts_by_outcome", r->attempts.failed);
	json_latency(out, "latency_ms", &r->times.latency);
	json_latency(out, "first_byte_ms", &r->times.first_byte);
	json_streams(&r->times, out);
	json_number(out, "tokens_in", r->items.tokens_in);
	json_number(out, "tokens_out", r->items.tokens_out);
	if (cost(&r->sessions) >= 0)
		buf_addf(out, ",\"cost_usd\":%.6f", cost(&r->sessions));
	json_number(out, "sessions", (int64_t)r->sessions.n);
	json_text(out, "first_time", r->sessions.first_time);
	json_text(out, "last_time", r->sessions.last_time);
	json_number(out, "elapsed_ms", r->sessions.elapsed_ms);
	if (speed_up(&r->sessions) > 0)
		buf_addf(out, ",\"speed_up\":%.2f", speed_up(&r->sessions));
	json_stop(&r->sessions, out);
	json_number(out, "bad_lines", (int64_t)r->files.bad_lines);
	buf_addf(out, ",\"torn\":%s", r->files.torn ? "true" : "false");
	json_open(out, "files");
	json_text(out, "results", r->files.paths.results);
	json_text(out, "errors", r->files.has_errors ? r->files.paths.errors : NULL);
	json_text(out, "journal", r->files.has_journal ? r->files.paths.journal : NULL);
	buf_adds(out, "}}\n");
}

void report_print_json(struct report *r, struct buf *out)
{
	struct buf json;

	buf_init(&json, out->max);
	add_json(r, &json);
	add_ascii(out, json.data, json.len);
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
			fprintf(stderr, "sluice: the report cannot be written: %s\n",
				strerror(errno));
			code = EXIT_CODE_IO;
		}
	}
	report_free(&r);
	buf_free(&out);
	return code;
}
