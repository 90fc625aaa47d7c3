/* https://platform.openai.com/docs/api-reference/chat and /completions */
#include "mock/azure.h"
#include "mock/bodies.h"
#include "mock/forms.h"

static bool is_chat(const struct call *c)
{
	return c->kind == CALL_CHAT;
}

static void put_head(
	const struct call *c, const char *object, int64_t created_s, struct json_writer *w)
{
	json_key(w, "id");
	body_put_id(c, is_chat(c) ? "chatcmpl-" : "cmpl-", w);
	json_member_text(w, "object", object);
	json_member_int(w, "created", created_s);
	json_key(w, "model");
	body_put_model(c, w);
}

/* The tool's call up to its arguments. */
static void open_tool_call(const struct call *c, int choice, struct json_writer *w)
{
	json_key(w, "id");
	body_put_part_id(c, "call_", choice, w);
	json_member_text(w, "type", "function");
	json_member_object(w, "function");
	json_key(w, "name");
	json_put_span(w, c->tool);
}

static void put_message(const struct call *c, int choice, struct json_writer *w)
{
	json_member_text(w, "role", "assistant");
	if (c->tool.at) {
		json_member_null(w, "content");
		json_member_array(w, "tool_calls");
		json_open_object(w);
		open_tool_call(c, choice, w);
		json_member_text(w, "arguments", c->arguments);
		json_close_object(w);
		json_close_object(w);
		json_close_array(w);
	} else {
		json_key(w, "content");
		body_put_text(c, choice, w);
	}
	json_member_null(w, "refusal");
}

static void put_choice(const struct call *c, int choice, struct json_writer *w)
{
	json_open_object(w);
	azure_put_choice_filters(c, w);
	json_member_int(w, "index", choice);
	if (is_chat(c)) {
		json_member_object(w, "message");
		put_message(c, choice, w);
		json_close_object(w);
	} else {
		json_key(w, "text");
		body_put_text(c, choice, w);
	}
	json_member_null(w, "logprobs");
	json_member_text(w, "finish_reason", body_finish_reason(c));
	json_close_object(w);
}

static void body(const struct call *c, int64_t created_s, struct json_writer *w)
{
	put_head(c, is_chat(c) ? "chat.completion" : "text_completion", created_s, w);
	azure_put_prompt_filters(c, w);
	json_member_array(w, "choices");
	for (int i = 0; i < call_choices(c); i++)
		put_choice(c, i, w);
	json_close_array(w);
	json_key(w, "usage");
	body_put_usage(c, w);
	json_member_text(w, "system_fingerprint", "fp_mock");
}

/* ---- streams ---- */

static struct json_writer begin_chunk(const struct call *c, struct events *e)
{
	struct json_writer w = event_begin(NULL, e);

	put_head(c, is_chat(c) ? "chat.completion.chunk" : "text_completion", e->created_s, &w);
	if (is_chat(c))
		json_member_text(&w, "system_fingerprint", "fp_mock");
	return w;
}

static void open_choice(int choice, struct json_writer *w)
{
	json_member_array(w, "choices");
	json_open_object(w);
	json_member_int(w, "index", choice);
}

static void end_choice(const struct call *c, const char *reason, struct json_writer *w)
{
	json_member_null(w, "logprobs");
	json_member_text_or_null(w, "finish_reason", reason);
	json_close_object(w);
	json_close_array(w);
	/* Every chunk has a usage member once include_usage was set. */
	if (c->include_usage)
		json_member_null(w, "usage");
	event_end(w);
}

/* The role, and the head of the tool's call if one is called. */
static void first_chunk(const struct call *c, int choice, struct events *e)
{
	struct json_writer w = begin_chunk(c, e);

	open_choice(choice, &w);
	json_member_object(&w, "delta");
	json_member_text(&w, "role", "assistant");
	if (c->tool.at || c->silent)
		json_member_null(&w, "content");
	else
		json_member_text(&w, "content", "");
	if (c->tool.at) {
		json_member_array(&w, "tool_calls");
		json_open_object(&w);
		json_member_int(&w, "index", 0);
		open_tool_call(c, choice, &w);
		json_member_text(&w, "arguments", "");
		json_close_object(&w);
		json_close_object(&w);
		json_close_array(&w);
	}
	json_member_null(&w, "refusal");
	json_close_object(&w);
	end_choice(c, NULL, &w);
}

static void start(const struct call *c, struct events *e)
{
	if (c->azure) {
		struct json_writer w = event_begin(NULL, e);

		azure_put_first_chunk(c, &w);
		event_end(&w);
	}
	for (int i = 0; is_chat(c) && i < call_choices(c); i++)
		first_chunk(c, i, e);
}

static void put_delta(const struct call *c, const char *text, size_t len, struct json_writer *w)
{
	json_member_object(w, "delta");
	if (c->tool.at) {
		json_member_array(w, "tool_calls");
		json_open_object(w);
		json_member_int(w, "index", 0);
		json_member_object(w, "function");
		event_put_piece(w, "arguments", text, len);
		json_close_object(w);
		json_close_object(w);
		json_close_array(w);
	} else {
		event_put_piece(w, "content", text, len);
	}
	json_close_object(w);
}

static void piece(const struct call *c, const char *text, size_t len, struct events *e)
{
	struct json_writer w;

	if (c->silent)
		return;
	w = begin_chunk(c, e);
	open_choice(e->choice, &w);
	azure_put_choice_filters(c, &w);
	if (is_chat(c))
		put_delta(c, text, len, &w);
	else
		event_put_piece(&w, "text", text, len);
	end_choice(c, NULL, &w);
}

static void finish(const struct call *c, struct events *e)
{
	struct json_writer w;

	for (int i = 0; i < call_choices(c); i++) {
		w = begin_chunk(c, e);
		open_choice(i, &w);
		if (is_chat(c)) {
			json_member_object(&w, "delta");
			json_close_object(&w);
		} else {
			json_member_text(&w, "text", "");
		}
		end_choice(c, body_finish_reason(c), &w);
	}
	if (c->include_usage) {
		w = begin_chunk(c, e);
		json_member_array(&w, "choices");
		json_close_array(&w);
		json_key(&w, "usage");
		body_put_usage(c, &w);
		event_end(&w);
	}
	buf_adds(e->out, "data: [DONE]\n\n");
}

const struct form form_openai = {body, start, piece, finish};
