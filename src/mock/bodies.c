#include "mock/bodies.h"

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

static void add_hex(uint64_t n, int digits, struct buf *out)
{
	while (digits-- > 0)
		buf_addc(out, "0123456789abcdef"[n >> (4 * digits) & 15]);
}

void body_id(const struct call *c, const char *prefix, struct buf *out)
{
	buf_adds(out, prefix);
	add_hex(c->hash, 16, out);
	add_hex(c->serial, 8, out);
}

void body_model(const struct call *c, struct buf *out)
{
	if (c->model.at)
		buf_add(out, c->model.at, c->model.len);
	else
		buf_adds(out, "\"mock\"");
}

const char *body_finish_reason(const struct call *c)
{
	if (c->kind == CALL_MESSAGES)
		return c->cut ? "max_tokens" : "end_turn";
	return c->cut ? "length" : "stop";
}

static void add_number(struct buf *out, const char *name, int64_t n)
{
	buf_adds(out, name);
	buf_addu(out, (unsigned long long)n);
}

void body_usage(const struct call *c, struct buf *out)
{
	bool short_names = c->kind == CALL_MESSAGES || c->kind == CALL_RESPONSES;

	add_number(out, short_names ? "{\"input_tokens\":" : "{\"prompt_tokens\":", c->tokens_in);
	if (c->kind != CALL_EMBEDDINGS)
		add_number(out, short_names ? ",\"output_tokens\":" : ",\"completion_tokens\":",
			c->tokens_out);
	if (c->kind != CALL_MESSAGES)
		add_number(out, ",\"total_tokens\":", c->tokens_in + c->tokens_out);
	buf_addc(out, '}');
}

static void chat(const struct call *c, int64_t created_s, struct buf *out)
{
	bool is_chat = c->kind == CALL_CHAT;

	body_id(c, is_chat ? "{\"id\":\"chatcmpl-" : "{\"id\":\"cmpl-", out);
	buf_adds(out, is_chat ? "\",\"object\":\"chat.completion\""
			      : "\",\"object\":\"text_completion\"");
	add_number(out, ",\"created\":", created_s);
	buf_adds(out, ",\"model\":");
	body_model(c, out);
	buf_addc(out, ',');
	azure_add_prompt_filters(c, out);
	buf_adds(out, "\"choices\":[{");
	azure_add_choice_filters(c, out);
	buf_adds(out, is_chat ? "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
			      : "\"index\":0,\"text\":\"");
	body_text(c, out);
	buf_adds(out, is_chat ? "\",\"refusal\":null}" : "\"");
	buf_adds(out, ",\"logprobs\":null,\"finish_reason\":\"");
	buf_adds(out, body_finish_reason(c));
	buf_adds(out, "\"}],\"usage\":");
	body_usage(c, out);
	buf_adds(out, ",\"system_fingerprint\":\"fp_mock\"}");
}

static void responses(const struct call *c, int64_t created_s, struct buf *out)
{
	body_id(c, "{\"id\":\"resp_", out);
	add_number(out, "\",\"object\":\"response\",\"created_at\":", created_s);
	buf_adds(out, ",\"status\":\"completed\",\"error\":null,\"model\":");
	body_model(c, out);
	body_id(c, ",\"output\":[{\"type\":\"message\",\"id\":\"msg_", out);
	buf_adds(out, "\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":"
		      "\"output_text\",\"annotations\":[],\"text\":\"");
	body_text(c, out);
	buf_adds(out, "\"}]}],\"usage\":");
	body_usage(c, out);
	buf_addc(out, '}');
}

static void messages(const struct call *c, struct buf *out)
{
	body_id(c, "{\"id\":\"msg_", out);
	buf_adds(out, "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
	body_model(c, out);
	buf_adds(out, ",\"content\":[{\"type\":\"text\",\"text\":\"");
	body_text(c, out);
	buf_adds(out, "\"}],\"stop_reason\":\"");
	buf_adds(out, body_finish_reason(c));
	buf_adds(out, "\",\"stop_sequence\":null,\"usage\":");
	body_usage(c, out);
	buf_addc(out, '}');
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
	struct buf *out;
	int n;
};

/* The same text gets the same numbers of the same model, alone or among others. */
static bool add_embedding(void *ctx, struct json_span text)
{
	enum { DIGITS = 1000000 };
	struct embedding_list *l = ctx;
	struct rng r;

	rng_seed(&r, hash_bytes(text.at, text.len) ^ hash_bytes(l->model.at, l->model.len));
	buf_adds(l->out, l->n ? "," : "");
	add_number(l->out, "{\"object\":\"embedding\",\"index\":", l->n);
	buf_adds(l->out, ",\"embedding\":[");
	for (int i = 0; i < DIMENSIONS; i++) {
		uint64_t n = rng_next(&r);

		buf_adds(l->out, i ? "," : "");
		buf_adds(l->out, n >> 63 ? "-0." : "0.");
		buf_addu(l->out, DIGITS + n % (DIGITS * 9)); /* seven digits, never shorter */
	}
	buf_adds(l->out, "]}");
	return ++l->n < MAX_EMBEDDINGS;
}

static void embeddings(const struct call *c, struct buf *out)
{
	struct embedding_list list = {.model = c->model, .out = out};

	buf_adds(out, "{\"object\":\"list\",\"data\":[");
	if (json_span_is(c->input, JSON_VALUE_ARRAY))
		json_each_element(c->input, add_embedding, &list);
	else
		add_embedding(&list, c->input);
	buf_adds(out, "],\"model\":");
	body_model(c, out);
	buf_adds(out, ",\"usage\":");
	body_usage(c, out);
	buf_addc(out, '}');
}

static void echo(const struct call *c, struct buf *out)
{
	buf_adds(out, "{\"method\":");
	json_add_string(out, c->method, strlen(c->method));
	buf_adds(out, ",\"path\":");
	json_add_string(out, c->path, strlen(c->path));
	add_number(out, ",\"bytes\":", (int64_t)c->bytes);
	buf_addc(out, '}');
}

void body_write(const struct call *c, int64_t created_s, struct buf *out)
{
	switch (c->kind) {
	case CALL_CHAT:
	case CALL_COMPLETION:
		chat(c, created_s, out);
		break;
	case CALL_RESPONSES:
		responses(c, created_s, out);
		break;
	case CALL_EMBEDDINGS:
		embeddings(c, out);
		break;
	case CALL_MESSAGES:
		messages(c, out);
		break;
	case CALL_RAW:
		echo(c, out);
		break;
	}
}
