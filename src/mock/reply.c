#include "mock/reply.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "mock/sample.h"

enum { CALL_TOKENS = 12, MAX_CHOICES = 2048 };

static const double TOKENS_SIGMA = 0.5;

/* The most tokens that the request allows; INT64_MAX: no limit. */
static int64_t limit_of(const struct call *c)
{
	static const enum member limits[] = {
		MEMBER_MAX_TOKENS, MEMBER_MAX_COMPLETION_TOKENS, MEMBER_MAX_OUTPUT_TOKENS};
	int64_t least = INT64_MAX, limit;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (c->member[limits[i]].at && json_span_int(c->member[limits[i]], &limit) &&
			limit > 0 && limit < least)
			least = limit;
	return least;
}

static void take_tokens(struct call *c, int64_t tokens)
{
	int64_t limit = limit_of(c);

	c->cut = limit <= tokens;
	c->tokens_choice = c->cut ? limit : tokens;
}

static void draw_tokens(struct call *c, double mean)
{
	struct rng r;
	double drawn;

	if (mean <= 0)
		return;
	rng_seed(&r, c->hash);
	drawn = mean * exp(TOKENS_SIGMA * rng_normal(&r) - TOKENS_SIGMA * TOKENS_SIGMA / 2);
	take_tokens(c, drawn < 1 ? 1 : (int64_t)drawn);
}

/* Cuts a text to the tokens of the call, less those of its head, at the end of a letter. */
static void cut_text(const struct call *c, struct buf *text, int64_t head)
{
	int64_t bytes = (c->tokens_choice - head) * CHARS_PER_TOKEN;
	size_t end = bytes > 0 ? (size_t)bytes : 0;

	if (!c->cut || end >= text->len)
		return;
	while (end > 0 && ((unsigned char)text->data[end] & 0xc0) == 0x80)
		end--;
	text->len = end;
	text->data[end] = '\0';
}

static int64_t tokens_of(size_t bytes)
{
	return (int64_t)(bytes / CHARS_PER_TOKEN) + 1;
}

static void call_tool(struct call *c, const struct tool_call *tool, struct buf *memory)
{
	sample_write(tool->schema, c->hash, memory);
	take_tokens(c, CALL_TOKENS + tokens_of(memory->len));
	cut_text(c, memory, CALL_TOKENS);
	c->tool = tool->name;
	c->arguments = buf_str(memory);
}

static void say_json(struct call *c, struct json_span schema, struct buf *memory)
{
	struct buf value;

	buf_init(&value, SIZE_MAX / 2);
	sample_write(schema, c->hash, &value);
	take_tokens(c, tokens_of(value.len));
	cut_text(c, &value, 0);
	/* as it stands within a string, without its quotes */
	json_add_string(memory, buf_str(&value), value.len);
	buf_drop_front(memory, 1);
	memory->data[--memory->len] = '\0';
	c->text = buf_str(memory);
	buf_free(&value);
}

/* The format of the answer; absent: any text. */
static struct json_span format_of(const struct call *c)
{
	switch (c->kind) {
	case CALL_CHAT:
		return c->member[MEMBER_RESPONSE_FORMAT];
	case CALL_RESPONSES:
		return json_find(c->member[MEMBER_TEXT], "format");
	case CALL_MESSAGES:
		return json_find(c->member[MEMBER_OUTPUT_CONFIG], "format");
	default:
		return (struct json_span){NULL, 0};
	}
}

/* Does the answer follow a schema? Sets a fault when the format is none. */
static bool wants_schema(struct call *c, struct json_span *schema, struct call_fault *fault)
{
	bool chat = c->kind == CALL_CHAT;
	struct json_span format = format_of(c), type = json_find(format, "type");
	const char *param = chat ? "response_format.type" : "text.format.type";

	if (!json_span_is(format, JSON_VALUE_OBJECT) || json_span_equals(type, "text"))
		return false;
	if (json_span_equals(type, "json_object") && c->kind != CALL_MESSAGES) {
		c->json = true;
		return false;
	}
	if (!json_span_is(type, JSON_VALUE_STRING)) {
		fault_missing(fault, c->kind,
			c->kind == CALL_MESSAGES ? "output_config.format.type" : param);
		return false;
	}
	if (!json_span_equals(type, "json_schema")) {
		fault_set(fault, param, "invalid_value",
			"Invalid value: %.*s. Supported values are: 'text', 'json_object' and "
			"'json_schema'.",
			(int)(type.len < 40 ? type.len : 40), type.at);
		return false;
	}
	if (chat && !json_find(format, "json_schema.name").at)
		fault_missing(fault, c->kind, "response_format.json_schema.name");
	else if (c->kind == CALL_RESPONSES && !json_find(format, "name").at)
		fault_missing(fault, c->kind, "text.format.name");
	*schema = json_find(format, chat ? "json_schema.schema" : "schema");
	return !fault->status;
}

static bool count_prompt(void *ctx, struct json_span prompt)
{
	int *n = ctx;

	if (json_span_is(prompt, JSON_VALUE_NUMBER)) /* one prompt, as tokens */
		return false;
	return ++*n < MAX_CHOICES;
}

/* n texts, and as many for each prompt. */
static int choices_of(const struct call *c)
{
	struct json_span prompt = c->member[MEMBER_PROMPT];
	int64_t n = 1;
	int prompts = 0;

	if (c->kind != CALL_CHAT && c->kind != CALL_COMPLETION)
		return 1;
	if (!json_span_int(c->member[MEMBER_N], &n) || n < 1)
		n = 1;
	if (c->kind == CALL_COMPLETION && json_span_is(prompt, JSON_VALUE_ARRAY))
		json_each_element(prompt, count_prompt, &prompts);
	n *= prompts > 1 ? prompts : 1;
	return n < MAX_CHOICES ? (int)n : MAX_CHOICES;
}

void reply_decide(struct call *c, double mean_tokens, struct buf *memory, struct call_fault *fault)
{
	struct json_span schema = {NULL, 0};
	struct tool_call tool;

	switch (c->kind) {
	case CALL_CHAT:
	case CALL_COMPLETION:
	case CALL_RESPONSES:
	case CALL_MESSAGES:
		break;
	default:
		return;
	}
	buf_clear(memory);
	c->choices = choices_of(c);
	tool = tools_choose(c->kind, c->member, fault);
	if (fault->status)
		return;
	if (tool.name.at)
		call_tool(c, &tool, memory);
	else if (wants_schema(c, &schema, fault))
		say_json(c, schema, memory);
	else
		draw_tokens(c, mean_tokens);
	c->tokens_out = c->tokens_choice * c->choices;
}
