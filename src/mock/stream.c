#include "mock/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mock/azure.h"
#include "mock/bodies.h"

/* Writes an event's data; type: its name in some APIs, NULL: none. */
static struct json_writer begin_event(const char *name, struct buf *out)
{
	struct json_writer w;

	if (name) {
		buf_adds(out, "event: ");
		buf_adds(out, name);
		buf_addc(out, '\n');
	}
	buf_adds(out, "data: ");
	w = json_writer_to(out);
	json_open_object(&w);
	return w;
}

static void end_event(struct json_writer *w)
{
	json_close_object(w);
	buf_adds(w->out, "\n\n");
}

/* Writes a named event whose data repeat its name as their type. */
static struct json_writer begin_typed(const char *name, struct buf *out)
{
	struct json_writer w = begin_event(name, out);

	json_member_text(&w, "type", name);
	return w;
}

static void put_piece(struct json_writer *w, const char *name, const char *text, size_t len)
{
	json_key(w, name);
	json_open_string(w);
	json_part(w, text, len);
	json_close_string(w);
}

static void openai_chunk_start(const struct call *c, int64_t created_s, struct json_writer *w)
{
	bool is_chat = c->kind == CALL_CHAT;

	json_key(w, "id");
	body_put_id(c, is_chat ? "chatcmpl-" : "cmpl-", w);
	json_member_text(w, "object", is_chat ? "chat.completion.chunk" : "text_completion");
	json_member_int(w, "created", created_s);
	json_key(w, "model");
	body_put_model(c, w);
}

static void openai_choice(struct json_writer *w)
{
	json_member_array(w, "choices");
	json_open_object(w);
}

static void openai_choice_end(struct json_writer *w)
{
	json_close_object(w);
	json_close_array(w);
}

static void openai_role(const struct call *c, int64_t created_s, struct buf *out)
{
	struct json_writer w = begin_event(NULL, out);

	openai_chunk_start(c, created_s, &w);
	json_member_text(&w, "system_fingerprint", "fp_mock");
	openai_choice(&w);
	json_member_int(&w, "index", 0);
	json_member_object(&w, "delta");
	json_member_text(&w, "role", "assistant");
	json_member_text(&w, "content", "");
	json_member_null(&w, "refusal");
	json_close_object(&w);
	json_member_null(&w, "logprobs");
	json_member_null(&w, "finish_reason");
	openai_choice_end(&w);
	end_event(&w);
}

static void openai_delta(
	const struct call *c, int64_t created_s, const char *text, size_t len, struct buf *out)
{
	struct json_writer w = begin_event(NULL, out);

	openai_chunk_start(c, created_s, &w);
	openai_choice(&w);
	azure_put_choice_filters(c, &w);
	json_member_int(&w, "index", 0);
	if (c->kind == CALL_CHAT) {
		json_member_object(&w, "delta");
		put_piece(&w, "content", text, len);
		json_close_object(&w);
	} else {
		put_piece(&w, "text", text, len);
	}
	json_member_null(&w, "logprobs");
	json_member_null(&w, "finish_reason");
	openai_choice_end(&w);
	/* Every chunk has a usage member once include_usage was set. */
	if (c->include_usage)
		json_member_null(&w, "usage");
	end_event(&w);
}

static void openai_end(const struct call *c, int64_t created_s, struct buf *out)
{
	struct json_writer w = begin_event(NULL, out);

	openai_chunk_start(c, created_s, &w);
	openai_choice(&w);
	json_member_int(&w, "index", 0);
	if (c->kind == CALL_CHAT) {
		json_member_object(&w, "delta");
		json_close_object(&w);
	} else {
		json_member_text(&w, "text", "");
	}
	json_member_text(&w, "finish_reason", body_finish_reason(c));
	openai_choice_end(&w);
	end_event(&w);
	if (c->include_usage) {
		w = begin_event(NULL, out);
		openai_chunk_start(c, created_s, &w);
		json_member_array(&w, "choices");
		json_close_array(&w);
		json_key(&w, "usage");
		body_put_usage(c, &w);
		end_event(&w);
	}
	buf_adds(out, "data: [DONE]\n\n");
}

