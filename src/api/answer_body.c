#include "config.h"

#include "api/answer_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/error_text.h"
#include "base/clock.h"
#include "base/text.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Hints stand near the front, so long error pages are not searched. */
enum { SEARCHED = 64 << 10 };

void answer_choice_wants(struct json_want want[ANSWER_CHOICE_WANTED])
{
	static const struct json_want wants[ANSWER_CHOICE_WANTED] = {{.name = "message"},
		{.name = "text"}, {.name = "delta"}, {.name = "finish_reason"}, {.name = "error"}};

	memcpy(want, wants, sizeof(wants));
}

struct answer_choice answer_choice_of(const struct json_want want[ANSWER_CHOICE_WANTED])
{
	return (struct answer_choice){
		want[0].value, want[1].value, want[2].value, want[3].value, want[4].value};
}

struct json_span answer_unwrapped(struct json_span v)
{
	return json_span_is(v, JSON_VALUE_ARRAY) ? json_find(v, "0") : v;
}

/* Of a list only what tells of an error: its elements are no answer. */
static void wrapped_members(struct json_span list, struct answer_members *out)
{
	struct json_want error = {.name = "error"};
	struct json_span first = answer_unwrapped(list);

	if (!json_span_is(first, JSON_VALUE_OBJECT))
		return;
	json_pick(first.at, first.len, &error, 1, NULL);
	out->whole = first;
	out->error = answer_unwrapped(error.value);
}

bool answer_members(enum asked asked, const char *body, size_t len, struct answer_members *out)
{
	enum { USAGE, ERROR, STATUS, CONTENT, WANTED };
	static const char *const contents[] = {[ASKED_OTHER] = "content",
		[ASKED_CHOICES] = "choices",
		[ASKED_RESPONSE] = "output",
		[ASKED_MESSAGE] = "content",
		[ASKED_EMBEDDINGS] = "data"};
	struct json_want want[WANTED] = {
		[USAGE] = {.name = "usage"},
		[ERROR] = {.name = "error"},
		[STATUS] = {.name = "status"},
		[CONTENT] = {.name = contents[asked]},
	};
	struct json_want element[ANSWER_CHOICE_WANTED];
	struct json_within within = {CONTENT, element, 0, true};
	enum json_type type;

	if (asked == ASKED_CHOICES) {
		answer_choice_wants(element);
		within.n = ANSWER_CHOICE_WANTED;
	} else if (asked == ASKED_EMBEDDINGS) {
		element[0] = (struct json_want){.name = "embedding"};
		within.n = 1;
	}
	type = json_pick_within(body, len, want, WANTED, within.n ? &within : NULL, NULL);
	out->usage = want[USAGE].value;
	out->error = answer_unwrapped(want[ERROR].value);
	out->status = want[STATUS].value;
	out->content = want[CONTENT].value;
	if (asked == ASKED_CHOICES)
		out->choice = answer_choice_of(element);
	else if (asked == ASKED_EMBEDDINGS)
		out->embedding = element[0].value;
	out->whole = (struct json_span){NULL, 0};
	if (type == JSON_NONE)
		return false;
	out->whole = json_trim(body, len);
	if (type == JSON_VALUE_ARRAY)
		wrapped_members(out->whole, out);
	return true;
}

