/* The Responses API: its last event carries the whole response. Earlier events bring the items of
 * the output and their parts; they are shown while they come, and complete a response that was cut
 * or whose last event lacks the output. */
#include <ctype.h>

#include "api/dialect.h"

/* The finished item beside the one that grew, under a name that no member of an answer has. */
#define DONE DELTA_KEY("\\u0000")

/* The target of a delta: a text of the item itself, or of a part in one of its lists. */
static const struct delta {
	const char *event;
	struct json_span list, part, member; /* list at NULL: the item itself */
} deltas[] = {
	{"\"response.output_text.delta\"", DELTA_KEY("content"), DELTA_KEY("output_text"),
		DELTA_KEY("text")},
	{"\"response.refusal.delta\"", DELTA_KEY("content"), DELTA_KEY("refusal"),
		DELTA_KEY("refusal")},
	{"\"response.function_call_arguments.delta\"", {NULL, 0}, {NULL, 0},
		DELTA_KEY("arguments")},
	{"\"response.reasoning_summary_text.delta\"", DELTA_KEY("summary"),
		DELTA_KEY("summary_text"), DELTA_KEY("text")},
	{"\"response.reasoning_text.delta\"", DELTA_KEY("content"), DELTA_KEY("reasoning_text"),
		DELTA_KEY("text")},
};

enum { RESPONSE, ITEM, DELTA, OUTPUT, CONTENT, SUMMARY, WANTED };

static int64_t index_of(struct json_span v)
{
	int64_t index;

	return json_span_int(v, &index) && index >= 0 ? index : 0;
}

/* Keeps the latest response: in progress at first, whole at last. */
static void keep_response(struct partial *p, struct json_span response)
{
	if (json_span_is(response, JSON_VALUE_OBJECT))
		delta_set(&p->tree, &p->tree.root, response);
}

static const struct delta *delta_of(struct json_span type)
{
	for (size_t i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++)
		if (span_is(type, deltas[i].event))
			return &deltas[i];
	return NULL;
}

/* The node that a delta appends to; NULL: it does not fit. */
static struct delta_node *place_of(
	struct delta_tree *output, const struct delta *d, const struct json_want *want)
{
	struct delta_node *at = delta_element(output, &output->root, index_of(want[OUTPUT].value)),
			  *type;
	struct json_span part = want[SUMMARY].value.at ? want[SUMMARY].value : want[CONTENT].value;

	if (at && d->list.at) {
		at = delta_member(output, at, d->list);
		at = at ? delta_element(output, at, index_of(part)) : NULL;
		type = at ? delta_member(output, at, DELTA_KEY("type")) : NULL;
		if (!type)
			return NULL;
		if (type->kind == DELTA_NONE)
			delta_set(output, type, d->part);
	}
	return at ? delta_member(output, at, d->member) : NULL;
}

struct keeping {
	struct delta_tree *output;
	struct delta_node *item;
};

/* Text that deltas wrote stays, because it is shown. */
static bool keep_member(void *ctx, struct json_span key, struct json_span value)
{
	struct keeping *k = ctx;
	struct delta_node *member = delta_member(k->output, k->item, key);

	if (!member)
		return false;
	if (member->kind == DELTA_NONE || member->kind == DELTA_RAW)
		delta_set(k->output, member, value);
	return true;
}

/* An item of the output begins, or has ended. */
static void keep_item(struct partial *p, const struct json_want *want, bool ended)
{
	struct keeping k = {.output = &p->output};
	struct delta_node *done;

	if (!json_span_is(want[ITEM].value, JSON_VALUE_OBJECT))
		return;
	k.item = delta_element(&p->output, &p->output.root, index_of(want[OUTPUT].value));
	done = k.item && ended ? delta_member(&p->output, k.item, DONE) : NULL;
	if (done)
		delta_set(&p->output, done, want[ITEM].value);
	else if (k.item)
		json_each(want[ITEM].value, keep_member, &k);
}

static bool knows(const struct stream_event *event)
{
	return json_span_begins(event->type, "\"response.");
}

static bool is_failure(struct json_span type)
{
	return span_is(type, "\"response.failed\"") || span_is(type, "\"response.cancelled\"") ||
	       span_is(type, "\"response.error\"");
}

static bool take(struct partial *p, const struct stream_event *event)
{
	struct json_want want[WANTED] = {
		[RESPONSE] = {.name = "response"},
		[ITEM] = {.name = "item"},
		[DELTA] = {.name = "delta"},
		[OUTPUT] = {.name = "output_index"},
		[CONTENT] = {.name = "content_index"},
		[SUMMARY] = {.name = "summary_index"},
	};
	struct json_want error = {.name = "error"};
	const struct delta *delta = delta_of(event->type);
	struct json_span response;
	struct delta_node *text;

	json_pick(event->object.at, event->object.len, want, WANTED, NULL);
	if (delta) {
		text = place_of(&p->output, delta, want);
		return text && delta_append(&p->output, text, want[DELTA].value);
	}
	keep_item(p, want, span_is(event->type, "\"response.output_item.done\""));
	response = want[RESPONSE].value;
	keep_response(p, response);
	p->whole = span_is(event->type, "\"response.completed\"") ||
		   span_is(event->type, "\"response.incomplete\"");
	if (is_failure(event->type) && response.at) {
		json_pick(response.at, response.len, &error, 1, NULL);
		partial_fail(
			p, json_span_is(error.value, JSON_VALUE_OBJECT) ? error.value : response);
	}
	return false;
}

/* Has the latest response the status that it has in its end event? */
static bool finished(const struct partial *p)
{
	const struct delta_node *root = &p->tree.root;
	struct json_want status = {.name = "status"};

	if (root->kind != DELTA_RAW)
		return false;
	json_pick(root->text.data, root->text.len, &status, 1, NULL);
	return span_is(status.value, "\"completed\"") || span_is(status.value, "\"incomplete\"");
}

static void write_output(const struct delta_node *output, struct buf *out)
{
	buf_addc(out, '[');
	for (const struct delta_node *item = output->first; item; item = item->next) {
		const struct delta_node *done = delta_find(item, DONE.at);

		if (item != output->first)
			buf_addc(out, ',');
		delta_write(done ? done : item, out);
	}
	buf_addc(out, ']');
}

static bool stop(void *ctx, struct json_span element)
{
	(void)ctx, (void)element;
	return false;
}

/* Writes the response of the last event, with the output from earlier events when it lacks one. */
static void write_response(const struct partial *p, struct buf *out)
{
	static const char *const names[] = {"output"};
	const struct delta_node *root = &p->tree.root;
	struct json_span response = {root->text.data, root->text.len};
	struct json_want output = {.name = names[0]};

	if (!p->output.root.first) {
		partial_write(p, out);
		return;
	}
	if (root->kind != DELTA_RAW)
		response = (struct json_span){"{}", 2};
	json_pick(response.at, response.len, &output, 1, NULL);
	if (json_span_is(output.value, JSON_VALUE_ARRAY) &&
		!json_each_element(output.value, stop, NULL)) { /* it has output */
		buf_add(out, response.at, response.len);
		return;
	}
	json_add_without(out, response, names, 1);
	do /* remove its closing brace */
		out->len--;
	while (isspace((unsigned char)out->data[out->len - 1]));
	if (out->data[out->len - 1] != '{')
		buf_addc(out, ',');
	buf_adds(out, "\"output\":");
	write_output(&p->output.root, out);
	buf_addc(out, '}');
}

const struct dialect dialect_responses = {
	.knows = knows,
	.take = take,
	.finished = finished,
	.write = write_response,
};