static void messages_start(const struct call *c, struct buf *out)
{
	struct json_writer w = begin_typed("message_start", out);

	json_member_object(&w, "message");
	json_key(&w, "id");
	body_put_id(c, "msg_", &w);
	json_member_text(&w, "type", "message");
	json_member_text(&w, "role", "assistant");
	json_key(&w, "model");
	body_put_model(c, &w);
	json_member_array(&w, "content");
	json_close_array(&w);
	json_member_null(&w, "stop_reason");
	json_member_null(&w, "stop_sequence");
	json_member_object(&w, "usage");
	json_member_int(&w, "input_tokens", c->tokens_in);
	json_member_int(&w, "output_tokens", 1);
	json_close_object(&w);
	json_close_object(&w);
	end_event(&w);
	w = begin_typed("content_block_start", out);
	json_member_int(&w, "index", 0);
	json_member_object(&w, "content_block");
	json_member_text(&w, "type", "text");
	json_member_text(&w, "text", "");
	json_close_object(&w);
	end_event(&w);
}

static void messages_delta(const char *text, size_t len, struct buf *out)
{
	struct json_writer w = begin_typed("content_block_delta", out);

	json_member_int(&w, "index", 0);
	json_member_object(&w, "delta");
	json_member_text(&w, "type", "text_delta");
	put_piece(&w, "text", text, len);
	json_close_object(&w);
	end_event(&w);
}

static void messages_end(const struct call *c, struct buf *out)
{
	struct json_writer w = begin_typed("content_block_stop", out);

	json_member_int(&w, "index", 0);
	end_event(&w);
	w = begin_typed("message_delta", out);
	json_member_object(&w, "delta");
	json_member_text(&w, "stop_reason", body_finish_reason(c));
	json_member_null(&w, "stop_sequence");
	json_close_object(&w);
	json_member_object(&w, "usage");
	json_member_int(&w, "output_tokens", c->tokens_out);
	json_close_object(&w);
	end_event(&w);
	w = begin_typed("message_stop", out);
	end_event(&w);
}

static void responses_start(const struct call *c, int64_t created_s, struct buf *out)
{
	struct json_writer w = begin_typed("response.created", out);

	json_member_object(&w, "response");
	json_key(&w, "id");
	body_put_id(c, "resp_", &w);
	json_member_text(&w, "object", "response");
	json_member_int(&w, "created_at", created_s);
	json_member_text(&w, "status", "in_progress");
	json_member_null(&w, "error");
	json_key(&w, "model");
	body_put_model(c, &w);
	json_member_array(&w, "output");
	json_close_array(&w);
	json_member_null(&w, "usage");
	json_close_object(&w);
	end_event(&w);
}

static void responses_delta(const char *text, size_t len, struct buf *out)
{
	struct json_writer w = begin_typed("response.output_text.delta", out);

	json_member_int(&w, "output_index", 0);
	json_member_int(&w, "content_index", 0);
	put_piece(&w, "delta", text, len);
	end_event(&w);
}

static void responses_end(const struct call *c, int64_t created_s, struct buf *out)
{
	struct json_writer w = begin_typed("response.completed", out);

	json_key(&w, "response");
	body_write(c, created_s, out);
	end_event(&w);
}

static void start(const struct call *c, int64_t created_s, struct buf *out)
{
	if (c->azure && (c->kind == CALL_CHAT || c->kind == CALL_COMPLETION)) {
		struct json_writer w = begin_event(NULL, out);

		azure_put_first_chunk(c, &w);
		end_event(&w);
	}
	if (c->kind == CALL_MESSAGES)
		messages_start(c, out);
	else if (c->kind == CALL_RESPONSES)
		responses_start(c, created_s, out);
	else if (c->kind == CALL_CHAT)
		openai_role(c, created_s, out);
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

/* The length of the character or escape at a place inside a JSON string. */
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
