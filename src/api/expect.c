#include "api/expect.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/provider_parts.h"
#include "base/json.h"
#include "base/text.h"

enum { TEXT_MAX = 256 << 20, SEEN = 60 };

static const char prefix[] = "expect_";

bool answer_body_text(const char *body, size_t len, struct buf *out)
{
	return provider_raw.text(json_whole(body, len), out);
}

/* ---- what is expected ---- */

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
	} else if (!path || path >= sizeof(x->path) || strlen(equals + 1) >= sizeof(x->value)) {
		return error_set(err,
			"--expect takes json, nonempty or PATH=VALUE such as finish_reason=stop");
	} else {
		snprintf(x->path, sizeof(x->path), "%.*s", (int)path, text);
		if (!strcmp(x->path, "finish_reason"))
			snprintf(x->path, sizeof(x->path), "choices.0.finish_reason");
		snprintf(x->value, sizeof(x->value), "%s", equals + 1);
	}
	e->n++;
	return true;
}

static bool fail(
	struct verdict *out, const char *name, const char *what, const char *seen, size_t len)
{
	char text[SEEN * 2];

	text_sanitise(text, sizeof(text), seen, len < SEEN ? len : SEEN);
	out->outcome = OUTCOME_BAD_RESPONSE;
	snprintf(out->code, sizeof(out->code), "%s%s", prefix, name);
	snprintf(out->message, sizeof(out->message), "expected %s, got %s%s%s", what,
		len ? "\"" : "nothing", text,
		!len         ? ""
		: len > SEEN ? "...\""
			     : "\"");
	return false;
}

/* Models like to put JSON into a fence of Markdown. */
static void strip_fence(const char **at, size_t *len)
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

static bool judge_value(const struct expect *x, struct json_span body, struct verdict *out)
{
	struct json_span v = json_find(body, x->path);
	const char *name = strrchr(x->path, '.');
	char what[sizeof(x->path) + sizeof(x->value) + 2];
	struct buf seen;
	bool good;

	buf_init(&seen, TEXT_MAX);
	if (v.at && !json_string_decode(v, &seen))
		buf_add(&seen, v.at, v.len);
	good = v.at && seen.len == strlen(x->value) && !memcmp(buf_str(&seen), x->value, seen.len);
	name = name ? name + 1 : x->path;
	snprintf(what, sizeof(what), "%s=%s", name, x->value);
	good = good || fail(out, name, what, buf_str(&seen), seen.len);
	buf_free(&seen);
	return good;
}

static bool judge_one(
	const struct expect *x, struct json_span body, const struct buf *text, struct verdict *out)
{
	const char *at = text->len ? text->data : "";
	size_t len = text->len;

	switch (x->kind) {
	case EXPECT_VALUE:
		return judge_value(x, body, out);
	case EXPECT_NONEMPTY:
		strip_fence(&at, &len);
		return len || fail(out, "nonempty", "a text", at, len);
	case EXPECT_JSON:
		strip_fence(&at, &len);
		return json_pick(at, len, NULL, 0, NULL) != JSON_NONE ||
		       fail(out, "json", "JSON", at, len);
	}
	return true;
}

bool expects_judge(const struct expects *e, const struct provider *p, const char *body, size_t len,
	struct verdict *out)
{
	struct json_span whole = json_whole(body, len);
	struct buf text;
	bool good = true;

	buf_init(&text, TEXT_MAX);
	p->text(whole, &text);
	for (size_t i = 0; good && i < e->n; i++)
		good = judge_one(&e->at[i], whole, &text, out);
	buf_free(&text);
	return good;
}

bool expects_failed(const struct verdict *v)
{
	return v->outcome == OUTCOME_BAD_RESPONSE && !strncmp(v->code, prefix, sizeof(prefix) - 1);
}
