/* The lines of OpenAI's batches. */
#include <string.h>

#include "base/json_writer.h"
#include "base/keyed_hash.h"
#include "serve/kind.h"

enum { ID, METHOD, URL, BODY, WANTED };

/* Of a constant; a batch has many lines. */
#define ADD(out, text) buf_add(out, text, sizeof(text) - 1)

static bool check_members(const struct kind_rules *rules, const struct json_want want[WANTED],
	struct line_fault *fault)
{
	char shown[100];

	for (int i = 0; i < WANTED; i++)
		if (json_span_missing(want[i].value))
			return line_fault_set(fault, "missing_required_parameter", want[i].name,
				"Missing required parameter: '%s'.", want[i].name);
	if (!json_span_is(want[ID].value, JSON_VALUE_STRING) || want[ID].value.len > REQUEST_MAX_ID)
		return line_fault_set(fault, "invalid_custom_id", "custom_id",
			"The custom_id must be a string of at most 1 MB.");
	if (!json_span_equals(want[METHOD].value, "POST"))
		return line_fault_set(
			fault, "invalid_method", "method", "The method must be 'POST'.");
	if (!json_span_equals(want[URL].value, rules->endpoint)) {
		json_string_text(want[URL].value, shown, sizeof(shown));
		return line_fault_set(fault, "url_mismatch", "url",
			"The URL '%s' provided for this request does not match the batch endpoint "
			"'%s'.",
			shown, rules->endpoint);
	}
	if (!json_span_is(want[BODY].value, JSON_VALUE_OBJECT))
		return line_fault_set(fault, "invalid_type", "body",
			"Invalid type for 'body': expected an object.");
	return true;
}

static bool check(const struct kind_rules *rules, const char *line, size_t len, struct buf *out,
	struct json_span *id, struct line_fault *fault)
{
	struct json_want want[WANTED] = {[ID] = {.name = "custom_id"},
		[METHOD] = {.name = "method"},
		[URL] = {.name = "url"},
		[BODY] = {.name = "body"}};
	struct json_want model = {.name = "model"};
	const struct json_within body = {.of = BODY, .want = &model, .n = 1};
	bool ok;

	if (json_pick_within(line, len, want, WANTED, &body, NULL) != JSON_VALUE_OBJECT)
		return line_fault_set(fault, "invalid_json_line", NULL,
			"This line is not parseable as valid JSON.");
	if (!check_members(rules, want, fault))
		return false;
	*id = want[ID].value;
	ok = ADD(out, "{\"custom_id\":") && buf_add(out, id->at, id->len) &&
	     ADD(out, ",\"method\":\"POST\",\"url\":") &&
	     buf_add(out, want[URL].value.at, want[URL].value.len) && ADD(out, ",\"body\":") &&
	     kind_add_body(rules, want[BODY].value, model.value, "body.model", out, fault);
	return ok && ADD(out, "}\n");
}

static void open_line(struct json_writer *w, const struct kind_answer *a)
{
	json_open_object(w);
	json_key(w, "id");
	json_open_string(w);
	json_part(w, "batch_req_", 10);
	json_part_hex(w, hash_wide(a->batch, strlen(a->batch), a->line).low, 16);
	json_part_hex(w, a->line, 16);
	json_close_string(w);
	json_member_line(w, "custom_id", a->custom_id);
}

static void close_line(struct json_writer *w)
{
	json_close_object(w);
	buf_addc(w->out, '\n');
}

static void answered(const struct kind_answer *a, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	open_line(&w, a);
	json_member_line(&w, "response", a->response);
	json_member_line(&w, "error", a->error);
	close_line(&w);
}

static void unfinished(const struct kind_answer *a, bool expired, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	open_line(&w, a);
	json_member_null(&w, "response");
	json_member_object(&w, "error");
	json_member_text(&w, "code", expired ? "batch_expired" : "batch_cancelled");
	json_member_text(&w, "message",
		expired ? "This request could not be executed before the completion window expired."
			: "This request was not executed because the batch was cancelled.");
	json_close_object(&w);
	close_line(&w);
}

const struct batch_kind batch_kind_openai = {
	.name = "openai",
	.format = FORMAT_OPENAI,
	.check = check,
	.answered = answered,
	.unfinished = unfinished,
};
