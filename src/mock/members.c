/* The words are those of the real servers, as people quote them. */
#include "mock/members.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KIND(k) (1u << (k))
#define TYPE(t) (1u << (t))

enum {
	OPENAI_TEXTS = KIND(CALL_CHAT) | KIND(CALL_COMPLETION),
	ANTHROPIC = KIND(CALL_MESSAGES) | KIND(CALL_COUNT_TOKENS),
	LLM = OPENAI_TEXTS | KIND(CALL_RESPONSES) | KIND(CALL_MESSAGES),
	ALL = LLM | KIND(CALL_EMBEDDINGS) | KIND(CALL_COUNT_TOKENS),
	ARRAY = TYPE(JSON_VALUE_ARRAY),
	BOOLEAN = TYPE(JSON_VALUE_TRUE) | TYPE(JSON_VALUE_FALSE),
	NUMBER = TYPE(JSON_VALUE_NUMBER),
	OBJECT = TYPE(JSON_VALUE_OBJECT),
	STRING = TYPE(JSON_VALUE_STRING),
	MAX_CHOICES = 128,
	MAX_DIMENSIONS = 4096, /* of the models that people use, Qwen3's have the most */
	MAX_INPUTS = 2048,     /* https://platform.openai.com/docs/api-reference/embeddings */
};

static const char *const names[MEMBERS] = {
	[MEMBER_MODEL] = "model",
	[MEMBER_MESSAGES] = "messages",
	[MEMBER_INPUT] = "input",
	[MEMBER_PROMPT] = "prompt",
	[MEMBER_MOCK] = "mock",
	[MEMBER_STREAM] = "stream",
	[MEMBER_STREAM_OPTIONS] = "stream_options",
	[MEMBER_RESPONSE_FORMAT] = "response_format",
	[MEMBER_TEXT] = "text",
	[MEMBER_OUTPUT_CONFIG] = "output_config",
	[MEMBER_MAX_TOKENS] = "max_tokens",
	[MEMBER_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
	[MEMBER_MAX_OUTPUT_TOKENS] = "max_output_tokens",
	[MEMBER_N] = "n",
	[MEMBER_TEMPERATURE] = "temperature",
	[MEMBER_TOP_P] = "top_p",
	[MEMBER_DIMENSIONS] = "dimensions",
	[MEMBER_ENCODING_FORMAT] = "encoding_format",
	[MEMBER_TOOLS] = "tools",
	[MEMBER_TOOL_CHOICE] = "tool_choice",
	[MEMBER_INSTRUCTIONS] = "instructions",
	[MEMBER_METADATA] = "metadata",
	[MEMBER_PREVIOUS_RESPONSE] = "previous_response_id",
	[MEMBER_PARALLEL_TOOL_CALLS] = "parallel_tool_calls",
};

/* What a member must be, in the order in which the servers look. */
struct rule {
	unsigned kinds; /* of calls */
	enum member member;
	unsigned types; /* allowed, and null */
	bool whole;     /* a number without a fraction */
	double min, max;
};

static const struct rule rules[] = {
	{ALL, MEMBER_MODEL, STRING, false, 0, 0},
	{KIND(CALL_CHAT) | ANTHROPIC, MEMBER_MESSAGES, ARRAY, false, 0, 0},
	{KIND(CALL_RESPONSES) | KIND(CALL_EMBEDDINGS), MEMBER_INPUT, STRING | ARRAY, false, 0, 0},
	{KIND(CALL_COMPLETION), MEMBER_PROMPT, STRING | ARRAY, false, 0, 0},
	{OPENAI_TEXTS | KIND(CALL_MESSAGES), MEMBER_MAX_TOKENS, NUMBER, true, 1, 1e9},
	{KIND(CALL_CHAT), MEMBER_MAX_COMPLETION_TOKENS, NUMBER, true, 1, 1e9},
	{KIND(CALL_RESPONSES), MEMBER_MAX_OUTPUT_TOKENS, NUMBER, true, 1, 1e9},
	{OPENAI_TEXTS, MEMBER_N, NUMBER, true, 1, MAX_CHOICES},
	{OPENAI_TEXTS | KIND(CALL_RESPONSES), MEMBER_TEMPERATURE, NUMBER, false, 0, 2},
	{KIND(CALL_MESSAGES), MEMBER_TEMPERATURE, NUMBER, false, 0, 1},
	{LLM, MEMBER_TOP_P, NUMBER, false, 0, 1},
	{KIND(CALL_EMBEDDINGS), MEMBER_DIMENSIONS, NUMBER, true, 1, MAX_DIMENSIONS},
	{KIND(CALL_EMBEDDINGS), MEMBER_ENCODING_FORMAT, STRING, false, 0, 0},
	{LLM, MEMBER_STREAM, BOOLEAN, false, 0, 0},
	{OPENAI_TEXTS, MEMBER_STREAM_OPTIONS, OBJECT, false, 0, 0},
	{KIND(CALL_CHAT), MEMBER_RESPONSE_FORMAT, OBJECT, false, 0, 0},
	{KIND(CALL_RESPONSES), MEMBER_TEXT, OBJECT, false, 0, 0},
	{ALL, MEMBER_TOOLS, ARRAY, false, 0, 0},
};

static const char *type_name(enum json_type type, bool anthropic)
{
	switch (type) {
	case JSON_VALUE_OBJECT:
		return anthropic ? "dictionary" : "an object";
	case JSON_VALUE_ARRAY:
		return anthropic ? "list" : "an array";
	case JSON_VALUE_STRING:
		return anthropic ? "string" : "a string";
	case JSON_VALUE_NUMBER:
		return anthropic ? "number" : "a number";
	case JSON_VALUE_NULL:
		return "null";
	default:
		return anthropic ? "boolean" : "a boolean";
	}
}

void fault_set(
	struct call_fault *fault, const char *param, const char *code, const char *format, ...)
{
	va_list args;

	*fault = (struct call_fault){.status = 400, .code = code};
	snprintf(fault->param, sizeof(fault->param), "%s", param ? param : "");
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
}

/* "messages[0].role" as Anthropic writes it. */
static void dotted(const char *name, char *out, size_t size)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++) {
		if (*name == ']')
			continue;
		out[n++] = *name == '[' ? '.' : *name;
	}
	out[n] = '\0';
}

