#include "api/assembly.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/answer_body.h"
#include "api/dialect.h"
#include "api/headers.h"
#include "api/sse.h"
#include "base/alloc.h"

enum { KEEP_BYTES = 16 << 10, FRONT_BYTES = 512 };

struct assembly {
	struct sse sse;
	struct partial partial;
	struct buf front; /* bytes before the first event that was understood, unchanged */
	struct buf lone;  /* the last event, when none was of a dialect: perhaps a whole answer */
	struct buf body;  /* written at the end */
	const struct dialect *dialect; /* NULL: no event has shown it yet */
	bool active;                   /* the present answer is a stream */
	bool garbled, ending;
	int64_t now_us, start_us, first_us,
		last_us;            /* times of the first and last piece of text; 0: none */
	uint64_t pieces;            /* events with text, about a token each */
	struct stream_times *times; /* borrowed; NULL */
	struct stream_end end;
};

/* In the order in which they are tried. */
static const struct dialect *const dialects[] = {
	&dialect_responses,
	&dialect_messages,
	&dialect_openai,
};

/* ---- events ---- */

static const struct dialect *dialect_of(const struct stream_event *event)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (dialects[i]->knows(event))
			return dialects[i];
	return NULL;
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

/* An event that is no object. Gemini wraps errors in lists, and an error event may be a text. */
static void take_other(struct assembly *a, struct json_span data, bool named_error)
{
	struct answer_members m;
	struct buf text;

	if (answer_members(ASKED_OTHER, data.at, data.len, &m) && answer_is_error(m.error)) {
		partial_fail(&a->partial, m.error);
	} else if (named_error) {
		buf_init(&text, SIZE_MAX / 2);
		json_add_string(&text, data.at, data.len);
		partial_fail(&a->partial, (struct json_span){text.data, text.len});
		buf_free(&text);
	} else {
		a->garbled = a->garbled || !a->ending;
	}
}

enum { TYPE, CHOICES, ERROR, OBJECT, MESSAGE, WANTED };

/* Error events of the Responses API and of vLLM have code and message beside the type; those of
 * other servers have nothing else. */
static bool is_bare_error(const struct stream_event *event, const struct json_want *want)
{
	return span_is(event->type, "\"error\"") || span_is(want[OBJECT].value, "\"error\"") ||
	       (json_span_is(want[MESSAGE].value, JSON_VALUE_STRING) && !dialect_of(event));
}

/* Anthropic's and the Responses API's; gateways send them in streams of any dialect. */
static bool is_keepalive(struct json_span type)
{
	return span_is(type, "\"ping\"") || span_is(type, "\"keepalive\"");
}

static void take_object(struct assembly *a, struct json_span object, bool named_error)
{
	struct json_want want[WANTED] = {
		[TYPE] = {.name = "type"},
		[CHOICES] = {.name = "choices"},
		[ERROR] = {.name = "error"},
		[OBJECT] = {.name = "object"},
		[MESSAGE] = {.name = "message"},
	};
	struct json_span error;
	struct stream_event event;

	if (json_pick(object.at, object.len, want, WANTED, NULL) != JSON_VALUE_OBJECT) {
		take_other(a, object, named_error);
		return;
	}
	event = (struct stream_event){object, want[TYPE].value, want[CHOICES].value};
	error = answer_unwrapped(want[ERROR].value);
	if (answer_is_error(error)) {
		partial_fail(&a->partial, error);
	} else if (named_error || is_bare_error(&event, want)) {
		partial_fail(&a->partial, object);
		return;
	}
	if (is_keepalive(event.type))
		return;
	if (!a->dialect)
		a->dialect = dialect_of(&event);
	if (!a->dialect && object.len > 2) {
		buf_clear(&a->lone);
		buf_add(&a->lone, object.at, object.len);
	}
	if (a->dialect && a->dialect->take(&a->partial, &event))
		count_piece(a);
}

/* The data without what is around it; some gateways repeat the name of the field. */
static struct json_span data_of(const struct sse_event *event)
{
	static const char field[] = "data:";
	struct json_span data = answer_core(event->data, event->data_len);

	while (json_span_begins(data, field))
		data = answer_core(data.at + sizeof(field) - 1, data.len - (sizeof(field) - 1));
	return data;
}

/* An event of blanks alone, or null, or named ping, only keeps the connection alive. */
static void take_event(void *ctx, const struct sse_event *event)
{
	struct assembly *a = ctx;
	struct json_span data = data_of(event);

	if (a->partial.whole || !data.len || span_is(data, "null") || !strcmp(event->type, "ping"))
		return;
	if (span_is(data, "[DONE]"))
		a->partial.whole = true;
	else
		take_object(a, data, !strcmp(event->type, "error"));
}

