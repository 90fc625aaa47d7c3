/* https://platform.openai.com/docs/api-reference/responses and /responses-streaming */
#include <string.h>

#include "mock/bodies.h"
#include "mock/forms.h"

/* How far a response has come. */
enum progress { BEGUN, ENDED };

static const char *status_of(const struct call *c, enum progress p)
{
	if (p == BEGUN)
		return "in_progress";
	return c->cut ? "incomplete" : "completed";
}

/* A member as it was in the request, else this JSON. */
static void put_member(const struct call *c, const char *name, enum member m, const char *otherwise,
	struct json_writer *w)
{
	json_key(w, name);
	if (c->member[m].at)
		json_put_span(w, c->member[m]);
	else
		json_put_raw(w, otherwise, strlen(otherwise));
}

static void put_item_id(const struct call *c, struct json_writer *w)
{
	body_put_id(c, c->tool.at ? "fc_" : "msg_", w);
}

static void put_no_logprobs(struct json_writer *w)
{
	json_member_array(w, "logprobs");
	json_close_array(w);
}

static void put_text_part(const struct call *c, enum progress p, struct json_writer *w)
{
	json_open_object(w);
	json_member_text(w, "type", "output_text");
	json_member_array(w, "annotations");
	json_close_array(w);
	put_no_logprobs(w);
	json_key(w, "text");
	if (p == BEGUN)
		json_put_text(w, "");
	else
		body_put_text(c, 0, w);
	json_close_object(w);
}

/* The only item of the output: a message, or the call of a tool. */
static void put_item(const struct call *c, enum progress p, struct json_writer *w)
{
	json_open_object(w);
	json_key(w, "id");
	put_item_id(c, w);
	json_member_text(w, "type", c->tool.at ? "function_call" : "message");
	json_member_text(w, "status", status_of(c, p));
	if (c->tool.at) {
		json_key(w, "call_id");
		body_put_id(c, "call_", w);
		json_key(w, "name");
		json_put_span(w, c->tool);
		json_member_text(w, "arguments", p == BEGUN ? "" : c->arguments);
	} else {
		json_member_text(w, "role", "assistant");
		json_member_array(w, "content");
		if (p == ENDED && !c->silent)
			put_text_part(c, p, w);
		json_close_array(w);
	}
	json_close_object(w);
}

static void put_usage(const struct call *c, struct json_writer *w)
{
	json_open_object(w);
	json_member_int(w, "input_tokens", c->tokens_in);
	json_member_object(w, "input_tokens_details");
	json_member_int(w, "cached_tokens", 0);
	json_member_int(w, "cache_write_tokens", 0);
	json_close_object(w);
	json_member_int(w, "output_tokens", c->tokens_out);
	json_member_object(w, "output_tokens_details");
	json_member_int(w, "reasoning_tokens", 0);
	json_close_object(w);
	json_member_int(w, "total_tokens", c->tokens_in + c->tokens_out);
	json_close_object(w);
}

static void put_response(
	const struct call *c, int64_t created_s, enum progress p, struct json_writer *w)
{
	json_key(w, "id");
	body_put_id(c, "resp_", w);
	json_member_text(w, "object", "response");
	json_member_int(w, "created_at", created_s);
	json_member_text(w, "status", status_of(c, p));
	json_member_bool(w, "background", false);
	json_member_null(w, "error");
	json_key(w, "incomplete_details");
	if (p == ENDED && c->cut) {
		json_open_object(w);
		json_member_text(w, "reason", "max_output_tokens");
		json_close_object(w);
	} else {
		json_put_null(w);
	}
	put_member(c, "instructions", MEMBER_INSTRUCTIONS, "null", w);
	put_member(c, "max_output_tokens", MEMBER_MAX_OUTPUT_TOKENS, "null", w);
	json_key(w, "model");
	body_put_model(c, w);
	json_member_array(w, "output");
	if (p == ENDED)
		put_item(c, p, w);
	json_close_array(w);
	put_member(c, "parallel_tool_calls", MEMBER_PARALLEL_TOOL_CALLS, "true", w);
	put_member(c, "previous_response_id", MEMBER_PREVIOUS_RESPONSE, "null", w);
	put_member(c, "temperature", MEMBER_TEMPERATURE, "1.0", w);
	put_member(c, "text", MEMBER_TEXT, "{\"format\":{\"type\":\"text\"}}", w);
	put_member(c, "tool_choice", MEMBER_TOOL_CHOICE, "\"auto\"", w);
	put_member(c, "tools", MEMBER_TOOLS, "[]", w);
	put_member(c, "top_p", MEMBER_TOP_P, "1.0", w);
	json_member_text(w, "truncation", "disabled");
	json_key(w, "usage");
	if (p == ENDED)
		put_usage(c, w);
	else
		json_put_null(w);
	put_member(c, "metadata", MEMBER_METADATA, "{}", w);
}

