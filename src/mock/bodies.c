#include "mock/bodies.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/rng.h"
#include "mock/azure.h"
#include "mock/phrases.h"

enum { CHARS_PER_TOKEN = 4, MAX_TEXT = 2000, DIMENSIONS = 12, MAX_EMBEDDINGS = 2048 };

void body_text(const struct call *c, struct buf *out)
{
	struct rng r;
	int64_t bytes = c->tokens_out * CHARS_PER_TOKEN;

	if (c->text) {
		buf_adds(out, c->text);
		return;
	}
	rng_seed(&r, c->hash);
	if (c->json)
		buf_adds(out, "{\\\"text\\\":\\\"");
	phrase_text(&r, (size_t)(bytes < MAX_TEXT ? bytes : MAX_TEXT), out);
	if (c->json && !c->cut)
		buf_adds(out, "\\\"}");
}

void body_put_text(const struct call *c, struct json_writer *w)
{
	json_open_string(w);
	body_text(c, w->out);
	json_close_string(w);
}

void body_put_id(const struct call *c, const char *prefix, struct json_writer *w)
{
	json_open_string(w);
	json_part(w, prefix, strlen(prefix));
	json_part_hex(w, c->hash, 16);
	json_part_hex(w, c->serial, 8);
	json_close_string(w);
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
	if (c->kind == CALL_MESSAGES)
		return c->cut ? "max_tokens" : "end_turn";
	return c->cut ? "length" : "stop";
}

void body_put_usage(const struct call *c, struct json_writer *w)
{
	bool short_names = c->kind == CALL_MESSAGES || c->kind == CALL_RESPONSES;

	json_open_object(w);
	json_member_int(w, short_names ? "input_tokens" : "prompt_tokens", c->tokens_in);
	if (c->kind != CALL_EMBEDDINGS)
		json_member_int(
			w, short_names ? "output_tokens" : "completion_tokens", c->tokens_out);
	if (c->kind != CALL_MESSAGES)
		json_member_int(w, "total_tokens", c->tokens_in + c->tokens_out);
	json_close_object(w);
}

static void put_choice(const struct call *c, struct json_writer *w)
{
	json_open_object(w);
	azure_put_choice_filters(c, w);
	json_member_int(w, "index", 0);
	if (c->kind == CALL_CHAT) {
		json_member_object(w, "message");
		json_member_text(w, "role", "assistant");
		json_key(w, "content");
		body_put_text(c, w);
		json_member_null(w, "refusal");
		json_close_object(w);
	} else {
		json_key(w, "text");
		body_put_text(c, w);
	}
	json_member_null(w, "logprobs");
	json_member_text(w, "finish_reason", body_finish_reason(c));
	json_close_object(w);
}

static void chat(const struct call *c, int64_t created_s, struct json_writer *w)
{
	bool is_chat = c->kind == CALL_CHAT;

	json_key(w, "id");
	body_put_id(c, is_chat ? "chatcmpl-" : "cmpl-", w);
	json_member_text(w, "object", is_chat ? "chat.completion" : "text_completion");
	json_member_int(w, "created", created_s);
	json_key(w, "model");
	body_put_model(c, w);
	azure_put_prompt_filters(c, w);
	json_member_array(w, "choices");
	put_choice(c, w);
	json_close_array(w);
	json_key(w, "usage");
	body_put_usage(c, w);
	json_member_text(w, "system_fingerprint", "fp_mock");
}

static void responses(const struct call *c, int64_t created_s, struct json_writer *w)
{
	json_key(w, "id");
	body_put_id(c, "resp_", w);
	json_member_text(w, "object", "response");
	json_member_int(w, "created_at", created_s);
	json_member_text(w, "status", "completed");
	json_member_null(w, "error");
	json_key(w, "model");
	body_put_model(c, w);
	json_member_array(w, "output");
	json_open_object(w);
	json_member_text(w, "type", "message");
	json_key(w, "id");
	body_put_id(c, "msg_", w);
	json_member_text(w, "status", "completed");
	json_member_text(w, "role", "assistant");
	json_member_array(w, "content");
	json_open_object(w);
	json_member_text(w, "type", "output_text");
	json_member_array(w, "annotations");
	json_close_array(w);
	json_key(w, "text");
	body_put_text(c, w);
	json_close_object(w);
	json_close_array(w);
	json_close_object(w);
	json_close_array(w);
	json_key(w, "usage");
	body_put_usage(c, w);
}

