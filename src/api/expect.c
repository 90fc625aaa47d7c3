#include "api/expect.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer_text.h"
#include "api/provider_parts.h"
#include "base/json.h"
#include "base/text.h"

enum { TEXT_MAX = 256 << 20, SEEN = 60 };

static const char prefix[] = "expect_";

bool answer_body_text(struct json_span body, struct buf *out)
{
	return provider_raw.text(body, out);
}

/* ---- expectations ---- */

bool expects_add(struct expects *e, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	struct expect *x = &e->at[e->n];
	size_t path = equals ? (size_t)(equals - text) : 0;

	if (e->n == EXPECT_MAX)
		return error_set(err, "at most %d expectations", EXPECT_MAX);
	*x = (struct expect){.kind = EXPECT_VALUE};
	if (!strcmp(text, "json")) {
		x->kind = EXPECT_JSON;
	} else if (!strcmp(text, "nonempty")) {
		x->kind = EXPECT_NONEMPTY;
	} else if (!strcmp(text, "text")) {
		x->kind = EXPECT_TEXT;
	} else if (!path || path >= sizeof(x->path) || strlen(equals + 1) >= sizeof(x->value)) {
		return error_set(err, "--expect takes json, text, nonempty or PATH=VALUE such as "
				      "finish_reason=stop");
	} else {
		snprintf(x->path, sizeof(x->path), "%.*s", (int)path, text);
		if (!strcmp(x->path, "finish_reason"))
			x->kind = EXPECT_FINISH;
		snprintf(x->value, sizeof(x->value), "%s", equals + 1);
	}
	e->n++;
	return true;
}

/* Writes the front of the found text in quotes, which the errors screen ignores when it groups
 * failures. */
static void quote_front(const char *seen, size_t len, char *out, size_t size)
{
	char escaped[2 * SEEN + 8];
	size_t n = 0, front = len;

	if (len > SEEN)
		for (front = SEEN; front && ((unsigned char)seen[front] & 0xc0) == 0x80;)
			front--;
	escaped[n++] = '"';
	for (size_t i = 0; i < front; i++) {
		if (seen[i] == '"' || seen[i] == '\\')
			escaped[n++] = '\\';
		escaped[n++] = seen[i];
	}
	n += (size_t)snprintf(escaped + n, sizeof(escaped) - n, "%s\"", front < len ? "..." : "");
	text_sanitise(out, size, escaped, n);
}

static bool fail(
	struct verdict *out, const char *name, const char *what, const char *seen, size_t len)
{
	char text[4 * SEEN] = "nothing";

	if (len)
		quote_front(seen, len, text, sizeof(text));
	out->outcome = OUTCOME_BAD_RESPONSE;
	snprintf(out->code, sizeof(out->code), "%s%s", prefix, name);
	snprintf(out->message, sizeof(out->message), "expected %s, got %s", what, text);
	return false;
}

void answer_strip_fence(const char **at, size_t *len)
{
	const char *line;

	while (*len && isspace((unsigned char)**at))
		(*at)++, (*len)--;
	while (*len && isspace((unsigned char)(*at)[*len - 1]))
		(*len)--;
	if (*len < 6 || memcmp(*at, "```", 3) != 0 || memcmp(*at + *len - 3, "```", 3) != 0)
		return;
	line = memchr(*at, '\n', *len - 3);
	if (!line)
		return;
	*len -= (size_t)(line - *at) + 3;
	*at = line;
}

/* The content of a string, else the JSON value. */
static void value_text(struct json_span v, struct buf *out)
{
	if (v.at && !json_string_decode(v, out))
		buf_add(out, v.at, v.len);
}

