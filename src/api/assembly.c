#include "api/assembly.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

enum { KEEP_BYTES = 16 << 10, FRONT_BYTES = 512 };

bool stream_is(struct json_span v, const char *quoted)
{
	return v.at && v.len == strlen(quoted) && !memcmp(v.at, quoted, v.len);
}

static bool starts(struct json_span v, const char *quoted)
{
	size_t len = strlen(quoted);

	return v.at && v.len >= len && !memcmp(v.at, quoted, len);
}

void stream_fail(struct assembly *a, struct json_span error)
{
	if (a->error.len)
		return;
	if (!buf_adds(&a->error, "{\"error\":") || !buf_add(&a->error, error.at, error.len) ||
		!buf_addc(&a->error, '}'))
		a->tree.full = true;
}

/* ---- events ---- */

static enum dialect dialect_of(struct json_span type, struct json_span choices)
{
	static const char *const messages[] = {"\"message_", "\"content_block_", "\"ping\""};

	if (starts(type, "\"response."))
		return DIALECT_RESPONSES;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (starts(type, messages[i]))
			return DIALECT_MESSAGES;
	return choices.at ? DIALECT_OPENAI : DIALECT_UNKNOWN;
}

static void count_piece(struct assembly *a)
{
	if (a->times && a->first_us)
		histogram_add(&a->times->gap, a->now_us - a->last_us);
	else if (a->times)
		histogram_add(&a->times->first_token, a->now_us - a->start_us);
	if (!a->first_us)
		a->first_us = a->now_us;
	a->last_us = a->now_us;
	a->pieces++;
}

static bool is_error(struct json_span v)
{
	return (json_span_is(v, JSON_VALUE_OBJECT) || json_span_is(v, JSON_VALUE_STRING)) &&
	       v.len > 2;
}

