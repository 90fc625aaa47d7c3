/* One prompt: a live call, asked as a chat. */
#include "serve/call.h"
#include "serve/kind.h"
#include "serve/model_list.h"
#include "serve/pass.h"
#include "serve/simple.h"

enum { BAD_GATEWAY = 502, OK = 200 };

static bool make_body(const struct call *c, struct buf *scratch, struct json_span *body,
	struct json_span *model, struct line_fault *fault)
{
	struct json_want want[] = {{.name = "prompt"}, {.name = "model"}};
	struct json_writer w = json_writer_to(scratch);
	size_t len;
	const char *text = http_body(c->x, &len);

	if (json_pick(text, len, want, 2, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(want[0].value, JSON_VALUE_STRING))
		return line_fault_set(fault, "missing_required_parameter", "prompt",
			"The body must be a JSON object with a string 'prompt'.");
	if (want[1].value.len >= MODEL_TEXT_MAX)
		return line_fault_set(fault, "invalid_value", "model",
			"Invalid 'model': expected a shorter name.");
	*model = json_span_missing(want[1].value) ? (struct json_span){NULL, 0} : want[1].value;
	json_open_object(&w);
	if (model->at)
		json_member_span(&w, "model", *model);
	json_member_array(&w, "messages");
	json_open_object(&w);
	json_member_text(&w, "role", "user");
	json_member_span(&w, "content", want[0].value);
	json_close_object(&w);
	json_close_array(&w);
	json_close_object(&w);
	*body = (struct json_span){scratch->data, scratch->len};
	return true;
}

static void answer(struct call *c, int status, struct buf *body)
{
	struct json_span all = json_whole(buf_str(body), body->len);
	struct json_span text = json_find(all, "choices.0.message.content");
	struct buf out;
	struct json_writer w = json_writer_to(&out);
	char words[400], code[80];

	if (status != OK || !json_span_is(text, JSON_VALUE_STRING)) {
		json_string_text(json_find(all, "error.message"), words, sizeof(words));
		json_string_text(json_find(all, "error.code"), code, sizeof(code));
		call_refuse(c, status != OK ? status : BAD_GATEWAY, *code ? code : "upstream_error",
			NULL, "%s", *words ? words : "The answer has no text.");
		return;
	}
	buf_init(&out, SIZE_MAX / 2);
	json_open_object(&w);
	json_member_span(&w, "result", text);
	json_close_object(&w);
	call_answer(c, OK, &out);
	buf_free(&out);
}

void simple_complete(struct call *c)
{
	static const struct pass_form form = {"/v1/chat/completions", make_body, answer};

	pass_start(c, &form);
}
