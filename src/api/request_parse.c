/* Checks an input line and finds its parts. */
#include <string.h>

#include "api/media.h"
#include "api/request_parts.h"
#include "base/text.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static bool check_url(struct json_span v, struct error *err)
{
	struct buf scratch;
	const char *url;
	size_t len;
	bool ok;

	if (!json_span_is(v, JSON_VALUE_STRING))
		return error_set(err, "url must be a string");
	buf_init(&scratch, 2 * REQUEST_MAX_URL);
	ok = request_text(v, &scratch, &url, &len) ? request_url_valid(url, len, err)
						   : error_set(err, "url is too long");
	buf_free(&scratch);
	return ok;
}

static bool check_id(struct json_span v, struct error *err)
{
	int64_t n;

	if (v.len > REQUEST_MAX_ID)
		return error_set(err, "custom_id is longer than %d MB", REQUEST_MAX_ID >> 20);
	if (!v.at || json_span_is(v, JSON_VALUE_STRING) || json_span_int(v, &n))
		return true;
	return error_set(err, "custom_id must be a string or a whole number");
}

static bool read_priority(struct json_span v, int *out, struct error *err)
{
	static const struct {
		const char *name;
		int value;
	} names[] = {
		{"\"high\"", PRIORITY_HIGH},
		{"\"normal\"", PRIORITY_NORMAL},
		{"\"low\"", PRIORITY_LOW},
	};
	int64_t n;

	*out = PRIORITY_NORMAL;
	if (!v.at)
		return true;
	for (size_t i = 0; i < N_OF(names); i++) {
		if (v.len == strlen(names[i].name) && !memcmp(v.at, names[i].name, v.len)) {
			*out = names[i].value;
			return true;
		}
	}
	if (!json_span_int(v, &n))
		return error_set(
			err, "priority must be \"high\", \"normal\", \"low\" or a whole number");
	*out = (int)(n < -100 ? -100 : n > 100 ? 100 : n);
	return true;
}

/* What pacing needs of a body: its model and its size in tokens. */
enum { MODEL, STREAM, LIMITS, PROMPTS = LIMITS + 3, BODY_MEMBERS = PROMPTS + 6 };

static const struct json_want body_members[BODY_MEMBERS] = {
	[MODEL] = {.name = "model"},
	[STREAM] = {.name = "stream"},
	[LIMITS] = {.name = "max_tokens"},
	{.name = "max_completion_tokens"},
	{.name = "max_output_tokens"},
	[PROMPTS] = {.name = "messages"},
	{.name = "prompt"},
	{.name = "input"},
	{.name = "system"},
	{.name = "instructions"},
	{.name = "tools"},
};

/* Takes the members of the body over; `whose` is the object that they were found in. False: it has
 * neither a model nor a prompt. */
static bool take_body_members(
	struct request_line *r, struct json_want *want, struct json_span whose)
{
	bool some = false;

	r->model = (struct json_span){NULL, 0};
	r->max_tokens = -1;
	r->prompt_bytes = 0;
	if (json_span_is(r->body, JSON_VALUE_OBJECT)) {
		if (r->body.at != whose.at)
			json_pick(r->body.at, r->body.len, want, BODY_MEMBERS, NULL);
		if (json_span_is(want[MODEL].value, JSON_VALUE_STRING))
			r->model = want[MODEL].value;
		r->streams = json_span_is(want[STREAM].value, JSON_VALUE_TRUE);
		for (size_t i = LIMITS; i < PROMPTS; i++) {
			int64_t n;

			if (json_span_int(want[i].value, &n) && n > r->max_tokens)
				r->max_tokens = n;
		}
		for (size_t i = PROMPTS; i < BODY_MEMBERS; i++)
			r->prompt_bytes += media_text_bytes(want[i].value);
		some = r->prompt_bytes || want[MODEL].value.at || want[PROMPTS].value.at;
	}
	if (!r->prompt_bytes)
		r->prompt_bytes = media_text_bytes(r->body);
	return some;
}

double request_estimate_tokens(const struct request_line *r)
{
	return (double)r->prompt_bytes / 4;
}

/* A path below /v1/ or a body with a model is OpenAI's; anything else may be any service. */
static bool looks_like_openai(const struct request_line *r)
{
	static const char *const paths[] = {"\"/v1/", "\"v1/"};
	struct json_want model = {.name = "model"};

	if (!json_span_is(r->body, JSON_VALUE_OBJECT) || r->headers.at)
		return false;
	for (size_t i = 0; i < N_OF(paths); i++)
		if (r->url.len > strlen(paths[i]) && !memcmp(r->url.at, paths[i], strlen(paths[i])))
			return true;
	json_pick(r->body.at, r->body.len, &model, 1, NULL);
	return model.value.at != NULL;
}