static void body(const struct call *c, int64_t created_s, struct json_writer *w)
{
	put_response(c, created_s, ENDED, w);
}

/* ---- streams ---- */

static struct json_writer begin(const char *name, struct events *e)
{
	struct json_writer w = event_begin_typed(name, e);

	json_member_int(&w, "sequence_number", e->n - 1);
	return w;
}

static void tell_response(const struct call *c, const char *name, enum progress p, struct events *e)
{
	struct json_writer w = begin(name, e);

	json_member_object(&w, "response");
	put_response(c, e->created_s, p, &w);
	json_close_object(&w);
	event_end(&w);
}

static void tell_item(const struct call *c, const char *name, enum progress p, struct events *e)
{
	struct json_writer w = begin(name, e);

	json_member_int(&w, "output_index", 0);
	json_key(&w, "item");
	put_item(c, p, &w);
	event_end(&w);
}

/* Begins an event about the text, or the arguments, of the item. */
static struct json_writer begin_part(const struct call *c, const char *name, struct events *e)
{
	struct json_writer w = begin(name, e);

	json_key(&w, "item_id");
	put_item_id(c, &w);
	json_member_int(&w, "output_index", 0);
	if (!c->tool.at)
		json_member_int(&w, "content_index", 0);
	return w;
}

static void tell_part(const struct call *c, const char *name, enum progress p, struct events *e)
{
	struct json_writer w = begin_part(c, name, e);

	json_key(&w, "part");
	put_text_part(c, p, &w);
	event_end(&w);
}

static void start(const struct call *c, struct events *e)
{
	tell_response(c, "response.created", BEGUN, e);
	tell_response(c, "response.in_progress", BEGUN, e);
	tell_item(c, "response.output_item.added", BEGUN, e);
	if (!c->tool.at && !c->silent)
		tell_part(c, "response.content_part.added", BEGUN, e);
}

static void piece(const struct call *c, const char *text, size_t len, struct events *e)
{
	struct json_writer w;

	if (c->silent)
		return;
	w = begin_part(c,
		c->tool.at ? "response.function_call_arguments.delta"
			   : "response.output_text.delta",
		e);
	event_put_piece(&w, "delta", text, len);
	if (!c->tool.at)
		put_no_logprobs(&w);
	event_end(&w);
}

static void finish(const struct call *c, struct events *e)
{
	struct json_writer w;

	if (c->tool.at) {
		w = begin_part(c, "response.function_call_arguments.done", e);
		json_key(&w, "name");
		json_put_span(&w, c->tool);
		json_member_text(&w, "arguments", c->arguments);
		event_end(&w);
	} else if (!c->silent) {
		w = begin_part(c, "response.output_text.done", e);
		json_key(&w, "text");
		body_put_text(c, 0, &w);
		put_no_logprobs(&w);
		event_end(&w);
		tell_part(c, "response.content_part.done", ENDED, e);
	}
	tell_item(c, "response.output_item.done", ENDED, e);
	tell_response(c, c->cut ? "response.incomplete" : "response.completed", ENDED, e);
}

const struct form form_responses = {body, start, piece, finish};
