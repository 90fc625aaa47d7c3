/* https://docs.anthropic.com/en/api/messages and /messages-streaming */
#include <string.h>

#include "mock/bodies.h"
#include "mock/forms.h"

/* usage, with this many tokens out so far */
static void put_usage(const struct call *c, int64_t tokens_out, struct json_writer *w)
{
	json_member_object(w, "usage");
	json_member_int(w, "input_tokens", c->tokens_in);
	json_member_int(w, "cache_creation_input_tokens", 0);
	json_member_int(w, "cache_read_input_tokens", 0);
	json_member_int(w, "output_tokens", tokens_out);
	json_member_text(w, "service_tier", "standard");
	json_close_object(w);
}

static void put_head(const struct call *c, struct json_writer *w)
{
	json_key(w, "id");
	body_put_id(c, "msg_", w);
	json_member_text(w, "type", "message");
	json_member_text(w, "role", "assistant");
	json_key(w, "model");
	body_put_model(c, w);
}

static void open_tool_use(const struct call *c, struct json_writer *w)
{
	json_member_text(w, "type", "tool_use");
	json_key(w, "id");
	body_put_id(c, "toolu_", w);
	json_key(w, "name");
	json_put_span(w, c->tool);
}

static void put_block(const struct call *c, struct json_writer *w)
{
	json_open_object(w);
	if (c->tool.at) {
		struct json_span input = json_whole(c->arguments, strlen(c->arguments));

		open_tool_use(c, w);
		json_key(w, "input");
		if (input.at)
			json_put_span(w, input);
		else /* cut by max_tokens */
			json_put_raw(w, "{}", 2);
	} else {
		json_member_text(w, "type", "text");
		json_key(w, "text");
		body_put_text(c, 0, w);
	}
	json_close_object(w);
}

static void body(const struct call *c, int64_t created_s, struct json_writer *w)
{
	(void)created_s;
	put_head(c, w);
	json_member_array(w, "content");
	if (!c->silent)
		put_block(c, w);
	json_close_array(w);
	json_member_text(w, "stop_reason", body_finish_reason(c));
	json_member_null(w, "stop_sequence");
	put_usage(c, c->tokens_out, w);
}

static void start(const struct call *c, struct events *e)
{
	struct json_writer w = event_begin_typed("message_start", e);

	json_member_object(&w, "message");
	put_head(c, &w);
	json_member_array(&w, "content");
	json_close_array(&w);
	json_member_null(&w, "stop_reason");
	json_member_null(&w, "stop_sequence");
	put_usage(c, 1, &w);
	json_close_object(&w);
	event_end(&w);
	if (c->silent)
		return;
	w = event_begin_typed("content_block_start", e);
	json_member_int(&w, "index", 0);
	json_member_object(&w, "content_block");
	if (c->tool.at) {
		open_tool_use(c, &w);
		json_member_object(&w, "input");
		json_close_object(&w);
	} else {
		json_member_text(&w, "type", "text");
		json_member_text(&w, "text", "");
	}
	json_close_object(&w);
	event_end(&w);
	w = event_begin_typed("ping", e);
	event_end(&w);
}

static void piece(const struct call *c, const char *text, size_t len, struct events *e)
{
	struct json_writer w;

	if (c->silent)
		return;
	w = event_begin_typed("content_block_delta", e);
	json_member_int(&w, "index", 0);
	json_member_object(&w, "delta");
	json_member_text(&w, "type", c->tool.at ? "input_json_delta" : "text_delta");
	event_put_piece(&w, c->tool.at ? "partial_json" : "text", text, len);
	json_close_object(&w);
	event_end(&w);
}

static void finish(const struct call *c, struct events *e)
{
	struct json_writer w;

	if (!c->silent) {
		w = event_begin_typed("content_block_stop", e);
		json_member_int(&w, "index", 0);
		event_end(&w);
	}
	w = event_begin_typed("message_delta", e);
	json_member_object(&w, "delta");
	json_member_text(&w, "stop_reason", body_finish_reason(c));
	json_member_null(&w, "stop_sequence");
	json_close_object(&w);
	json_member_object(&w, "usage");
	json_member_int(&w, "output_tokens", c->tokens_out);
	json_close_object(&w);
	event_end(&w);
	w = event_begin_typed("message_stop", e);
	event_end(&w);
}

const struct form form_messages = {body, start, piece, finish};
