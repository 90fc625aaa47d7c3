#include "mock/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mock/azure.h"
#include "mock/bodies.h"

static void openai_chunk_start(const struct call *c, int64_t created_s, struct buf *out)
{
	body_id(c, c->kind == CALL_CHAT ? "data: {\"id\":\"chatcmpl-" : "data: {\"id\":\"cmpl-",
		out);
	buf_adds(out, c->kind == CALL_CHAT ? "\",\"object\":\"chat.completion.chunk\",\"created\":"
					   : "\",\"object\":\"text_completion\",\"created\":");
	buf_addu(out, (unsigned long long)created_s);
	buf_adds(out, ",\"model\":");
	body_model(c, out);
}

static void openai_delta(
	const struct call *c, int64_t created_s, const char *text, size_t len, struct buf *out)
{
	openai_chunk_start(c, created_s, out);
	buf_adds(out, ",\"choices\":[{");
	azure_add_choice_filters(c, out);
	buf_adds(out, c->kind == CALL_CHAT ? "\"index\":0,\"delta\":{\"content\":\""
					   : "\"index\":0,\"text\":\"");
	buf_add(out, text, len);
	buf_adds(out, c->kind == CALL_CHAT ? "\"}" : "\"");
	buf_adds(out, ",\"logprobs\":null,\"finish_reason\":null}]");
	/* Every chunk speaks of the usage once it was asked for. */
	buf_adds(out, c->include_usage ? ",\"usage\":null}\n\n" : "}\n\n");
}

static void openai_end(const struct call *c, int64_t created_s, struct buf *out)
{
	openai_chunk_start(c, created_s, out);
	buf_adds(out, c->kind == CALL_CHAT ? ",\"choices\":[{\"index\":0,\"delta\":{},"
					   : ",\"choices\":[{\"index\":0,\"text\":\"\",");
	buf_adds(out, "\"finish_reason\":\"");
	buf_adds(out, body_finish_reason(c));
	buf_adds(out, "\"}]}\n\n");
	if (c->include_usage) {
		openai_chunk_start(c, created_s, out);
		buf_adds(out, ",\"choices\":[],\"usage\":");
		body_usage(c, out);
		buf_adds(out, "}\n\n");
	}
	buf_adds(out, "data: [DONE]\n\n");
}

static void messages_start(const struct call *c, struct buf *out)
{
	buf_adds(out, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":");
	body_id(c, "{\"id\":\"msg_", out);
	buf_adds(out, "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
	body_model(c, out);
	buf_adds(out, ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"
		      "{\"input_tokens\":");
	buf_addu(out, (unsigned long long)c->tokens_in);
	buf_adds(out,
		",\"output_tokens\":1}}}\n\n"
		"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
		"\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
}

static void messages_delta(const char *text, size_t len, struct buf *out)
{
	buf_adds(out,
		"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
		"\"delta\":{\"type\":\"text_delta\",\"text\":\"");
	buf_add(out, text, len);
	buf_adds(out, "\"}}\n\n");
}

static void messages_end(const struct call *c, struct buf *out)
{
	buf_adds(out,
		"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}"
		"\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":"
		"{\"stop_reason\":\"");
	buf_adds(out, body_finish_reason(c));
	buf_adds(out, "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":");
	buf_addu(out, (unsigned long long)c->tokens_out);
	buf_adds(out, "}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

/* A response event's start up to its own members. */
static void responses_event(const char *name, struct buf *out)
{
	buf_adds(out, "event: ");
	buf_adds(out, name);
	buf_adds(out, "\ndata: {\"type\":\"");
	buf_adds(out, name);
	buf_addc(out, '"');
}

static void responses_start(const struct call *c, int64_t created_s, struct buf *out)
{
	responses_event("response.created", out);
	body_id(c, ",\"response\":{\"id\":\"resp_", out);
	buf_adds(out, "\",\"object\":\"response\",\"created_at\":");
	buf_addu(out, (unsigned long long)created_s);
	buf_adds(out, ",\"status\":\"in_progress\",\"error\":null,\"model\":");
	body_model(c, out);
	buf_adds(out, ",\"output\":[],\"usage\":null}}\n\n");
}

static void responses_delta(const char *text, size_t len, struct buf *out)
{
	responses_event("response.output_text.delta", out);
	buf_adds(out, ",\"output_index\":0,\"content_index\":0,\"delta\":\"");
	buf_add(out, text, len);
	buf_adds(out, "\"}\n\n");
}

static void responses_end(const struct call *c, int64_t created_s, struct buf *out)
{
	responses_event("response.completed", out);
	buf_adds(out, ",\"response\":");
	body_write(c, created_s, out);
	buf_adds(out, "}\n\n");
}

static void start(const struct call *c, int64_t created_s, struct buf *out)
{
	if (c->kind == CALL_CHAT || c->kind == CALL_COMPLETION)
		azure_add_first_chunk(c, out);
	if (c->kind == CALL_MESSAGES) {
		messages_start(c, out);
	} else if (c->kind == CALL_RESPONSES) {
		responses_start(c, created_s, out);
	} else if (c->kind == CALL_CHAT) {
		openai_chunk_start(c, created_s, out);
		buf_adds(out,
			",\"system_fingerprint\":\"fp_mock\",\"choices\":[{\"index\":0,"
			"\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},"
			"\"logprobs\":null,\"finish_reason\":null}]}\n\n");
	}
}

static void piece(
	const struct call *c, int64_t created_s, const char *text, size_t len, struct buf *out)
{
	if (c->kind == CALL_MESSAGES)
		messages_delta(text, len, out);
	else if (c->kind == CALL_RESPONSES)
		responses_delta(text, len, out);
	else
		openai_delta(c, created_s, text, len, out);
}

static void finish(const struct call *c, int64_t created_s, struct buf *out)
{
	if (c->kind == CALL_MESSAGES)
		messages_end(c, out);
	else if (c->kind == CALL_RESPONSES)
		responses_end(c, created_s, out);
	else
		openai_end(c, created_s, out);
}

static void reserve_ends(struct stream *s, int n)
{
	if (n > s->cap) {
		s->ends = xrealloc(s->ends, (size_t)n, sizeof(*s->ends));
		s->cap = n;
	}
	s->n = n;
}

/* Bytes of the letter or escape that stands at a place of a JSON string's inside. */
static size_t letter_len(const char *at)
{
	size_t n = 1;

	if (*at == '\\')
		return at[1] == 'u' ? 6 : 2;
	while (((unsigned char)at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

void stream_write(const struct call *c, int64_t created_s, int pieces, struct stream *s)
{
	struct buf text;
	size_t from = 0;

	buf_init(&text, SIZE_MAX / 2);
	body_text(c, &text);
	if ((size_t)pieces > text.len)
		pieces = text.len ? (int)text.len : 1;
	reserve_ends(s, pieces);
	buf_clear(&s->text);
	start(c, created_s, &s->text);
	for (int i = 0; i < pieces; i++) {
		size_t to = from;

		while (to < text.len * (size_t)(i + 1) / (size_t)pieces)
			to += letter_len(text.data + to);
		piece(c, created_s, text.data + from, to - from, &s->text);
		from = to;
		if (i == pieces - 1)
			finish(c, created_s, &s->text);
		s->ends[i] = s->text.len;
	}
	buf_free(&text);
}

void stream_free(struct stream *s)
{
	buf_free(&s->text);
	free(s->ends);
}
