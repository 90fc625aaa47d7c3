/* The commonest errors of a report, with the words of the server. */
#include <inttypes.h>
#include <string.h>

#include "api/error_text.h"
#include "api/outcome.h"
#include "base/text.h"
#include "cli/report_impl.h"

enum { TEXT_SHOWN = 5, JSON_SHOWN = 20, TEXT_CELLS = 240 };

/* ---- reading ---- */

/* Copies a string; "" when it is none. Records are sanitised, unless another tool wrote them. */
static void copy_text(struct json_span v, struct buf *scratch, char *out, size_t size)
{
	const char *at;
	size_t len;

	out[0] = '\0';
	if (!json_span_is(v, JSON_VALUE_STRING))
		return;
	record_id_text(v, scratch, &at, &len);
	text_sanitise(out, size, at, len);
}

static void add_words(struct report *r, enum outcome outcome, int64_t status, const char *message,
	const char *sample)
{
	error_groups_add(&r->attempts.errors,
		&(struct error_seen){.outcome = outcome,
			.status = status > 0 && status < 1000 ? (int)status : 0,
			.code = "",
			.message = message,
			.id = sample,
			.id_len = strlen(sample)},
		r->sessions.last_us);
}

static void add_error(struct report *r, enum outcome outcome, int64_t status,
	struct json_span message, struct json_span id, struct buf *scratch)
{
	char text[sizeof(((struct error_group *)0)->message)];
	char sample[sizeof(((struct error_group *)0)->sample_id)];

	copy_text(message, scratch, text, sizeof(text));
	copy_text(id, scratch, sample, sizeof(sample));
	add_words(r, outcome, status, text, sample);
}

void report_errors_bad_line(struct report *r, struct json_span line,
	const struct result_record *item, struct buf *scratch)
{
	add_error(r, item->outcome, 0, json_find(line, "error.message"), item->id, scratch);
}

/* Without a journal the last error of an item is all that is known of its attempts. */
void report_errors_item(struct report *r, struct json_span line, const struct result_record *item,
	struct buf *scratch)
{
	struct json_span message = json_find(line, "error.message");
	char text[sizeof(((struct error_group *)0)->message)], sample[64];
	int64_t status = 0;

	json_span_int(json_find(line, "response.status_code"), &status);
	if (json_span_is(message, JSON_VALUE_STRING)) {
		add_error(r, item->outcome, status, message, item->id, scratch);
		return;
	}
	error_text_read(json_find(line, "response.body"), text, sizeof(text));
	if (!*text)
		error_text_read(json_find(line, "result.error"), text, sizeof(text));
	copy_text(item->id, scratch, sample, sizeof(sample));
	add_words(r, item->outcome, status, text, sample);
}

void report_errors_attempt(struct report *r, const struct ledger_line *line, struct buf *scratch)
{
	enum { OUTCOME, STATUS, MESSAGE, ID, WANTED };
	struct json_want want[WANTED] = {[OUTCOME] = {.name = "outcome"},
		[STATUS] = {.name = "status"},
		[MESSAGE] = {.name = "message"},
		[ID] = {.name = "id"}};
	int64_t status = 0;
	char name[32];
	enum outcome o;

	json_pick(line->text, line->len, want, WANTED, NULL);
	copy_text(want[OUTCOME].value, scratch, name, sizeof(name));
	if (!outcome_by_name(name, &o))
		return;
	r->attempts.failed[o]++;
	json_span_int(want[STATUS].value, &status);
	add_error(r, o, status, want[MESSAGE].value, want[ID].value, scratch);
}

/* ---- printing ---- */

void report_errors_text(struct report *r, struct buf *out)
{
	struct error_group g[TEXT_SHOWN];
	size_t total, n = error_groups_list(
			      &r->attempts.errors, r->sessions.last_us, g, TEXT_SHOWN, &total);
	char text[sizeof(g->message) * 2];

	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "  %-11s %" PRIu64 " %s %s", "error", g[i].attempts,
			g[i].attempts == 1 ? "time" : "times", outcome_name(g[i].outcome));
		if (g[i].status)
			buf_addf(out, " (%d)", g[i].status);
		text_cut(text, sizeof(text), g[i].message, TEXT_CELLS);
		if (*g[i].sample_id)
			buf_addf(out, ", last item %s", g[i].sample_id);
		buf_addf(out, "%s%s\n", *text ? ": " : "", text);
	}
	if (total > n)
		buf_addf(out, "  %-11s and %zu other kinds\n", "error", total - n);
}

void report_errors_json(struct report *r, struct json_writer *w)
{
	struct error_group g[JSON_SHOWN];
	size_t total, n = error_groups_list(
			      &r->attempts.errors, r->sessions.last_us, g, JSON_SHOWN, &total);

	json_member_array(w, "errors");
	for (size_t i = 0; i < n; i++) {
		json_open_object(w);
		json_member_text(w, "outcome", outcome_name(g[i].outcome));
		json_member_int(w, "status", g[i].status);
		json_member_text(w, "message", g[i].message);
		json_member_uint(w, "attempts", g[i].attempts);
		json_member_text(w, "sample", g[i].sample_id);
		json_close_object(w);
	}
	json_close_array(w);
}
