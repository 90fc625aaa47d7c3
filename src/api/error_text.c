#include "config.h"

#include "api/error_text.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum {
	DEPTH_MOST = 6,     /* of errors within errors */
	LISTED_MOST = 3,    /* errors of a list that are told */
	TEXT_MOST = 1024,   /* bytes that are collected before they are cleaned */
	PAGE_MOST = 8 << 10 /* of a page, where its title stands */
};

/* The texts found so far. */
struct texts {
	char text[TEXT_MOST];
	size_t len;
	int depth, listed;
};

static void add(struct texts *t, const char *text, size_t len)
{
	if (len > sizeof(t->text) - t->len)
		len = sizeof(t->text) - t->len;
	memcpy(t->text + t->len, text, len);
	t->len += len;
}

static bool add_error(struct texts *t, struct json_span v);

/* Gateways quote the error of the server behind them as text: {"message":"{\"error\":…}"}. */
static bool add_quoted(struct texts *t, const char *text, size_t len)
{
	struct json_span quoted = {NULL, 0};

	if (len && (*text == '{' || *text == '['))
		quoted = json_whole(text, len);
	return quoted.at && add_error(t, quoted);
}

static bool add_string(struct texts *t, struct json_span v)
{
	size_t before = t->len;
	struct buf text;

	if (!json_span_is(v, JSON_VALUE_STRING))
		return false;
	buf_init(&text, v.len);
	json_string_decode(v, &text);
	if (!add_quoted(t, buf_str(&text), text.len))
		add(t, buf_str(&text), text.len);
	buf_free(&text);
	return t->len > before;
}

/* ["body", "messages", 0] as "body.messages.0" */
static bool add_place(void *ctx, struct json_span part)
{
	struct texts *t = ctx;

	if (t->listed++)
		add(t, ".", 1);
	if (!add_string(t, part))
		add(t, part.at, part.len);
	return true;
}

static bool add_listed(void *ctx, struct json_span v)
{
	struct texts *t = ctx;
	size_t before = t->len;

	if (t->len)
		add(t, "; ", 2);
	if (add_error(t, v))
		t->listed++;
	else
		t->len = before;
	return t->listed < LISTED_MOST;
}

static bool add_list(struct texts *t, struct json_span v)
{
	int listed = t->listed;
	bool found;

	t->listed = 0;
	json_each_element(v, add_listed, t);
	found = t->listed > 0;
	t->listed = listed;
	return found;
}

/* An error of FastAPI and pydantic says where it is: "body.stream_options: Extra inputs …". */
static void add_location(struct texts *t, struct json_span loc)
{
	int listed = t->listed;

	if (!json_span_is(loc, JSON_VALUE_ARRAY))
		return;
	t->listed = 0;
	json_each_element(loc, add_place, t);
	if (t->listed)
		add(t, ": ", 2);
	t->listed = listed;
}

static bool add_object(struct texts *t, struct json_span v)
{
	/* The best first. OpenAI and most; AWS; pydantic; FastAPI and RFC 9457; OAuth; Baidu;
	 * MiniMax; what only names the error; Apigee; what has it inside; Tencent. */
	struct json_want want[] = {{.name = "message"}, {.name = "Message"}, {.name = "msg"},
		{.name = "detail"}, {.name = "error_description"}, {.name = "error_message"},
		{.name = "errorMessage"}, {.name = "error_msg"}, {.name = "status_msg"},
		{.name = "error"}, {.name = "errors"}, {.name = "reason"}, {.name = "faultstring"},
		{.name = "description"}, {.name = "title"}, {.name = "fault"}, {.name = "details"},
		{.name = "base_resp"}, {.name = "Response"}, {.name = "Error"}};
	struct json_want loc = {.name = "loc"};
	size_t before = t->len;

	json_pick(v.at, v.len, want, N_OF(want), NULL);
	json_pick(v.at, v.len, &loc, 1, NULL);
	add_location(t, loc.value);
	for (size_t i = 0; i < N_OF(want); i++)
		if (want[i].value.at && add_error(t, want[i].value))
			return true;
	t->len = before;
	return false;
}

/* Appends the text of an error; false, with nothing added, when it has none. */
static bool add_error(struct texts *t, struct json_span v)
{
	bool found = false;

	if (t->depth == DEPTH_MOST)
		return false;
	t->depth++;
	if (json_span_is(v, JSON_VALUE_STRING))
		found = add_string(t, v);
	else if (json_span_is(v, JSON_VALUE_ARRAY))
		found = add_list(t, v);
	else if (json_span_is(v, JSON_VALUE_OBJECT))
		found = add_object(t, v);
	t->depth--;
	return found;
}

void error_text_read(struct json_span v, char *out, size_t size)
{
	struct texts t;

	t.len = 0;
	t.depth = t.listed = 0;
	out[0] = '\0';
	if (v.at && add_error(&t, v))
		text_one_line(out, size, t.text, t.len);
}

void error_text_code(struct json_span v, char *out, size_t size)
{
	/* Most; Hugging Face; AWS; OAuth and Spring, whose error is a name beside the message. */
	struct json_want want[] = {{.name = "code"}, {.name = "type"}, {.name = "error_type"},
		{.name = "__type"}, {.name = "error_code"}, {.name = "errorCode"},
		{.name = "errorcode"}, {.name = "error"}};
	struct texts t;

	out[0] = '\0';
	if (!json_span_is(v, JSON_VALUE_OBJECT))
		return;
	json_pick(v.at, v.len, want, N_OF(want), NULL);
	for (size_t i = 0; i < N_OF(want); i++) {
		t.len = 0;
		if (want[i].value.len >= size || !add_string(&t, want[i].value))
			continue;
		text_one_line(out, size, t.text, t.len);
		return;
	}
}

/* The text between <NAME …> and </NAME>. */
static bool find_element(
	const char *body, size_t len, const char *open, const char *close, struct texts *t)
{
	const char *end = body + len, *at, *stop;
	size_t n = strlen(open);

	for (at = body; at + n < end; at++)
		if (*at == '<' && !strncasecmp(at, open, n) && strchr("> \t\r\n", at[n]))
			break;
	if (at + n >= end || !(at = memchr(at, '>', (size_t)(end - at))))
		return false;
	at++;
	for (stop = at; stop + strlen(close) <= end; stop++)
		if (*stop == '<' && !strncasecmp(stop, close, strlen(close)))
			break;
	if (stop + strlen(close) > end)
		return false;
	add(t, at, (size_t)(stop - at));
	return true;
}

void error_text_page(const char *body, size_t len, char *out, size_t size)
{
	struct texts t;

	t.len = 0;
	out[0] = '\0';
	len = len < PAGE_MOST ? len : PAGE_MOST;
	if (!len || !memchr(body, '<', len))
		return;
	if (find_element(body, len, "<title", "</title", &t))
		text_one_line(out, size, t.text, t.len);
	if (*out)
		return;
	t.len = 0;
	/* the XML of object stores has a message */
	if ((find_element(body, len, "<h1", "</h1", &t) ||
		    find_element(body, len, "<message", "</message", &t)) &&
		!memchr(t.text, '<', t.len))
		text_one_line(out, size, t.text, t.len);
}
