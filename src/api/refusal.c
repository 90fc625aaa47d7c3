#include "config.h"

#include "api/refusal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Words stand near the front, so long error pages are not searched. */
enum { SEARCHED = 64 << 10 };

/* ---- words ---- */

static bool has_any(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

/* All names of the error: its code, type and status, each behind a blank. */
static void read_names(const struct answer_members *m, const struct verdict *v, struct buf *out)
{
	struct json_want want[] = {{.name = "code"}, {.name = "type"}, {.name = "status"},
		{.name = "error_type"}, {.name = "__type"}};
	const struct json_span from[] = {m->error, m->whole};

	buf_addf(out, " %s", v->code);
	for (size_t i = 0; i < N_OF(from); i++) {
		if (!json_span_is(from[i], JSON_VALUE_OBJECT))
			continue;
		json_pick(from[i].at, from[i].len, want, N_OF(want), NULL);
		for (size_t k = 0; k < N_OF(want); k++) {
			buf_addc(out, ' ');
			if (json_span_is(want[k].value, JSON_VALUE_STRING))
				json_string_decode(want[k].value, out);
		}
	}
}

/* Do the error's names or its message say that this input is at fault, so that it will never pass?
 * Gateways copy a client error's name into a server error and back, so an error that also names a
 * trouble of the server, or asks to try again, does not count: DeepSeek's busy server says
 * "invalid_request_error" as its code. */
static bool blames_input(const char *names, const char *message)
{
	static const char *const input_names[] = {
		/* https://platform.openai.com/docs/guides/error-codes and Anthropic's */
		"invalid_request_error", "context_length_exceeded", "invalid_prompt",
		"content_filter", "content_policy_violation", "string_above_max_length",
		"unsupported_value", "invalid_value", "request_too_large",
		/* vLLM, LiteLLM; TGI; Gemini; Bedrock */
		"BadRequestError", "InvalidRequestError", "ContextWindowExceeded", "validation",
		"INVALID_ARGUMENT", "ValidationException"};
	static const char *const input_words[] = {/* OpenAI, vLLM, SGLang and whoever copies them */
		"maximum context length", "exceeds the context length", "context length exceeded",
		"reduce the length of",
		/* https://github.com/vllm-project/vllm/issues/12165, its later versions */
		"too long to fit into the model", "longer than the maximum model length",
		/* Anthropic; llama.cpp; TGI; Cohere; Bedrock; Gemini: the list of LiteLLM's
		 * exception_mapping_utils.py */
		"prompt is too long", "exceed context limit", "exceeds the available context size",
		"input validation error", "too many tokens:", "input is too long",
		"exceeds the maximum number of tokens allowed",
		"input tokens exceed the configured limit", "is longer than the model's context",
		"content management policy", "safety system"};
	static const char *const server_names[] = {"server_error", "unavailable", "overloaded",
		"timeout", "internal", "rate_limit", "unknown_error", "upstream", "ServerError"};
	static const char *const server_words[] = {"try again", "retry", "overloaded", "temporar",
		"too busy", "is busy", "timed out", "unavailable", "capacity", "internal",
		"server error", "server had an error"};

	if (has_any(message, input_words, N_OF(input_words)))
		return true;
	return has_any(names, input_names, N_OF(input_names)) &&
	       !has_any(names, server_names, N_OF(server_names)) &&
	       !has_any(message, server_words, N_OF(server_words));
}

/* Cohere's 498: "a request or response contains a deny-listed token" (its OpenAPI specification and
 * SDK, invalid_token_error.py). Groq's 498 has the code capacity_exceeded
 * (https://console.groq.com/docs/flex-processing). */
static bool is_blocked(const char *message)
{
	static const char *const words[] = {
		"deny-list", "denylist", "deny list", "blocked", "invalid token", "blocklist"};

	return has_any(message, words, N_OF(words));
}

/* ---- a request larger than the limit ---- */

/* What stands between the word and its figure: "Limit 30000", "limit: 30,000", "\"limit\":30000",
 * "requested up to 64000". */
static const char *skip_fillers(const char *p, const char *end)
{
	static const char *const fillers[] = {"of ", "is ", "up to "};
	const char *before;

	do {
		before = p;
		while (p < end && strchr("\\\": =", *p))
			p++;
		for (size_t i = 0; i < N_OF(fillers); i++) {
			size_t n = strlen(fillers[i]);

			if (n < (size_t)(end - p) && !strncasecmp(p, fillers[i], n))
				p += n;
		}
	} while (p != before);
	return p;
}

/* Reads "30000" or "30,000"; negative: no figure, or one of a name such as "4o". */
static double read_figure(const char *p, const char *end)
{
	double x = -1;

	for (; p < end; p++) {
		if (isdigit((unsigned char)*p))
			x = fmax(x, 0) * 10 + (*p - '0');
		else if (*p != ',' || p + 1 == end || !isdigit((unsigned char)p[1]))
			break;
	}
	return p < end && isalpha((unsigned char)*p) ? -1 : x;
}

/* The figure behind a word, the largest when there are several; negative: none. */
static double figure_behind(const char *text, size_t len, const char *word)
{
	const char *end = text + len;
	size_t n = strlen(word);
	double found = -1;

	for (const char *at = text; at + n < end; at++) {
		const char *p;

		if (strncasecmp(at, word, n) != 0 || (at > text && isalnum((unsigned char)at[-1])))
			continue;
		p = skip_fillers(at + n, end);
		if (p > at + n)
			found = fmax(found, read_figure(p, end));
	}
	return found;
}

static bool contains(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (!strncasecmp(text + i, word, n))
			return true;
	return false;
}

/* OpenAI and Groq: "Request too large for gpt-4o … on tokens per min (TPM): Limit 30000, Requested
 * 45411" (429 and 413, https://github.com/vanna-ai/vanna-flask/issues/11,
 * https://github.com/cottongeeks/podscript/issues/20). "Limit 30000, Used 29000, Requested 2000"
 * has to wait only. */
bool refusal_is_too_large(const char *body, size_t len, bool phrases)
{
	double limit, requested;

	len = len < SEARCHED ? len : SEARCHED;
	requested = figure_behind(body, len, "requested");
	limit = requested < 0 ? -1 : figure_behind(body, len, "limit");
	/* "Limit 0" is no access at all, whatever is requested */
	if (requested >= 0 && limit >= 0)
		return limit > 0 && requested > limit;
	return phrases && (contains(body, len, "request too large") ||
				  contains(body, len, "too large for model"));
}

/* ---- the outcome ---- */

static bool is_transient(int status)
{
	return status >= 500 || status == 408 || status == 409 ||
	       (status >= 423 && status <= 425) || status == 498 || status == 499;
}

void refusal_judge(
	const char *body, size_t len, const struct answer_members *m, struct verdict *out)
{
	bool too_large = (out->status == 429 || out->status == 413 || out->status == 400) && len &&
			 !strstr(out->code, "context_length") &&
			 refusal_is_too_large(body, len, out->status != 400);
	struct buf names;

	if (too_large) {
		out->outcome = OUTCOME_TOO_LARGE;
		return;
	}
	buf_init(&names, 16 << 10);
	read_names(m, out, &names);
	/* Groq has 413 for a request above the tokens per minute; what is not too large may wait */
	if ((out->status == 413 && strstr(buf_str(&names), "rate_limit_exceeded")) ||
		(out->status == 498 && strstr(buf_str(&names), "capacity_exceeded")))
		out->outcome = OUTCOME_RATE_LIMITED;
	else if ((out->status == 498 && is_blocked(out->message)) ||
		 (is_transient(out->status) && blames_input(buf_str(&names), out->message)))
		out->outcome = OUTCOME_CLIENT_ERROR;
	buf_free(&names);
}

/* ---- a refused member ---- */

struct search {
	const char *name;
	int depth;
	bool found;
};

/* Does the text name the member, other than as the key of a copied request? */
static bool text_names(const char *text, size_t len, const char *name)
{
	const char *end = text + (len < SEARCHED ? len : SEARCHED), *at = text;
	size_t n = strlen(name);

	while ((at = memmem(at, (size_t)(end - at), name, n))) {
		const char *p = at += n;

		while (p < end && strchr("\\\"' ", *p))
			p++;
		if (p == end || *p != ':')
			return true;
		for (p++; p < end && *p == ' '; p++)
			;
		if (p == end || *p != '{')
			return true;
	}
	return false;
}

static void search(struct search *s, struct json_span v);

static bool search_element(void *ctx, struct json_span v)
{
	struct search *s = ctx;

	search(s, v);
	return !s->found;
}

static bool search_member(void *ctx, struct json_span key, struct json_span v)
{
	/* copies of the request, or of a part of it: pydantic, LiteLLM */
	static const char *const copies[] = {"\"input\"", "\"ctx\"", "\"body\"", "\"request\""};
	struct search *s = ctx;

	for (size_t i = 0; i < N_OF(copies); i++)
		if (key.len == strlen(copies[i]) && !memcmp(key.at, copies[i], key.len))
			return true;
	/* {"stream_options":["Unknown field."]} */
	if (!json_span_is(v, JSON_VALUE_OBJECT) && text_names(key.at, key.len, s->name))
		s->found = true;
	else
		search(s, v);
	return !s->found;
}

static void search(struct search *s, struct json_span v)
{
	enum { DEPTH_MOST = 8 };

	if (s->depth == DEPTH_MOST)
		return;
	s->depth++;
	if (json_span_is(v, JSON_VALUE_STRING))
		s->found = text_names(v.at, v.len, s->name);
	else if (json_span_is(v, JSON_VALUE_ARRAY))
		json_each_element(v, search_element, s);
	else if (json_span_is(v, JSON_VALUE_OBJECT))
		json_each(v, search_member, s);
	s->depth--;
}

bool refusal_names(const struct answer *a, const char *name)
{
	struct search s = {.name = name};
	struct answer_members m;
	struct json_span v;

	if (a->stream && a->stream->error) {
		v = json_whole(a->stream->error, a->stream->error_len);
	} else if (!a->body_len) {
		return false;
	} else if (a->status >= 400) {
		v = json_whole(a->body, a->body_len);
		if (!v.at)
			return text_names(a->body, a->body_len, name);
	} else {
		if (!answer_members(ASKED_OTHER, a->body, a->body_len, &m) ||
			!answer_is_error(m.error))
			return false;
		v = m.error;
	}
	if (v.at)
		search(&s, v);
	return s.found;
}