static enum input_format recognise(const struct request_line *r, struct json_span params)
{
	if (r->url.at)
		return looks_like_openai(r) ? FORMAT_OPENAI : FORMAT_HTTP;
	if (json_span_is(params, JSON_VALUE_OBJECT))
		return FORMAT_ANTHROPIC;
	/* A request without its url is a mistake, not a body. */
	if (r->body.at || r->method.at)
		return FORMAT_HTTP;
	return FORMAT_BODY;
}

/* Finds the body of each format and checks its required members. */
static bool settle(
	struct request_line *r, struct json_span whole, struct json_span params, struct error *err)
{
	static const struct json_span none = {NULL, 0};
	bool content_type;
	char method[16];

	if (r->format == FORMAT_ANTHROPIC || r->format == FORMAT_BODY ||
		r->format == FORMAT_WHOLE) {
		r->method = r->url = r->headers = none;
		r->body = r->format == FORMAT_ANTHROPIC ? params : whole;
		if (!json_span_is(r->body, JSON_VALUE_OBJECT))
			return error_set(err, "an Anthropic line needs an object \"params\"");
		return true;
	}
	if (!r->url.at)
		return error_set(err, "the line has no url: add one");
	if (r->format == FORMAT_OPENAI && !json_span_is(r->body, JSON_VALUE_OBJECT))
		return error_set(err, "an OpenAI batch line needs an object \"body\"");
	if (!check_url(r->url, err) || !request_method(r, method, err))
		return false;
	return !r->headers.at || request_headers(r->headers, NULL, &content_type, err);
}

static struct json_span unless_null(struct json_span v)
{
	return json_span_is(v, JSON_VALUE_NULL) ? (struct json_span){NULL, 0} : v;
}

bool request_parse(const char *line, size_t len, enum input_format format, struct request_line *out,
	struct error *err)
{
	enum { ID, METHOD, URL, HEADERS, BODY, METADATA, PRIORITY, PARAMS, ENDPOINT };
	struct json_want in_body[BODY_MEMBERS];
	const struct json_within within = {BODY, in_body, BODY_MEMBERS, false};
	struct json_want want[] = {
		[ID] = {.name = "custom_id"},
		[METHOD] = {.name = "method"},
		[URL] = {.name = "url"},
		[HEADERS] = {.name = "headers"},
		[BODY] = {.name = "body"},
		[METADATA] = {.name = "metadata"},
		[PRIORITY] = {.name = "priority"},
		[PARAMS] = {.name = "params"},
		[ENDPOINT] = {.name = "endpoint"},
	};
	enum json_type type;
	struct json_fault fault;

	memcpy(in_body, body_members, sizeof(in_body));
	type = json_pick_within(line, len, want, N_OF(want), &within, &fault);
	if (type == JSON_NONE)
		return error_set(err, "not valid JSON: %s at byte %zu%s", fault.what, fault.at + 1,
			strstr(fault.what, "UTF-8") ? "; " TEXT_TO_UTF8 : "");
	if (type != JSON_VALUE_OBJECT)
		return error_set(err, "not a JSON object");
	*out = (struct request_line){
		.format = format,
		.custom_id = unless_null(want[ID].value),
		.method = unless_null(want[METHOD].value),
		.url = unless_null(want[URL].value),
		.headers = unless_null(want[HEADERS].value),
		.body = unless_null(want[BODY].value),
		.metadata = unless_null(want[METADATA].value),
		.endpoint = want[ENDPOINT].value,
	};
	if (format == FORMAT_AUTO || format == FORMAT_ANY)
		out->format = recognise(out, want[PARAMS].value);
	if (format == FORMAT_WHOLE)
		out->custom_id = out->metadata = out->endpoint = (struct json_span){NULL, 0};
	else if (!check_id(out->custom_id, err) ||
		 !read_priority(unless_null(want[PRIORITY].value), &out->priority, err))
		return false;
	if (!settle(out, json_trim(line, len), want[PARAMS].value, err))
		return false;
	return take_body_members(out, in_body, want[BODY].value) || format != FORMAT_AUTO ||
	       out->format != FORMAT_BODY || request_refuse_other(out->body, err);
}

bool request_id(const struct request_line *r, uint64_t line_number, struct buf *out)
{
	int64_t n;

	if (json_span_is(r->custom_id, JSON_VALUE_STRING))
		return json_string_decode(r->custom_id, out);
	if (json_span_int(r->custom_id, &n))
		return (n >= 0 || buf_addc(out, '-')) &&
		       buf_addu(out, n < 0 ? -(unsigned long long)n : (unsigned long long)n);
	return buf_addu(out, line_number);
}