void fault_missing(struct call_fault *fault, enum call_kind kind, const char *name)
{
	char path[sizeof(fault->param)];

	dotted(name, path, sizeof(path));
	if (kind_is_anthropic(kind))
		fault_set(fault, NULL, NULL, "%s: Field required", path);
	else if (strcmp(name, names[MEMBER_MODEL]) == 0)
		fault_set(fault, NULL, NULL, "you must provide a model parameter");
	else
		fault_set(fault, name, "missing_required_parameter",
			"Missing required parameter: '%s'.", name);
}

static void fault_type(struct call_fault *fault, enum call_kind kind, const char *name,
	unsigned types, enum json_type is)
{
	enum json_type wanted = JSON_VALUE_OBJECT;
	bool anthropic = kind_is_anthropic(kind);

	while (!(types & TYPE(wanted)))
		wanted++;
	if (anthropic)
		fault_set(fault, NULL, NULL, "%s: Input should be a valid %s", name,
			type_name(wanted, true));
	else
		fault_set(fault, name, "invalid_type",
			"Invalid type for '%s': expected %s, but got %s instead.", name,
			type_name(wanted, false), type_name(is, false));
}

static void fault_range(struct call_fault *fault, enum call_kind kind, const struct rule *r,
	double value, struct json_span text)
{
	const char *name = names[r->member], *number = r->whole ? "integer" : "decimal";
	bool low = value < r->min;
	double bound = low ? r->min : r->max;

	if (kind_is_anthropic(kind))
		fault_set(fault, NULL, NULL, "%s: Input should be %s than or equal to %g", name,
			low ? "greater" : "less", bound);
	else
		fault_set(fault, name,
			r->whole ? low ? "integer_below_min_value" : "integer_above_max_value"
			: low    ? "decimal_below_min_value"
				 : "decimal_above_max_value",
			"Invalid '%s': %s %s value. Expected a value %s %g, but got %.*s instead.",
			name, number, low ? "below minimum" : "above maximum",
			low ? ">=" : "<=", bound, (int)(text.len < 40 ? text.len : 40), text.at);
}

