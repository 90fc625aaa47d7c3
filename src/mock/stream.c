#include "mock/stream.h"

#include <string.h>

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
	buf_adds(out, c->kind == CALL_CHAT ? ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
					   : ",\"choices\":[{\"index\":0,\"text\":\"");
	buf_add(out, text, len);
	buf_adds(out, c->kind == CALL_CHAT ? "\"},\"finish_reason\":null}]}\n\n"
					   : "\",\"finish_reason\":null}]}\n\n");
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

static void responses_delta(const char *text, size_t len, struct buf *out)
{
	buf_adds(out, "event: response.output_text.delta\ndata: {\"type\":"
		      "\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,"
		      "\"delta\":\"");
	buf_add(out, text, len);
	buf_adds(out, "\"}\n\n");
}

static void responses_end(const struct call *c, int64_t created_s, struct buf *out)
{
	buf_adds(out,
		"event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":");
	body_write(c, created_s, out);
	buf_adds(out, "}\n\n");
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

void stream_write(const struct call *c, int64_t created_s, struct stream *s)
{
	struct buf text;
	size_t from = 0;

	buf_init(&text, SIZE_MAX / 2);
	body_text(c, &text);
	buf_clear(&s->text);
	if (c->kind == CALL_MESSAGES)
		messages_start(c, &s->text);
	for (size_t i = 0; i < STREAM_PIECES; i++) {
		size_t to = text.len * (i + 1) / STREAM_PIECES;

		piece(c, created_s, text.data + from, to - from, &s->text);
		from = to;
		if (i == STREAM_PIECES - 1)
			finish(c, created_s, &s->text);
		s->ends[i] = s->text.len;
	}
	buf_free(&text);
}
