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

bool result_view_parse(const char *line, size_t len, struct result_view *out)
{
	struct json_want want[] = {{.name = "response"}, {.name = "error"}, {.name = "metadata"},
		{.name = "sluice"}, {.name = "stages"}};
	struct json_want own[] = {{.name = "body_is_text"}, {.name = "endpoint"}};
	struct result_record record;

	*out = (struct result_view){.attempts = -1,
		.latency_us = -1,
		.first_byte_us = -1,
		.first_token_us = -1,
		.tokens_per_1000_s = -1,
		.cost = {.in = -1, .out = -1, .nano_usd = -1}};
	if (json_pick(line, len, want, 5, NULL) != JSON_VALUE_OBJECT || !want[0].value.at)
		return false;
	if (json_span_is(want[0].value, JSON_VALUE_OBJECT))
		parse_response(want[0].value, out);
	if (json_span_is(want[1].value, JSON_VALUE_OBJECT))
		parse_error(want[1].value, out);
	out->metadata = present(want[2].value);
	out->stages = present(want[4].value);
	if (json_span_is(want[3].value, JSON_VALUE_OBJECT))
		json_pick(want[3].value.at, want[3].value.len, own, 2, NULL);
	out->endpoint = present(own[1].value);
	out->body_is_text = json_span_is(own[0].value, JSON_VALUE_TRUE) &&
			    json_span_is(out->body, JSON_VALUE_STRING);
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