static void messages(const struct call *c, struct json_writer *w)
{
	json_key(w, "id");
	body_put_id(c, "msg_", w);
	json_member_text(w, "type", "message");
	json_member_text(w, "role", "assistant");
	json_key(w, "model");
	body_put_model(c, w);
	json_member_array(w, "content");
	json_open_object(w);
	json_member_text(w, "type", "text");
	json_key(w, "text");
	body_put_text(c, w);
	json_close_object(w);
	json_close_array(w);
	json_member_text(w, "stop_reason", body_finish_reason(c));
	json_member_null(w, "stop_sequence");
	json_key(w, "usage");
	body_put_usage(c, w);
}

static bool count_one(void *ctx, struct json_span value)
{
	int *n = ctx;

	(void)value;
	return ++*n < MAX_EMBEDDINGS;
}

int body_count_inputs(struct json_span input)
{
	int n = 0;

	if (!json_span_is(input, JSON_VALUE_ARRAY))
		return 1;
	json_each_element(input, count_one, &n);
	return n;
}

struct embedding_list {
	struct json_span model;
	struct json_writer *w;
	int n;
};

/* The same text and model always give the same numbers, alone or among other texts. */
static bool put_embedding(void *ctx, struct json_span text)
{
	enum { DIGITS = 1000000 };
	struct embedding_list *l = ctx;
	char number[16];
	struct rng r;

	rng_seed(&r, hash_bytes(text.at, text.len) ^ hash_bytes(l->model.at, l->model.len));
	json_open_object(l->w);
	json_member_text(l->w, "object", "embedding");
	json_member_int(l->w, "index", l->n);
	json_member_array(l->w, "embedding");
	for (int i = 0; i < DIMENSIONS; i++) {
		uint64_t n = rng_next(&r);
		/* seven digits, never shorter */
		unsigned digits = (unsigned)(DIGITS + n % (DIGITS * 9));
		int len = snprintf(number, sizeof(number), "%s%u", n >> 63 ? "-0." : "0.", digits);

		json_put_raw(l->w, number, (size_t)len);
	}
	json_close_array(l->w);
	json_close_object(l->w);
	return ++l->n < MAX_EMBEDDINGS;
}

static void embeddings(const struct call *c, struct json_writer *w)
{
	struct embedding_list list = {.model = c->model, .w = w};

	json_member_text(w, "object", "list");
	json_member_array(w, "data");
	if (json_span_is(c->input, JSON_VALUE_ARRAY))
		json_each_element(c->input, put_embedding, &list);
	else
		put_embedding(&list, c->input);
	json_close_array(w);
	json_key(w, "model");
	body_put_model(c, w);
	json_key(w, "usage");
	body_put_usage(c, w);
}

static void echo(const struct call *c, struct json_writer *w)
{
	json_member_text(w, "method", c->method);
	json_member_text(w, "path", c->path);
	json_member_uint(w, "bytes", c->bytes);
}

void body_write(const struct call *c, int64_t created_s, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	json_open_object(&w);
	switch (c->kind) {
	case CALL_CHAT:
	case CALL_COMPLETION:
		chat(c, created_s, &w);
		break;
	case CALL_RESPONSES:
		responses(c, created_s, &w);
		break;
	case CALL_EMBEDDINGS:
		embeddings(c, &w);
		break;
	case CALL_MESSAGES:
		messages(c, &w);
		break;
	case CALL_RAW:
		echo(c, &w);
		break;
	}
	json_close_object(&w);
}