bool members_find(const char *body, size_t len, bool anthropic, struct json_span out[MEMBERS],
	struct call_fault *fault)
{
	struct json_want want[MEMBERS];
	struct json_fault why = {0, ""};
	enum json_type type;

	for (int i = 0; i < MEMBERS; i++)
		want[i] = (struct json_want){.name = names[i]};
	type = json_pick(body, len, want, MEMBERS, &why);
	if (type != JSON_VALUE_OBJECT) {
		fault_set(fault, NULL, NULL, "%s: %s",
			anthropic ? "The request body is not valid JSON"
				  : "We could not parse the JSON body of your request",
			type == JSON_NONE ? why.what : "not an object");
		fault->unreadable = true;
		return false;
	}
	for (int i = 0; i < MEMBERS; i++)
		out[i] = want[i].value;
	return true;
}

static bool is_required(enum call_kind kind, enum member m, const struct json_span *member)
{
	switch (m) {
	case MEMBER_MODEL:
	case MEMBER_MESSAGES:
	case MEMBER_PROMPT:
		return true;
	case MEMBER_INPUT: /* a response may go on where another one ended */
		return kind == CALL_EMBEDDINGS || !member[MEMBER_PREVIOUS_RESPONSE].at;
	case MEMBER_MAX_TOKENS:
		return kind == CALL_MESSAGES;
	default:
		return false;
	}
}

static void check_number(
	struct call_fault *fault, enum call_kind kind, const struct rule *r, struct json_span value)
{
	double number;

	if (!json_span_double(value, &number))
		return;
	if (r->whole && number != floor(number)) {
		if (kind_is_anthropic(kind))
			fault_set(fault, NULL, NULL, "%s: Input should be a valid integer",
				names[r->member]);
		else
			fault_set(fault, names[r->member], "invalid_type",
				"Invalid type for '%s': expected an integer, but got a decimal "
				"number instead.",
				names[r->member]);
	} else if (number < r->min || number > r->max) {
		fault_range(fault, kind, r, number, value);
	}
}

static void check_rule(struct call_fault *fault, enum call_kind kind, const struct rule *r,
	const struct json_span *member, bool has_model)
{
	struct json_span value = member[r->member];
	enum json_type type = json_span_type(value);
	bool required =
		is_required(kind, r->member, member) && !(r->member == MEMBER_MODEL && has_model);

	if (type == JSON_NONE || (type == JSON_VALUE_NULL && !required)) {
		if (required)
			fault_missing(fault, kind, names[r->member]);
		return;
	}
	if (!(r->types & TYPE(type)))
		fault_type(fault, kind, names[r->member], r->types, type);
	else if (type == JSON_VALUE_NUMBER)
		check_number(fault, kind, r, value);
}

/* ---- messages ---- */

struct message_list {
	struct call_fault *fault;
	enum call_kind kind;
	int n;
};