/* ---- life ---- */

struct assembly *assembly_new(size_t max, struct stream_times *times)
{
	struct assembly *a = xcalloc(1, sizeof(*a));

	sse_init(&a->sse, max, take_event, a);
	partial_init(&a->partial, max);
	buf_init(&a->front, FRONT_BYTES);
	buf_init(&a->lone, max);
	buf_init(&a->body, SIZE_MAX / 2);
	a->times = times;
	return a;
}

void assembly_free(struct assembly *a)
{
	if (!a)
		return;
	sse_free(&a->sse);
	partial_free(&a->partial);
	buf_free(&a->front);
	buf_free(&a->lone);
	buf_free(&a->body);
	free(a);
}

static void empty(struct assembly *a)
{
	sse_reset(&a->sse, KEEP_BYTES);
	partial_reset(&a->partial, KEEP_BYTES);
	buf_clear(&a->front);
	buf_trim(&a->lone, KEEP_BYTES);
	buf_trim(&a->body, KEEP_BYTES);
	a->dialect = NULL;
	a->active = a->garbled = a->ending = false;
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

bool assembly_begin_by(struct assembly *a, const char *body, size_t len)
{
	static const char *const fields[] = {"data:", "event:", "id:", "retry:", ":"};

	empty(a);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && !a->active; i++)
		a->active = len >= strlen(fields[i]) && !memcmp(body, fields[i], strlen(fields[i]));
	return a->active;
}

bool assembly_is_active(const struct assembly *a)
{
	return a->active;
}

bool assembly_feed(struct assembly *a, const char *bytes, size_t len, int64_t now_us)
{
	a->now_us = now_us;
	if (a->partial.tree.root.kind == DELTA_NONE && a->front.len < FRONT_BYTES)
		buf_add(&a->front, bytes,
			len < FRONT_BYTES - a->front.len ? len : FRONT_BYTES - a->front.len);
	return sse_feed(&a->sse, bytes, len) && !partial_is_full(&a->partial);
}

bool assembly_is_over(const struct assembly *a)
{
	return a->partial.whole || a->partial.error.len;
}

bool assembly_has_failed(const struct assembly *a)
{
	return a->partial.error.len;
}

uint64_t assembly_tokens(const struct assembly *a)
{
	return a->pieces;
}

void assembly_text(const struct assembly *a, struct buf *out)
{
	delta_text(&a->partial.output.root, out);
	delta_text(&a->partial.tree.root, out);
}

/* The body as far as it came, else the bytes that were not understood. */
static void write_body(struct assembly *a)
{
	struct partial *p = &a->partial;

	if (a->dialect && a->dialect->complete)
		a->dialect->complete(p);
	buf_clear(&a->body);
	if (a->dialect && partial_has_begun(p))
		a->dialect->write(p, &a->body);
	else if (p->error.len)
		buf_add(&a->body, p->error.data, p->error.len);
	else if (a->lone.len)
		buf_add(&a->body, a->lone.data, a->lone.len);
	else if (a->front.len)
		buf_add(&a->body, a->front.data, a->front.len);
}

/* Is nothing missing but the end mark? */
static bool has_finished(const struct assembly *a)
{
	return a->dialect ? a->dialect->finished(&a->partial) : a->lone.len > 0;
}

void assembly_answer(struct assembly *a, struct answer *answer)
{
	struct partial *p = &a->partial;

	if (!a->active)
		return;
	a->ending = true;
	sse_end(&a->sse);
	write_body(a);
	a->end = (struct stream_end){
		.whole = p->whole || (answer->result == NET_STATUS && has_finished(a)),
		.garbled = a->garbled,
		.error = p->error.len ? buf_str(&p->error) : NULL,
		.error_len = p->error.len,
		.pieces = a->pieces,
		.first_token_us = a->first_us ? a->first_us - a->start_us : -1,
		.writing_us = a->last_us - a->first_us,
	};
	answer->body = buf_str(&a->body);
	answer->body_len = a->body.len;
	answer->stream = &a->end;
	if (partial_is_full(p))
		answer->result = NET_TOO_LARGE;
	else if (answer->result == NET_ERROR ||
		 (p->whole && answer->result != NET_TOO_LARGE && answer->result != NET_CANCELLED))
		answer->result = NET_STATUS;
}
