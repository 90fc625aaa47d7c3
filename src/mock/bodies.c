#include "mock/bodies.h"

#include <string.h>

#include "base/rng.h"
#include "mock/models.h"
#include "mock/phrases.h"

enum { MAX_TEXT = 2000 };

/* so that the choices of an answer differ */
static const uint64_t NEXT_CHOICE = UINT64_C(0x9e3779b97f4a7c15);

void body_text(const struct call *c, int choice, struct buf *out)
{
	struct rng r;
	int64_t bytes = c->tokens_choice * CHARS_PER_TOKEN;

	if (c->silent)
		return;
	if (c->text) {
		buf_adds(out, c->text);
		return;
	}
	rng_seed(&r, c->hash + (uint64_t)choice * NEXT_CHOICE);
	if (c->json)
		buf_adds(out, "{\\\"text\\\":\\\"");
	phrase_text(&r, (size_t)(bytes < MAX_TEXT ? bytes : MAX_TEXT), out);
	if (c->json && !c->cut)
		buf_adds(out, "\\\"}");
}

void body_put_text(const struct call *c, int choice, struct json_writer *w)
{
	if (c->silent) {
		json_put_null(w);
		return;
	}
	json_open_string(w);
	body_text(c, choice, w->out);
	json_close_string(w);
}

void body_put_part_id(const struct call *c, const char *prefix, int part, struct json_writer *w)
{
	json_open_string(w);
	json_part(w, prefix, strlen(prefix));
	json_part_hex(w, c->hash + (uint64_t)part, 16);
	json_part_hex(w, c->serial, 8);
	json_close_string(w);
}

void body_put_id(const struct call *c, const char *prefix, struct json_writer *w)
{
	body_put_part_id(c, prefix, 0, w);
}

void body_put_model(const struct call *c, struct json_writer *w)
{
	if (c->model.at)
		json_put_raw(w, c->model.at, c->model.len);
	else
		json_put_text(w, "mock");
}

const char *body_finish_reason(const struct call *c)
{
	bool messages = c->kind == CALL_MESSAGES;

	if (c->finish)
		return c->finish;
	if (c->cut)
		return messages ? "max_tokens" : "length";
	if (c->tool.at)
		return messages ? "tool_use" : "tool_calls";
	return messages ? "end_turn" : "stop";
}

void body_put_usage(const struct call *c, struct json_writer *w)
{
	json_open_object(w);
	json_member_int(w, "prompt_tokens", c->tokens_in);
	json_member_int(w, "completion_tokens", c->tokens_out);
	json_member_int(w, "total_tokens", c->tokens_in + c->tokens_out);
	json_member_object(w, "prompt_tokens_details");
	json_member_int(w, "cached_tokens", 0);
	json_close_object(w);
	json_member_object(w, "completion_tokens_details");
	json_member_int(w, "reasoning_tokens", 0);
	json_close_object(w);
	json_close_object(w);
}

static bool take_first(void *ctx, struct json_span value)
{
	struct json_span *first = ctx;

	*first = value;
	return false;
}

bool body_is_input_list(struct json_span input)
{
	struct json_span first = {NULL, 0};

	if (!json_span_is(input, JSON_VALUE_ARRAY))
		return false;
	json_each_element(input, take_first, &first);
	return !json_span_is(first, JSON_VALUE_NUMBER);
}

static bool count_one(void *ctx, struct json_span value)
{
	int *n = ctx;

	(void)value;
	++*n;
	return true;
}

int body_count_inputs(struct json_span input)
{
	int n = 0;

	if (!body_is_input_list(input))
		return 1;
	json_each_element(input, count_one, &n);
	return n;
}

static void echo(const struct call *c, struct json_writer *w)
{
	json_member_text(w, "method", c->method);
	json_member_text(w, "path", c->path);
	json_member_uint(w, "bytes", c->bytes);
}

const struct form *body_form(enum call_kind kind)
{
	static const struct form *const forms[CALL_KINDS] = {
		[CALL_CHAT] = &form_openai,
		[CALL_COMPLETION] = &form_openai,
		[CALL_RESPONSES] = &form_responses,
		[CALL_EMBEDDINGS] = &form_embeddings,
		[CALL_MESSAGES] = &form_messages,
	};

	return forms[kind];
}

void body_write(const struct call *c, int64_t created_s, const char *models, struct buf *out)
{
	struct json_writer w = json_writer_to(out);
	const struct form *form = body_form(c->kind);

	json_open_object(&w);
	if (form)
		form->body(c, created_s, &w);
	else if (c->kind == CALL_MODELS)
		models_put(c, models, &w);
	else if (c->kind == CALL_COUNT_TOKENS)
		json_member_int(&w, "input_tokens", c->tokens_in);
	else
		echo(c, &w);
	json_close_object(&w);
}