static bool check_message(void *ctx, struct json_span message)
{
	struct message_list *l = ctx;
	struct json_want want[] = {{.name = "role"}, {.name = "content"}};
	char name[40];
	int i = l->n++;

	if (json_pick(message.at, message.len, want, 2, NULL) != JSON_VALUE_OBJECT) {
		snprintf(name, sizeof(name), "messages[%d]", i);
		fault_type(l->fault, l->kind, name, OBJECT, json_span_type(message));
	} else if (!json_span_is(want[0].value, JSON_VALUE_STRING)) {
		snprintf(name, sizeof(name), "messages[%d].role", i);
		fault_missing(l->fault, l->kind, name);
	} else if (kind_is_anthropic(l->kind) && !json_span_equals(want[0].value, "user") &&
		   !json_span_equals(want[0].value, "assistant")) {
		fault_set(l->fault, NULL, NULL,
			"messages: Unexpected role %.*s. The Messages API accepts a top-level "
			"`system` parameter, not \"system\" as an input message role.",
			(int)(want[0].value.len < 40 ? want[0].value.len : 40), want[0].value.at);
	} else if (!want[1].value.at && !json_span_equals(want[0].value, "assistant")) {
		snprintf(name, sizeof(name), "messages[%d].content", i);
		fault_missing(l->fault, l->kind, name);
	}
	return !l->fault->status;
}

static void check_messages(struct call_fault *fault, enum call_kind kind, struct json_span messages)
{
	struct message_list list = {fault, kind, 0};

	json_each_element(messages, check_message, &list);
	if (list.n)
		return;
	if (kind_is_anthropic(kind))
		fault_set(fault, NULL, NULL, "messages: at least one message is required");
	else
		fault_set(fault, "messages", "empty_array",
			"Invalid 'messages': empty array. Expected an array with minimum length 1, "
			"but got an empty array instead.");
}

/* ---- texts to embed ---- */

struct input_list {
	struct call_fault *fault;
	int n;
};

static bool check_input(void *ctx, struct json_span text)
{
	struct input_list *l = ctx;
	char name[40];

	if (json_span_is(text, JSON_VALUE_NUMBER)) { /* one text, as tokens */
		l->n = 1;
		return false;
	}
	if (text.len == 2 && *text.at == '"') {
		snprintf(name, sizeof(name), "input[%d]", l->n);
		fault_set(l->fault, "input", "invalid_value",
			"Invalid '%s': input cannot be an empty string.", name);
	}
	l->n++;
	return !l->fault->status;
}

static void check_inputs(struct call_fault *fault, struct json_span input)
{
	struct input_list list = {fault, 0};

	if (json_span_is(input, JSON_VALUE_STRING)) {
		if (input.len == 2)
			fault_set(fault, "input", "invalid_value",
				"Invalid 'input': input cannot be an empty string.");
		return;
	}
	json_each_element(input, check_input, &list);
	if (fault->status)
		return;
	if (!list.n)
		fault_set(fault, "input", "empty_array",
			"Invalid 'input': empty array. Expected an array with minimum length 1, "
			"but "
			"got an empty array instead.");
	else if (list.n > MAX_INPUTS)
		fault_set(fault, "input", "array_above_max_length",
			"Invalid 'input': array too long. Expected an array with maximum length "
			"%d, but got an array with length %d instead.",
			MAX_INPUTS, list.n);
}

void members_check(enum call_kind kind, const struct json_span member[MEMBERS], bool has_model,
	struct call_fault *fault)
{
	struct json_span encoding = member[MEMBER_ENCODING_FORMAT];

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && !fault->status; i++)
		if (rules[i].kinds & KIND(kind))
			check_rule(fault, kind, &rules[i], member, has_model);
	if (fault->status)
		return;
	if (kind == CALL_CHAT || kind_is_anthropic(kind))
		check_messages(fault, kind, member[MEMBER_MESSAGES]);
	if (kind != CALL_EMBEDDINGS)
		return;
	check_inputs(fault, member[MEMBER_INPUT]);
	if (json_span_is(encoding, JSON_VALUE_STRING) && !json_span_equals(encoding, "float") &&
		!json_span_equals(encoding, "base64"))
		fault_set(fault, "encoding_format", "invalid_value",
			"Invalid value: %.*s. Supported values are: 'float' and 'base64'.",
			(int)(encoding.len < 40 ? encoding.len : 40), encoding.at);
}
