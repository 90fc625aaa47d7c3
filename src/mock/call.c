#include "mock/call.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/rng.h"
#include "mock/azure.h"

enum { CHARS_PER_TOKEN = 4, MAX_NAME = 200 };

static const double TOKENS_SIGMA = 0.5;

static bool ends_with(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && memcmp(text + a - b, end, b) == 0;
}

enum call_kind call_kind_of(const char *method, const char *path)
{
	static const struct {
		const char *end;
		enum call_kind kind;
	} kinds[] = {
		{"/chat/completions", CALL_CHAT}, /* before the shorter end */
		{"/completions", CALL_COMPLETION},
		{"/responses", CALL_RESPONSES},
		{"/embeddings", CALL_EMBEDDINGS},
		{"/messages", CALL_MESSAGES},
	};

	if (strcmp(method, "POST") != 0)
		return CALL_RAW;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (ends_with(path, kinds[i].end))
			return kinds[i].kind;
	return CALL_RAW;
}

static bool is_true(struct json_span v)
{
	return json_span_is(v, JSON_VALUE_TRUE);
}

static bool wants_usage(struct json_span options)
{
	struct json_want want[] = {{.name = "include_usage"}};

	return json_span_is(options, JSON_VALUE_OBJECT) &&
	       json_pick(options.at, options.len, want, 1, NULL) == JSON_VALUE_OBJECT &&
	       is_true(want[0].value);
}

/* {"type":"json_object"} or "json_schema" */
static bool wants_json(struct json_span format)
{
	struct json_want type = {.name = "type"};

	return json_span_is(format, JSON_VALUE_OBJECT) &&
	       json_pick(format.at, format.len, &type, 1, NULL) == JSON_VALUE_OBJECT &&
	       type.value.len > 6 && !memcmp(type.value.at, "\"json_", 6);
}

static void draw_tokens_out(struct call *c, double mean, const struct json_want *limits, size_t n)
{
	struct rng r;
	double drawn;

	if (c->kind == CALL_RAW || c->kind == CALL_EMBEDDINGS || mean <= 0)
		return;
	rng_seed(&r, c->hash);
	drawn = mean * exp(TOKENS_SIGMA * rng_normal(&r) - TOKENS_SIGMA * TOKENS_SIGMA / 2);
	c->tokens_out = drawn < 1 ? 1 : (int64_t)drawn;
	for (size_t i = 0; i < n; i++) {
		int64_t limit;

		if (limits[i].value.at && json_span_int(limits[i].value, &limit) && limit > 0 &&
			limit <= c->tokens_out) {
			c->tokens_out = limit;
			c->cut = true;
		}
	}
}

const char *call_read(struct call *c, const char *method, const char *path, const char *body,
	size_t len, double mean_tokens_out)
{
	enum { MODEL, INPUT, SCRIPT, STREAM, OPTIONS, FORMAT, LIMITS, WANTED = LIMITS + 3 };
	struct json_want want[WANTED] = {
		[MODEL] = {.name = "model"},
		[INPUT] = {.name = "input"},
		[SCRIPT] = {.name = "mock"},
		[STREAM] = {.name = "stream"},
		[OPTIONS] = {.name = "stream_options"},
		[FORMAT] = {.name = "response_format"},
		[LIMITS] = {.name = "max_tokens"},
		[LIMITS + 1] = {.name = "max_completion_tokens"},
		[LIMITS + 2] = {.name = "max_output_tokens"},
	};
	struct json_fault fault;
	enum json_type type;

	*c = (struct call){.kind = call_kind_of(method, path),
		.method = method,
		.path = path,
		.azure = azure_is_path(path),
		.bytes = len,
		.hash = hash_bytes(body, len) ^ hash_bytes(path, strlen(path)),
		.tokens_in = (int64_t)(len / CHARS_PER_TOKEN) + 1};
	if (c->kind == CALL_RAW)
		return NULL;
	type = json_pick(body, len, want, WANTED, &fault);
	if (type != JSON_VALUE_OBJECT)
		return type == JSON_NONE ? fault.what : "not an object";
	if (json_span_is(want[MODEL].value, JSON_VALUE_STRING) && want[MODEL].value.len <= MAX_NAME)
		c->model = want[MODEL].value;
	if (json_span_is(want[SCRIPT].value, JSON_VALUE_STRING))
		c->script = want[SCRIPT].value;
	c->input = want[INPUT].value;
	c->stream = is_true(want[STREAM].value) && c->kind != CALL_EMBEDDINGS;
	c->json = wants_json(want[FORMAT].value);
	c->include_usage = wants_usage(want[OPTIONS].value);
	draw_tokens_out(c, mean_tokens_out, want + LIMITS, 3);
	return NULL;
}
