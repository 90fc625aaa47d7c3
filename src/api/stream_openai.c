/* OpenAI's chunks of chat completions and of the older completions: each holds choices, each choice
 * a delta or a text. The last chunk but [DONE] has the usage when include_usage was asked for. */
#include <string.h>

#include "api/dialect.h"

struct chunk {
	struct partial *partial;
	struct grown *choices, *choice;
	bool grew;
};

/* Azure has chunks that tell of its filters alone, before, between and behind those with text; all
 * else in them is empty. */
static void set_unless_empty(struct grown_tree *tree, struct grown *node, struct json_span value)
{
	static const char *const empty[] = {"\"\"", "0", "{}"};

	for (size_t i = 0; node->kind != GROWN_NONE && i < sizeof(empty) / sizeof(empty[0]); i++)
		if (span_is(value, empty[i]))
			return;
	grown_set(tree, node, value);
}

static bool take_choice_member(void *ctx, struct json_span key, struct json_span value)
{
	struct chunk *c = ctx;
	struct grown_tree *tree = &c->partial->tree;
	bool delta = span_is(key, "\"delta\""), text = span_is(key, "\"text\"");
	struct grown *node;

	/* Azure's: where in the stream what was filtered stands. */
	if (span_is(key, "\"content_filter_offsets\""))
		return true;
	node = grown_member(tree, c->choice, delta ? GROWN_KEY("message") : key);
	if (!node)
		return false;
	if (delta || text)
		c->grew = grown_merge(tree, node, value) || c->grew;
	else if (span_is(key, "\"logprobs\""))
		grown_merge(tree, node, value);
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
	c->choice = grown_element(&c->partial->tree, c->choices, at);
	return c->choice && json_each(value, take_choice_member, c);
}

/* Is there something in the message in place of its content? */
static bool says_otherwise(const struct grown *message)
{
	const struct grown *refusal = grown_find(message, "\"refusal\"");

	return (refusal && refusal->kind == GROWN_TEXT && refusal->text.len) ||
	       grown_find(message, "\"tool_calls\"") || grown_find(message, "\"function_call\"");
}

/* What an unstreamed message always has. */
static void complete_message(struct grown_tree *t, struct grown *choice)
{
	struct grown *message = grown_find(choice, "\"message\"");
	struct grown *content;

	if (!message)
		return;
	if (!grown_find(message, "\"role\"")) {
		struct grown *role = grown_member(t, message, GROWN_KEY("role"));

		if (role)
			grown_set(t, role, GROWN_KEY("assistant"));
	}
	content = grown_member(t, message, GROWN_KEY("content"));
	/* Some servers begin every message with "". */
	if (content && content->kind == GROWN_TEXT && !content->text.len && says_otherwise(message))
		content->kind = GROWN_NONE;
}

static bool take_member(void *ctx, struct json_span key, struct json_span value)
{
	struct chunk *c = ctx;
	struct grown_tree *tree = &c->partial->tree;
	struct grown *node;

	/* Random bytes against guessing lengths from the traffic. */
	if (span_is(key, "\"obfuscation\""))
		return true;
	if (span_is(key, "\"error\""))
		return true;
	node = grown_member(tree, &tree->root, key);
	if (!node)
		return false;
	if (span_is(key, "\"choices\"")) {
		c->choices = node;
		if (node->kind == GROWN_NONE)
			node->kind = GROWN_ARRAY;
		json_each_element(value, take_choice, c);
	} else if (span_is(value, "\"chat.completion.chunk\"")) {
		grown_set(tree, node, GROWN_KEY("chat.completion"));
	} else {
		set_unless_empty(tree, node, value);
	}
	return true;
}

/* Are all members but the choices as in the chunk before? If not they are from now on. */
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
		c.choices = grown_find(&p->tree.root, "\"choices\"");
		if (c.choices)
			json_each_element(event->choices, take_choice, &c);
	} else {
		json_each(event->object, take_member, &c);
	}
	return c.grew;
}

static void complete(struct partial *p)
{
	struct grown *choices = grown_find(&p->tree.root, "\"choices\"");

	for (struct grown *c = choices ? choices->first : NULL; c; c = c->next)
		complete_message(&p->tree, c);
}

const struct dialect dialect_openai = {
	.knows = knows,
	.take = take,
	.complete = complete,
	.write = partial_write,
};