/* The word of OpenAI's chat for another API's finish reason. */
static const char *finish_word(const char *said)
{
	static const char *const words[][2] = {
		/* https://docs.anthropic.com/en/api/handling-stop-reasons */
		{"end_turn", "stop"},
		{"stop_sequence", "stop"},
		{"max_tokens", "length"},
		{"tool_use", "tool_calls"},
		{"refusal", "content_filter"},
		/* responses */
		{"completed", "stop"},
		{"max_output_tokens", "length"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(said, words[i][0]))
			return words[i][1];
	return said;
}

static bool judge_value(const struct expect *x, struct json_span body, struct verdict *out)
{
	struct json_span v =
		x->kind == EXPECT_FINISH ? answer_finish(body) : json_find(body, x->path);
	const char *name = strrchr(x->path, '.');
	char what[sizeof(x->path) + sizeof(x->value) + 2];
	struct buf seen;
	bool good;

	buf_init(&seen, TEXT_MAX);
	value_text(v, &seen);
	good = v.at && seen.len == strlen(x->value) && !memcmp(buf_str(&seen), x->value, seen.len);
	if (x->kind == EXPECT_FINISH)
		good = good || !strcmp(finish_word(buf_str(&seen)), x->value);
	name = name ? name + 1 : x->path;
	snprintf(what, sizeof(what), "%s=%s", name, x->value);
	good = good || fail(out, name, what, buf_str(&seen), seen.len);
	buf_free(&seen);
	return good;
}

/* ---- tools ---- */

/* Types of the items by which an answer calls tools that its reader runs; the calls of a server's
 * own tools, such as web_search_call, come beside its text. */
static bool is_call(void *ctx, struct json_span item)
{
	static const char *const types[] = {"tool_use", /* Anthropic */
		"function_call", "custom_tool_call", "computer_call", "local_shell_call",
		"shell_call", "apply_patch_call"};
	struct json_span type = json_find(item, "type");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (json_span_equals(type, types[i]))
			*(bool *)ctx = true;
	return !*(bool *)ctx;
}

/* Does the answer call tools? They are in a message of chat, the content of Anthropic's message, or
 * the output of a response. */
static bool calls_tools(struct json_span body)
{
	struct json_span message = json_find(body, "choices.0.message");
	bool found = json_span_is(json_find(message, "tool_calls.0"), JSON_VALUE_OBJECT) ||
		     json_span_is(json_find(message, "function_call"), JSON_VALUE_OBJECT);

	if (!found)
		json_each_element(json_find(body, "content"), is_call, &found);
	if (!found)
		json_each_element(json_find(body, "output"), is_call, &found);
	return found;
}

static bool judge_one(
	const struct expect *x, struct json_span body, const struct buf *text, struct verdict *out)
{
	const char *at = text->len ? text->data : "";
	size_t len = text->len;

	switch (x->kind) {
	case EXPECT_FINISH:
	case EXPECT_VALUE:
		return judge_value(x, body, out);
	case EXPECT_NONEMPTY:
		answer_strip_fence(&at, &len);
		return len || calls_tools(body) || fail(out, "nonempty", "a text", at, len);
	case EXPECT_TEXT:
		answer_strip_fence(&at, &len);
		return len || fail(out, "text", "a text", at, len);
	case EXPECT_JSON:
		answer_strip_fence(&at, &len);
		return json_pick(at, len, NULL, 0, NULL) != JSON_NONE || calls_tools(body) ||
		       fail(out, "json", "JSON", at, len);
	}
	return true;
}

/* The text to check in an answer without a model's text: the body of a service that is not a model,
 * the elements of a list (embeddings). */
static void add_content(const struct provider *p, struct json_span whole, const char *body,
	size_t len, struct buf *out)
{
	struct json_span data = json_find(whole, "data");

	if (!p->answers_json && !json_find(whole, "choices").at)
		buf_add(out, body, len);
	else if (json_find(data, "0").at)
		buf_add(out, data.at, data.len);
}

bool expects_judge(const struct expects *e, const struct provider *p, const char *body, size_t len,
	struct verdict *out)
{
	struct json_span whole = out->json;
	struct buf text;
	bool good = true;

	buf_init(&text, TEXT_MAX);
	if (!p->text(whole, &text))
		add_content(p, whole, body, len, &text);
	for (size_t i = 0; good && i < e->n; i++)
		good = judge_one(&e->at[i], whole, &text, out);
	buf_free(&text);
	return good;
}

bool expects_failed(const struct verdict *v)
{
	return v->outcome == OUTCOME_BAD_RESPONSE && !strncmp(v->code, prefix, sizeof(prefix) - 1);
}
