/* OpenAI's chunks of chat completions and of the older completions: each holds choices, each choice
 * a delta or a text. With include_usage the last chunk before [DONE] has the usage. */
#include <string.h>

#include "api/dialect.h"

struct chunk {
	struct partial *partial;
	struct delta_node *choices, *choice;
	bool grew;
};

/* Azure sends chunks with its filters alone, before, between and after the chunks with text; all
 * else in them is empty. */
static void set_unless_empty(
	struct delta_tree *tree, struct delta_node *node, struct json_span value)
{
	static const char *const empty[] = {"\"\"", "0", "{}"};

	for (size_t i = 0; node->kind != DELTA_NONE && i < sizeof(empty) / sizeof(empty[0]); i++)
		if (span_is(value, empty[i]))
			return;
	delta_set(tree, node, value);
}

static bool take_choice_member(void *ctx, struct json_span key, struct json_span value)
{
	struct chunk *c = ctx;
	struct delta_tree *tree = &c->partial->tree;
	bool delta = span_is(key, "\"delta\""), text = span_is(key, "\"text\"");
	struct delta_node *node;

	/* Azure's offsets of the filtered text are left out: they count in the stream. */
	if (span_is(key, "\"content_filter_offsets\""))
		return true;
	/* A whole message in place of deltas; some servers repeat the deltas in one. */
	if (span_is(key, "\"message\"")) {
		if (delta_find(c->choice, "\"message\"") || json_span_is(value, JSON_VALUE_NULL))
			return true;
		delta = true;
	}
	node = delta_member(tree, c->choice, delta ? DELTA_KEY("message") : key);
	if (!node)
		return false;
	if (delta || text)
		c->grew = delta_merge(tree, node, value) || c->grew;
	else if (span_is(key, "\"logprobs\""))
		delta_merge(tree, node, value);
	else
		set_unless_empty(tree, node, value);
	return true;
}

static bool take_choice(void *ctx, struct json_span value)
{
	struct chunk *c = ctx;
	struct json_want index = {.name = "index"};
	int64_t at;

	if (json_pick(value.at, value.len, &index, 1, NULL) != JSON_VALUE_OBJECT)
		return true;
	if (!json_span_int(index.value, &at) || at < 0)
		at = 0;
	c->choice = delta_element(&c->partial->tree, c->choices, at);
	return c->choice && json_each(value, take_choice_member, c);
}

/* Does the message have another member in place of its content? */
static bool says_otherwise(const struct delta_node *message)
{
	const struct delta_node *refusal = delta_find(message, "\"refusal\"");

	return (refusal && refusal->kind == DELTA_TEXT && refusal->text.len) ||
	       delta_find(message, "\"tool_calls\"") || delta_find(message, "\"function_call\"");
}

/* Adds the members that every unstreamed message has. */
static void complete_message(struct delta_tree *t, struct delta_node *choice)
{
	struct delta_node *message = delta_find(choice, "\"message\"");
	struct delta_node *content;

	if (!message)
		return;
	if (!delta_find(message, "\"role\"")) {
		struct delta_node *role = delta_member(t, message, DELTA_KEY("role"));

		if (role)
			delta_set(t, role, DELTA_KEY("assistant"));
	}
	content = delta_member(t, message, DELTA_KEY("content"));
	/* Some servers begin every message with "". */
	if (content && content->kind == DELTA_TEXT && !content->text.len && says_otherwise(message))
		content->kind = DELTA_NONE;
}

static bool take_member(void *ctx, struct json_span key, struct json_span value)
{
	struct chunk *c = ctx;
	struct delta_tree *tree = &c->partial->tree;
	struct delta_node *node;

	/* Random padding that hides lengths in the traffic. */
	if (span_is(key, "\"obfuscation\""))
		return true;
	if (span_is(key, "\"error\""))
		return true;
	node = delta_member(tree, &tree->root, key);
	if (!node)
		return false;
	if (span_is(key, "\"choices\"")) {
		c->choices = node;
		if (node->kind == DELTA_NONE)
			node->kind = DELTA_ARRAY;
		json_each_element(value, take_choice, c);
	} else if (span_is(value, "\"chat.completion.chunk\"")) {
		delta_set(tree, node, DELTA_KEY("chat.completion"));
	} else {
		set_unless_empty(tree, node, value);
	}
	return true;
}

/* Are all members but the choices the same as in the last chunk? If not, keeps these. */
static bool same_frame(struct buf *frame, struct json_span event, struct json_span choices)
{
	size_t front = (size_t)(choices.at - event.at), back = event.len - front - choices.len;
	const char *behind = choices.at + choices.len;

	if (frame->len == front + back && !memcmp(frame->data, event.at, front) &&
		!memcmp(frame->data + front, behind, back))
		return true;
	buf_clear(frame);
	buf_add(frame, event.at, front);
	buf_add(frame, behind, back);
	return false;
}

static bool knows(const struct stream_event *event)
{
	return event->choices.at;
}

static bool take(struct partial *p, const struct stream_event *event)
{
	struct chunk c = {.partial = p};

	if (json_span_is(event->choices, JSON_VALUE_ARRAY) &&
		same_frame(&p->frame, event->object, event->choices)) {
		c.choices = delta_find(&p->tree.root, "\"choices\"");
		if (c.choices)
			json_each_element(event->choices, take_choice, &c);
	} else {
		json_each(event->object, take_member, &c);
	}
	return c.grew;
}

static bool finished(const struct partial *p)
{
	const struct delta_node *choices = delta_find(&p->tree.root, "\"choices\"");

	if (!choices || !choices->first)
		return false;
	for (const struct delta_node *c = choices->first; c; c = c->next)
		if (!node_is_reason(delta_find(c, "\"finish_reason\"")))
			return false;
	return true;
}

static void complete(struct partial *p)
{
	struct delta_node *choices = delta_find(&p->tree.root, "\"choices\"");

	for (struct delta_node *c = choices ? choices->first : NULL; c; c = c->next)
		complete_message(&p->tree, c);
}

const struct dialect dialect_openai = {
	.knows = knows,
	.take = take,
	.finished = finished,
	.complete = complete,
	.write = partial_write,
};