bool answer_is_error(struct json_span error)
{
	return (json_span_is(error, JSON_VALUE_OBJECT) || json_span_is(error, JSON_VALUE_STRING)) &&
	       error.len > 2;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cuts the text off the end, if it ends with it. */
static bool cut_end(struct json_span *v, const char *text)
{
	size_t len = strlen(text);

	if (v->len < len || memcmp(v->at + v->len - len, text, len) != 0)
		return false;
	v->len -= len;
	return true;
}

struct json_span answer_core(const char *body, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf", mark[] = "[DONE]";
	struct json_span v = {body, len};

	while (v.len && (is_blank(*v.at) || json_span_begins(v, bom))) {
		size_t n = is_blank(*v.at) ? 1 : sizeof(bom) - 1;

		v.at += n;
		v.len -= n;
	}
	for (;;) {
		while (v.len && is_blank(v.at[v.len - 1]))
			v.len--;
		if (v.len < sizeof(mark) || !cut_end(&v, mark))
			break;
		if (!cut_end(&v, "data: "))
			cut_end(&v, "data:");
	}
	return v;
}

bool answer_count(struct json_span v, int64_t *out)
{
	uint32_t few;
	double n;

	if (json_span_digits(v, &few) && few <= TOKENS_MAX) {
		*out = few;
		return true;
	}
	if (!json_span_double(v, &n) || !(n >= 0 && n <= TOKENS_MAX))
		return false;
	*out = (int64_t)(n + 0.5);
	return true;
}

/* Collects the texts found. */
struct parts {
	struct buf *out;
	bool found;
};

static bool add_part(void *ctx, struct json_span part)
{
	struct parts *p = ctx;

	p->found = json_string_decode(json_find(part, "text"), p->out) || p->found;
	return true;
}

bool answer_content(struct json_span content, struct buf *out)
{
	struct parts p = {out, false};

	if (json_span_is(content, JSON_VALUE_STRING))
		return json_string_decode(content, out);
	json_each_element(content, add_part, &p);
	return p.found;
}

/* Copies a string or a number into a field; false when it is neither, or empty. */
static bool span_text(struct json_span v, char *out, size_t size)
{
	struct buf text;

	if (json_span_is(v, JSON_VALUE_NUMBER)) {
		text_one_line(out, size, v.at, v.len);
		return true;
	}
	if (!json_span_is(v, JSON_VALUE_STRING))
		return false;
	buf_init(&text, v.len);
	json_string_decode(v, &text);
	text_one_line(out, size, buf_str(&text), text.len);
	buf_free(&text);
	return *out != '\0';
}

/* Reads a code that stands beside the error, unless it repeats the status. */
static void beside_error(struct json_span whole, struct verdict *out)
{
	struct json_want want[] = {{.name = "code"}, {.name = "status"}, {.name = "type"},
		{.name = "error_code"}, {.name = "statusCode"}, {.name = "status_code"}};
	char status[16];

	snprintf(status, sizeof(status), "%d", out->status);
	if (json_pick(whole.at, whole.len, want, N_OF(want), NULL) != JSON_VALUE_OBJECT)
		return;
	for (size_t i = 0; i < N_OF(want) && !*out->code; i++) {
		span_text(want[i].value, out->code, sizeof(out->code));
		if (!strcmp(out->code, status))
			out->code[0] = '\0';
	}
}

/* OpenRouter says "Provider returned error" and has the provider's words in the metadata:
 * https://openrouter.ai/docs/api-reference/errors */
static void add_raw(struct json_span error, struct verdict *out)
{
	char raw[sizeof(out->message)], both[2 * sizeof(out->message)];
	int n;

	error_text_read(json_find(error, "metadata.raw"), raw, sizeof(raw));
	if (!*raw)
		return;
	n = snprintf(both, sizeof(both), "%s%s%s", out->message, *out->message ? ": " : "", raw);
	text_one_line(out->message, sizeof(out->message), both, (size_t)n);
}

void answer_error(const struct answer_members *m, struct verdict *out)
{
	enum { CODE, STATUS, TYPE };
	struct json_want want[] = {
		[CODE] = {.name = "code"},
		[STATUS] = {.name = "status"},
		[TYPE] = {.name = "type"},
	};
	const struct json_span *code;

	if (!json_span_is(m->error, JSON_VALUE_OBJECT)) {
		error_text_read(m->whole, out->message, sizeof(out->message));
		if (!out->message[0])
			span_text(m->error, out->message, sizeof(out->message));
		if (m->whole.at)
			beside_error(m->whole, out);
		if (!out->code[0])
			error_text_code(m->whole, out->code, sizeof(out->code));
		if (!strcmp(out->code, out->message))
			out->code[0] = '\0';
		return;
	}
	error_text_read(m->error, out->message, sizeof(out->message));
	json_pick(m->error.at, m->error.len, want, N_OF(want), NULL);
	/* OpenAI's code or type, Anthropic's type, Gemini's status beside a numeric code. */
	code = &want[CODE].value;
	if (!json_span_is(*code, JSON_VALUE_STRING) || code->len <= 2)
		code = &want[STATUS].value;
	if (!json_span_is(*code, JSON_VALUE_STRING))
		code = &want[TYPE].value;
	if (!code->at)
		code = &want[CODE].value;
	if (!span_text(*code, out->code, sizeof(out->code)))
		beside_error(m->error, out);
	if (!out->message[0])
		error_text_read(m->whole, out->message, sizeof(out->message));
	add_raw(m->error, out);
}

/* The end of the first occurrence of text in the body; NULL when there is none. */
static const char *behind(const char *body, size_t len, const char *text)
{
	const char *p = memmem(body, len, text, strlen(text));

	return p ? p + strlen(text) : NULL;
}

/* The length in us of a time unit by its name, also in the plural; 0: not a unit. */
static double unit_us(const char *name, size_t len)
{
	static const struct {
		const char *names;
		double us;
	} units[] = {
		{" ms msec millisecond ", US_PER_MS},
		{" s sec second ", US_PER_S},
		{" m min minute ", US_PER_MIN},
		{" h hr hour ", 60.0 * US_PER_MIN},
		{" d day ", 24.0 * 60 * US_PER_MIN},
	};
	char word[16];

	if (len > 2 && name[len - 1] == 's')
		len--;
	if (!len || len + 3 > sizeof(word))
		return 0;
	snprintf(word, sizeof(word), " %.*s ", (int)len, name);
	for (size_t i = 0; i < N_OF(units); i++)
		if (strstr(units[i].names, word))
			return units[i].us;
	return 0;
}

/* Reads a duration in us: "8.71s", "120ms", "1m2.5s", "26 seconds". A number without a unit counts
 * in bare_us, which 0 forbids. -1: not a duration. */
static int64_t read_wait(const char *p, const char *end, double bare_us)
{
	char text[32], *at = text;
	size_t n = (size_t)(end - p) < sizeof(text) - 1 ? (size_t)(end - p) : sizeof(text) - 1;
	double sum = -1;

	memcpy(text, p, n);
	text[n] = '\0';
	while (*at >= '0' && *at <= '9') {
		char *unit;
		double v = strtod(at, &unit), us;

		unit += *unit == ' ';
		at = unit + strspn(unit, "abcdefghijklmnopqrstuvwxyz");
		us = unit_us(unit, (size_t)(at - unit));
		if (us == 0 && sum < 0)
			us = bare_us;
		if (us == 0)
			break;
		sum = (sum < 0 ? 0 : sum) + v * us;
	}
	return sum < 0 || sum > 366.0 * 24 * 60 * US_PER_MIN ? -1 : (int64_t)(sum + 0.5);
}

/* Members that hold a wait: a duration, or a number of this unit. */
static int64_t wait_member(const char *body, const char *end)
{
	static const struct {
		const char *key;
		double bare_us;
	} members[] = {
		/* https://cloud.google.com/apis/design/errors, RetryInfo */
		{"\"retryDelay\"", 0},
		/* https://discord.com/developers/docs/topics/rate-limits and many gateways */
		{"\"retry_after\"", US_PER_S},
		{"\"retry_after_seconds\"", US_PER_S},
		{"\"retry_after_ms\"", US_PER_MS},
	};
	int64_t us = -1;

	for (size_t i = 0; i < N_OF(members) && us < 0; i++) {
		const char *p = behind(body, (size_t)(end - body), members[i].key);

		while (p && p < end && memchr(" \t\r\n:\"", *p, 6))
			p++;
		if (p)
			us = read_wait(p, end, members[i].bare_us);
	}
	return us;
}

int64_t answer_wait_us(const char *body, size_t len)
{
	/* The phrases lack their first letter, which may be a capital. From OpenAI and Groq;
	 * Gemini; Azure with its gateways and hosted models; Django's REST framework; Gemini's
	 * daily quotas. */
	static const char *const phrases[] = {"ry again in ", "etry in ", "etry after ",
		"ry again after ", "ait ", "ait for ", "vailable in ", "eset after ", "esets in "};
	const char *end = body + (len < SEARCHED ? len : SEARCHED);
	int64_t us = wait_member(body, end);

	for (size_t i = 0; i < N_OF(phrases) && us < 0; i++) {
		const char *p = body;

		while (us < 0 && (p = behind(p, (size_t)(end - p), phrases[i])))
			us = read_wait(p, end, 0);
	}
	return us;
}

bool answer_is_unpaid(const struct verdict *v)
{
	/* Not "exceeded your current quota": Gemini uses it for limits per minute too. */
	static const char *const codes[] = {
		"insufficient_quota", "billing", "insufficient_balance"};

	for (size_t i = 0; i < N_OF(codes); i++)
		if (strstr(v->code, codes[i]))
			return true;
	/* Anthropic's words; its code is the one of any invalid request. */
	return strstr(v->message, "credit balance is too low") != NULL;
}

bool answer_is_daily(const char *body, size_t len)
{
	static const char *const words[] = {
		"per day", "per-day", "PerDay", "(RPD)", "(TPD)", "daily limit", "daily quota"};

	len = len < SEARCHED ? len : SEARCHED;
	for (size_t i = 0; i < N_OF(words); i++)
		if (behind(body, len, words[i]))
			return true;
	return false;
}