static void take_object(struct assembly *a, struct json_span event, bool named_error)
{
	enum { TYPE, CHOICES, ERROR, OBJECT, WANTED };
	struct json_want want[WANTED] = {
		[TYPE] = {.name = "type"},
		[CHOICES] = {.name = "choices"},
		[ERROR] = {.name = "error"},
		[OBJECT] = {.name = "object"},
	};
	struct json_span type;
	bool grew = false;

	if (json_pick(event.at, event.len, want, WANTED, NULL) != JSON_VALUE_OBJECT) {
		a->garbled = a->garbled || !a->ending;
		return;
	}
	type = want[TYPE].value;
	if (is_error(want[ERROR].value)) {
		stream_fail(a, want[ERROR].value);
	} else if (named_error || stream_is(type, "\"error\"") ||
		   stream_is(want[OBJECT].value, "\"error\"")) {
		/* Those of the Responses API and of vLLM: code and message beside the type. */
		stream_fail(a, event);
		return;
	}
	if (a->dialect == DIALECT_UNKNOWN)
		a->dialect = dialect_of(type, want[CHOICES].value);
	if (a->dialect == DIALECT_OPENAI)
		grew = stream_openai(a, event, want[CHOICES].value);
	else if (a->dialect == DIALECT_RESPONSES)
		grew = stream_responses(a, event, type);
	else if (a->dialect == DIALECT_MESSAGES)
		grew = stream_messages(a, event, type);
	if (grew)
		count_piece(a);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Blanks around it do not count, and an event of nothing else keeps a connection alive. */
static struct json_span trimmed(const struct sse_event *event)
{
	struct json_span data = {event->data, event->data_len};

	while (data.len && is_blank(data.at[data.len - 1]))
		data.len--;
	while (data.len && is_blank(*data.at)) {
		data.at++;
		data.len--;
	}
	return data;
}

static void take_event(void *ctx, const struct sse_event *event)
{
	struct assembly *a = ctx;
	struct json_span data = trimmed(event);

	if (a->whole || !data.len)
		return;
	if (stream_is(data, "[DONE]"))
		a->whole = true;
	else
		take_object(a, data, !strcmp(event->type, "error"));
}

/* ---- life ---- */

struct assembly *assembly_new(size_t max, struct stream_times *times)
{
	struct assembly *a = xcalloc(1, sizeof(*a));

	sse_init(&a->sse, max, take_event, a);
	grown_init(&a->tree, max);
	grown_init(&a->said, max);
	buf_init(&a->frame, max);
	buf_init(&a->error, max);
	buf_init(&a->front, FRONT_BYTES);
	buf_init(&a->body, SIZE_MAX / 2);
	a->times = times;
	return a;
}

void assembly_free(struct assembly *a)
{
	if (!a)
		return;
	sse_free(&a->sse);
	grown_clear(&a->tree);
	grown_clear(&a->said);
	buf_free(&a->frame);
	buf_free(&a->error);
	buf_free(&a->front);
	buf_free(&a->body);
	free(a);
}

static void empty(struct assembly *a)
{
	sse_reset(&a->sse, KEEP_BYTES);
	grown_clear(&a->tree);
	grown_clear(&a->said);
	buf_trim(&a->frame, KEEP_BYTES);
	buf_trim(&a->error, KEEP_BYTES);
	buf_clear(&a->front);
	buf_trim(&a->body, KEEP_BYTES);
	a->dialect = DIALECT_UNKNOWN;
	a->active = a->whole = a->garbled = a->ending = false;
	a->first_us = a->last_us = 0;
	a->pieces = 0;
}

void assembly_reset(struct assembly *a, int64_t start_us)
{
	empty(a);
	a->start_us = start_us;
}

bool assembly_begin(struct assembly *a, const char *headers, size_t len)
{
	static const char kind[] = "text/event-stream";
	const char *value;
	size_t n;

	empty(a);
	a->active = header_find(headers, len, "content-type", &value, &n) &&
		    n >= sizeof(kind) - 1 && !strncasecmp(value, kind, sizeof(kind) - 1) &&
		    (n == sizeof(kind) - 1 || strchr("; \t", value[sizeof(kind) - 1]));
	return a->active;
}

bool assembly_feed(struct assembly *a, const char *bytes, size_t len, int64_t now_us)
{
	a->now_us = now_us;
	if (a->tree.root.kind == GROWN_NONE && a->front.len < FRONT_BYTES)
		buf_add(&a->front, bytes,
			len < FRONT_BYTES - a->front.len ? len : FRONT_BYTES - a->front.len);
	return sse_feed(&a->sse, bytes, len) && !a->tree.full && !a->said.full;
}

bool assembly_is_over(const struct assembly *a)
{
	return a->whole || a->error.len;
}

uint64_t assembly_tokens(const struct assembly *a)
{
	return a->pieces;
}

void assembly_text(const struct assembly *a, struct buf *out)
{
	grown_text(&a->said.root, out);
	grown_text(&a->tree.root, out);
}

void assembly_answer(struct assembly *a, struct answer *answer)
{
	if (!a->active)
		return;
	a->ending = true;
	sse_end(&a->sse);
	if (a->dialect == DIALECT_OPENAI)
		stream_openai_complete(a);
	else if (a->dialect == DIALECT_MESSAGES)
		stream_messages_complete(a);
	buf_clear(&a->body);
	if (a->said.root.first)
		stream_responses_write(a, &a->body);
	else if (a->tree.root.kind != GROWN_NONE)
		grown_write(&a->tree.root, &a->body);
	else if (a->error.len)
		buf_add(&a->body, a->error.data, a->error.len);
	else if (a->front.len)
		buf_add(&a->body, a->front.data, a->front.len);
	a->end = (struct stream_end){
		.whole = a->whole,
		.garbled = a->garbled,
		.error = a->error.len ? buf_str(&a->error) : NULL,
		.error_len = a->error.len,
		.pieces = a->pieces,
		.first_token_us = a->first_us ? a->first_us - a->start_us : -1,
		.writing_us = a->last_us - a->first_us,
	};
	answer->body = buf_str(&a->body);
	answer->body_len = a->body.len;
	answer->stream = &a->end;
	if (a->tree.full || a->said.full)
		answer->result = NET_TOO_LARGE;
	else if (answer->result == NET_ERROR ||
		 (a->whole && answer->result != NET_TOO_LARGE && answer->result != NET_CANCELLED))
		answer->result = NET_STATUS;
}
