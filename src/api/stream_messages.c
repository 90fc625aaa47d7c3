/* Anthropic's messages: a message without content, then blocks that start, grow and stop, then the
 * stop reason and the usage. */
#include "api/dialect.h"

/* A tool's input comes as pieces of a JSON text, kept under this name until it is whole; no member
 * of an answer has it. */
#define PIECES DELTA_KEY("\\u0000")

enum { MESSAGE, INDEX, BLOCK, DELTA, WANTED };

struct setting {
	struct delta_tree *tree;
	struct delta_node *node;
};

/* Members that grow; the latter two in a compacted conversation. */
static bool is_text(struct json_span key)
{
	return span_is(key, "\"text\"") || span_is(key, "\"thinking\"") ||
	       span_is(key, "\"content\"") || span_is(key, "\"encrypted_content\"");
}

/* Sets the members of an object; members that grow later become texts. */
static bool set_member(void *ctx, struct json_span key, struct json_span value)
{
	struct setting *s = ctx;
	struct delta_node *node = delta_member(s->tree, s->node, key);

	if (!node)
		return false;
	if (is_text(key) && json_span_is(value, JSON_VALUE_STRING))
		delta_append(s->tree, node, value);
	else
		delta_set(s->tree, node, value);
	return true;
}

static void set_members(struct delta_tree *t, struct delta_node *node, struct json_span object)
{
	struct setting s = {t, node};

	if (node)
		json_each(object, set_member, &s);
}

/* Sets a member of the usage. Gateways repeat members that they do not know as 0. */
static bool usage_member(void *ctx, struct json_span key, struct json_span value)
{
	struct setting *s = ctx;
	struct delta_node *node = delta_member(s->tree, s->node, key);

	if (node && (node->kind == DELTA_NONE || !span_is(value, "0")))
		delta_set(s->tree, node, value);
	return node != NULL;
}

/* Sets the message itself; its content comes in blocks. */
static bool message_member(void *ctx, struct json_span key, struct json_span value)
{
	struct setting *s = ctx;
	struct delta_node *node;

	if (span_is(key, "\"content\"")) {
		node = delta_member(s->tree, s->node, key);
		if (node)
			node->kind = DELTA_ARRAY;
		return node != NULL;
	}
	if (span_is(key, "\"usage\"") && json_span_is(value, JSON_VALUE_OBJECT)) {
		struct setting usage = {s->tree, delta_member(s->tree, s->node, key)};

		return usage.node && json_each(value, usage_member, &usage);
	}
	return set_member(s, key, value);
}

static struct delta_node *block_at(struct partial *p, struct json_span index)
{
	struct delta_node *content = delta_member(&p->tree, &p->tree.root, DELTA_KEY("content"));
	int64_t at;

	if (!content || !json_span_int(index, &at) || at < 0)
		return NULL;
	return delta_element(&p->tree, content, at);
}

static bool set_delta_member(void *ctx, struct json_span key, struct json_span value)
{
	struct setting *s = ctx;

	return span_is(key, "\"type\"") || set_member(s, key, value);
}

/* A delta of a block: true when it brought text. */
static bool take_delta(struct partial *p, struct delta_node *block, struct json_span delta)
{
	enum { JSON, CITATION, KIND };
	struct json_want want[] = {
		[JSON] = {.name = "partial_json"},
		[CITATION] = {.name = "citation"},
		[KIND] = {.name = "type"},
	};
	struct setting s = {&p->tree, block};
	struct delta_node *node;

	if (!block || !json_span_is(delta, JSON_VALUE_OBJECT))
		return false;
	json_pick(delta.at, delta.len, want, 3, NULL);
	if (want[JSON].value.at) {
		node = delta_member(&p->tree, block, PIECES);
		return node && delta_append(&p->tree, node, want[JSON].value);
	}
	if (want[CITATION].value.at) {
		node = delta_member(&p->tree, block, DELTA_KEY("citations"));
		node = node ? delta_element(&p->tree, node, -1) : NULL;
		if (node)
			delta_set(&p->tree, node, want[CITATION].value);
		return false;
	}
	json_each(delta, set_delta_member, &s);
	return !span_is(want[KIND].value, "\"signature_delta\"");
}

/* Sets the stop reason, the usage and context_management. */
static bool end_member(void *ctx, struct json_span key, struct json_span value)
{
	if (span_is(key, "\"delta\""))
		json_each(value, message_member, ctx);
	else if (!span_is(key, "\"type\""))
		message_member(ctx, key, value);
	return true;
}

static bool knows(const struct stream_event *event)
{
	static const char *const fronts[] = {"\"message_", "\"content_block_"};

	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (json_span_begins(event->type, fronts[i]))
			return true;
	return false;
}

static bool take(struct partial *p, const struct stream_event *event)
{
	struct json_want want[WANTED] = {
		[MESSAGE] = {.name = "message"},
		[INDEX] = {.name = "index"},
		[BLOCK] = {.name = "content_block"},
		[DELTA] = {.name = "delta"},
	};
	struct setting root = {&p->tree, &p->tree.root};

	json_pick(event->object.at, event->object.len, want, WANTED, NULL);
	if (span_is(event->type, "\"content_block_delta\""))
		return take_delta(p, block_at(p, want[INDEX].value), want[DELTA].value);
	if (span_is(event->type, "\"message_start\""))
		json_each(want[MESSAGE].value, message_member, &root);
	else if (span_is(event->type, "\"content_block_start\""))
		set_members(&p->tree, block_at(p, want[INDEX].value), want[BLOCK].value);
	else if (span_is(event->type, "\"message_stop\""))
		p->whole = true;
	else if (span_is(event->type, "\"message_delta\""))
		json_each(event->object, end_member, &root);
	return false;
}

/* Turns the pieces of a tool's input into the input. A text that max_tokens cut is no object and
 * stays a text. */
static void complete_block(struct delta_tree *t, struct delta_node *block)
{
	struct delta_node *pieces = delta_find(block, PIECES.at), *input;
	struct buf text, quoted;

	if (!pieces)
		return;
	input = delta_member(t, block, DELTA_KEY("input"));
	buf_init(&text, SIZE_MAX / 2);
	buf_init(&quoted, SIZE_MAX / 2);
	delta_text(pieces, &text);
	delta_write(pieces, &quoted);
	if (input && text.len && json_pick(text.data, text.len, NULL, 0, NULL) != JSON_NONE)
		delta_set(t, input, (struct json_span){text.data, text.len});
	else if (input && text.len)
		delta_append(t, input, (struct json_span){quoted.data, quoted.len});
	buf_free(&text);
	buf_free(&quoted);
	delta_remove(block, pieces);
}

static bool finished(const struct partial *p)
{
	return node_is_reason(delta_find(&p->tree.root, "\"stop_reason\""));
}

static void complete(struct partial *p)
{
	struct delta_node *content = delta_find(&p->tree.root, "\"content\"");

	for (struct delta_node *b = content ? content->first : NULL; b; b = b->next)
		complete_block(&p->tree, b);
}

const struct dialect dialect_messages = {
	.knows = knows,
	.take = take,
	.finished = finished,
	.complete = complete,
	.write = partial_write,
};
