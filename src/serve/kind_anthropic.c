/* The lines of Anthropic's message batches. */
#include <string.h>

#include "base/json_writer.h"
#include "serve/anthropic_error.h"
#include "serve/kind.h"

enum { ID_MAX = 64 };

static bool is_id(struct json_span v)
{
	static const char signs[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	return json_span_is(v, JSON_VALUE_STRING) && v.len > 2 && v.len <= ID_MAX + 2 &&
	       strspn(v.at + 1, signs) == v.len - 2;
}

static bool check(const struct kind_rules *rules, const char *line, size_t len, struct buf *out,
	struct json_span *id, struct line_fault *fault)
{
	struct json_want want[] = {{.name = "custom_id"}, {.name = "params"}};
	struct json_want model = {.name = "model"};
	const struct json_within params = {.of = 1, .want = &model, .n = 1};
	bool ok;

	if (json_pick_within(line, len, want, 2, &params, NULL) != JSON_VALUE_OBJECT)
		return line_fault_set(
			fault, "invalid_request_error", NULL, "Input should be a valid object");
	if (!want[0].value.at || !want[1].value.at)
		return line_fault_set(fault, "invalid_request_error",
			want[0].value.at ? "params" : "custom_id", "Field required");
	if (!is_id(want[0].value))
		return line_fault_set(fault, "invalid_request_error", "custom_id",
			"String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
	if (!json_span_is(want[1].value, JSON_VALUE_OBJECT))
		return line_fault_set(
			fault, "invalid_request_error", "params", "Input should be a valid object");
	*id = want[0].value;
	ok = buf_adds(out, "{\"custom_id\":") && buf_add(out, id->at, id->len) &&
	     buf_adds(out, ",\"params\":") &&
	     kind_add_body(rules, want[1].value, model.value, "params.model", out, fault);
	return ok && buf_adds(out, "}\n");
}

static void open_line(struct json_writer *w, const struct kind_answer *a, const char *type)
{
	json_open_object(w);
	json_member_line(w, "custom_id", a->custom_id);
	json_member_object(w, "result");
	json_member_text(w, "type", type);
}

static void close_line(struct json_writer *w)
{
	json_close_object(w);
	json_close_object(w);
	buf_addc(w->out, '\n');
}

/* The error as the endpoint gave it, if it is one of this API. */
static bool put_own_error(struct json_writer *w, struct json_span body)
{
	struct json_want want = {.name = "error"};

	if (json_span_is(body, JSON_VALUE_OBJECT))
		json_pick(body.at, body.len, &want, 1, NULL);
	if (!json_span_is(want.value, JSON_VALUE_OBJECT) || !json_find(want.value, "type").at)
		return false;
	json_key(w, "error");
	json_put_span(w, body);
	return true;
}

static void put_error(struct json_writer *w, const struct kind_answer *a)
{
	struct json_span message = json_find(a->error, "message");
	struct json_span status = json_find(a->response, "status_code");
	int64_t code = 500;

	if (put_own_error(w, json_find(a->response, "body")))
		return;
	json_span_int(status, &code);
	json_member_object(w, "error");
	json_member_text(w, "type", "error");
	json_member_object(w, "error");
	json_member_text(w, "type", anthropic_error_type(code < 400 ? 500 : (int)code));
	json_key(w, "message");
	if (json_span_is(message, JSON_VALUE_STRING))
		json_put_span(w, message);
	else
		json_put_text(w, "The request was refused without a reason.");
	json_close_object(w);
	json_close_object(w);
}

static void answered(const struct kind_answer *a, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	open_line(&w, a, a->ok ? "succeeded" : "errored");
	if (a->ok)
		json_member_line(&w, "message", json_find(a->response, "body"));
	else
		put_error(&w, a);
	close_line(&w);
}

static void unfinished(const struct kind_answer *a, bool expired, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	open_line(&w, a, expired ? "expired" : "canceled");
	close_line(&w);
}

const struct batch_kind batch_kind_anthropic = {
	.name = "anthropic",
	.format = FORMAT_ANTHROPIC,
	.one_file = true,
	.check = check,
	.answered = answered,
	.unfinished = unfinished,
};
