#include "ledger/result_view.h"

#include <string.h>

#include "api/provider.h"
#include "base/text.h"
#include "ledger/record.h"

enum { BODY_MAX = 1 << 30 };

/* A member's value; an absent span for null. */
static struct json_span present(struct json_span v)
{
	return json_span_is(v, JSON_VALUE_NULL) ? (struct json_span){NULL, 0} : v;
}

static void parse_response(struct json_span response, struct result_view *out)
{
	struct json_want want[] = {
		{.name = "status_code"}, {.name = "request_id"}, {.name = "body"}};
	int64_t status = 0;

	if (json_pick(response.at, response.len, want, 3, NULL) != JSON_VALUE_OBJECT)
		return;
	out->answered = true;
	json_span_int(want[0].value, &status);
	out->status = (int)status;
	out->request_id = present(want[1].value);
	out->body = want[2].value;
}

static void parse_error(struct json_span error, struct result_view *out)
{
	struct json_want want[] = {{.name = "code"}, {.name = "message"}};

	if (json_pick(error.at, error.len, want, 2, NULL) != JSON_VALUE_OBJECT)
		return;
	out->code = present(want[0].value);
	out->message = present(want[1].value);
}

/* Anthropic's form: the message of a success, and of one that another tool wrote its error. */
static void parse_result(struct json_span result, struct result_view *out)
{
	struct json_want want[] = {{.name = "type"}, {.name = "message"}, {.name = "error"}};
	struct json_want whole[] = {{.name = "error"}, {.name = "request_id"}};
	struct json_want error[] = {{.name = "type"}, {.name = "message"}};

	json_pick(result.at, result.len, want, 3, NULL);
	if (json_span_equals(want[0].value, "succeeded")) {
		out->body = present(want[1].value);
		out->answered = out->body.at;
		out->status = out->answered ? 200 : 0;
		return;
	}
	if (!json_span_is(want[2].value, JSON_VALUE_OBJECT)) {
		out->code = out->message = want[0].value;
		return;
	}
	json_pick(want[2].value.at, want[2].value.len, whole, 2, NULL);
	out->request_id = present(whole[1].value);
	if (!json_span_is(whole[0].value, JSON_VALUE_OBJECT))
		return;
	json_pick(whole[0].value.at, whole[0].value.len, error, 2, NULL);
	out->code = present(error[0].value);
	out->message = present(error[1].value);
}

static void parse_sluice(struct json_span sluice, bool succeeded, struct result_view *out)
{
	struct json_want want[] = {{.name = "body_is_text"}, {.name = "status"},
		{.name = "request_id"}, {.name = "endpoint"}};
	int64_t status;

	json_pick(sluice.at, sluice.len, want, 4, NULL);
	out->endpoint = present(want[3].value);
	out->body_is_text = json_span_is(want[0].value, JSON_VALUE_TRUE) &&
			    json_span_is(out->body, JSON_VALUE_STRING);
	if (!succeeded)
		return;
	if (json_span_int(want[1].value, &status) && status > 0 && status < 1000)
		out->status = (int)status;
	out->request_id = present(want[2].value);
}

bool result_view_parse(const char *line, size_t len, struct result_view *out)
{
	enum { RESPONSE, ERROR, METADATA, SLUICE, STAGES, RESULT, WANTED };
	struct json_want want[WANTED] = {[RESPONSE] = {.name = "response"},
		[ERROR] = {.name = "error"},
		[METADATA] = {.name = "metadata"},
		[SLUICE] = {.name = "sluice"},
		[STAGES] = {.name = "stages"},
		[RESULT] = {.name = "result"}};
	struct result_record record;
	bool result;

	*out = (struct result_view){.attempts = -1,
		.latency_us = -1,
		.first_byte_us = -1,
		.first_token_us = -1,
		.tokens_per_1000_s = -1,
		.cost = {.in = -1, .out = -1, .nano_usd = -1}};
	if (json_pick(line, len, want, WANTED, NULL) != JSON_VALUE_OBJECT)
		return false;
	/* a failure in Anthropic's form has a response, too */
	result = !want[RESPONSE].value.at && json_span_is(want[RESULT].value, JSON_VALUE_OBJECT);
	if (result)
		parse_result(want[RESULT].value, out);
	else if (!want[RESPONSE].value.at)
		return false;
	if (json_span_is(want[RESPONSE].value, JSON_VALUE_OBJECT))
		parse_response(want[RESPONSE].value, out);
	if (json_span_is(want[ERROR].value, JSON_VALUE_OBJECT))
		parse_error(want[ERROR].value, out);
	out->metadata = present(want[METADATA].value);
	out->stages = present(want[STAGES].value);
	if (json_span_is(want[SLUICE].value, JSON_VALUE_OBJECT))
		parse_sluice(want[SLUICE].value, result && out->answered, out);
	if (result_record_parse(line, len, &record)) {
		out->attempts = record.attempts;
		out->latency_us = record.latency_us;
		out->first_byte_us = record.first_byte_us;
		out->cached = record.cached;
		out->same_as_line = record.same_as_line;
		out->packed = record.packed;
		out->first_token_us = record.first_token_us;
		out->tokens_per_1000_s = record.tokens_per_1000_s;
		out->cost = record.cost;
		if (record.model.at && record.model.len >= 2) {
			out->cost.model = record.model.at + 1;
			out->cost.model_len = record.model.len - 2;
		}
	}
	return true;
}

void result_view_text(struct json_span v, struct buf *out)
{
	if (json_span_is(v, JSON_VALUE_STRING))
		json_string_decode(v, out);
}

void result_view_body(const struct result_view *v, struct buf *out)
{
	if (v->body_is_text)
		json_string_decode(v->body, out);
	else if (v->body.at)
		buf_add(out, v->body.at, v->body.len);
}

static void sanitised(struct json_span v, char *out, size_t size)
{
	struct buf text;

	buf_init(&text, BODY_MAX);
	result_view_text(v, &text);
	text_sanitise(out, size, buf_str(&text), text.len);
	buf_free(&text);
}

void result_view_judge(const struct result_view *v, struct verdict *out)
{
	struct answer a = {.result = NET_STATUS, .status = v->status};
	struct buf body;

	buf_init(&body, BODY_MAX);
	result_view_body(v, &body);
	a.body = buf_str(&body);
	a.body_len = body.len;
	response_judge(provider_by_name("raw"), &a, 0, out);
	buf_free(&body);
	out->json = (struct json_span){NULL, 0}; /* it was borrowed from the body */
	if (v->code.at)
		sanitised(v->code, out->code, sizeof(out->code));
	if (v->message.at)
		sanitised(v->message, out->message, sizeof(out->message));
}
