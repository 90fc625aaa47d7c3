#include "mock/tools.h"

#include <stdio.h>
#include <string.h>

/* Where the parts of a tool stand in each API. */
struct tool_form {
	const char *name, *schema, *chosen; /* paths within a tool, and within tool_choice */
	bool has_type; /* only a tool of type function is one that the mock can call */
};

static const struct tool_form *form_of(enum call_kind kind)
{
	static const struct tool_form chat = {"function.name", "function.parameters",
					      "function.name", true},
				      responses = {"name", "parameters", "name", true},
				      messages = {"name", "input_schema", "name", false};

	if (kind == CALL_CHAT)
		return &chat;
	if (kind == CALL_RESPONSES)
		return &responses;
	return kind_is_anthropic(kind) ? &messages : NULL;
}

static bool spans_equal(struct json_span a, struct json_span b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

struct search {
	const struct tool_form *form;
	enum call_kind kind;
	struct json_span chosen; /* absent: any */
	struct tool_call *found;
	struct call_fault *fault;
	int n;
};

/* Anthropic's own tools have a type with a date, and no schema; the server runs them. */
static bool is_callable(const struct search *s, struct json_span tool)
{
	struct json_span type = json_find(tool, "type");

	if (s->form->has_type)
		return json_span_equals(type, "function");
	return !json_span_is(type, JSON_VALUE_STRING) || json_span_equals(type, "custom");
}

static bool check_tool(void *ctx, struct json_span tool)
{
	struct search *s = ctx;
	char path[60];
	int i = s->n++;
	struct json_span name;

	if (!is_callable(s, tool))
		return true;
	name = json_find(tool, s->form->name);
	if (!json_span_is(name, JSON_VALUE_STRING)) {
		snprintf(path, sizeof(path), "tools[%d].%s", i, s->form->name);
		fault_missing(s->fault, s->kind, path);
		return false;
	}
	if (kind_is_anthropic(s->kind) && !json_find(tool, s->form->schema).at) {
		snprintf(path, sizeof(path), "tools[%d].%s", i, s->form->schema);
		fault_missing(s->fault, s->kind, path);
		return false;
	}
	if (!s->found->name.at && (!s->chosen.at || spans_equal(s->chosen, name)))
		*s->found = (struct tool_call){name, json_find(tool, s->form->schema)};
	return true;
}

static bool keep_last(void *ctx, struct json_span value)
{
	struct json_span *last = ctx;

	*last = value;
	return true;
}

/* Does the conversation end with what a tool returned? */
static bool ends_with_result(enum call_kind kind, const struct json_span *member)
{
	struct json_span last = {NULL, 0}, content, part = {NULL, 0};

	json_each_element(
		member[kind == CALL_RESPONSES ? MEMBER_INPUT : MEMBER_MESSAGES], keep_last, &last);
	if (kind == CALL_CHAT)
		return json_span_equals(json_find(last, "role"), "tool");
	if (kind == CALL_RESPONSES)
		return json_span_equals(json_find(last, "type"), "function_call_output");
	content = json_find(last, "content");
	json_each_element(content, keep_last, &part);
	return json_span_equals(json_find(part, "type"), "tool_result");
}

static bool says(struct json_span choice, const char *word)
{
	return json_span_equals(choice, word) || json_span_equals(json_find(choice, "type"), word);
}

struct tool_call tools_choose(
	enum call_kind kind, const struct json_span member[MEMBERS], struct call_fault *fault)
{
	struct json_span choice = member[MEMBER_TOOL_CHOICE];
	struct tool_call found = {{NULL, 0}, {NULL, 0}};
	struct search s = {.form = form_of(kind), .kind = kind, .found = &found, .fault = fault};
	bool forced;

	if (!s.form || !json_span_is(member[MEMBER_TOOLS], JSON_VALUE_ARRAY))
		return found;
	if (json_span_is(choice, JSON_VALUE_OBJECT))
		s.chosen = json_find(choice, s.form->chosen);
	json_each_element(member[MEMBER_TOOLS], check_tool, &s);
	if (fault->status)
		return (struct tool_call){{NULL, 0}, {NULL, 0}};
	if (s.chosen.at && !found.name.at) {
		fault_set(fault, "tool_choice", NULL,
			kind_is_anthropic(kind) ? "Tool %.*s not found in provided tools"
						: "Invalid value for 'tool_choice': no function "
						  "named %.*s was specified in 'tools'.",
			(int)(s.chosen.len < 70 ? s.chosen.len : 70), s.chosen.at);
		return (struct tool_call){{NULL, 0}, {NULL, 0}};
	}
	forced = s.chosen.at || says(choice, "required") || says(choice, "any");
	if (says(choice, "none") || (!forced && ends_with_result(kind, member)))
		return (struct tool_call){{NULL, 0}, {NULL, 0}};
	return found;
}
