/* The Responses API: its last event carries the whole response. What comes before it is for those
 * who watch, and is what there is of a response that was cut, or whose server leaves the output out
 * of its last event: items of its output and their parts. */
#include <ctype.h>

#include "api/dialect.h"

/* What an item is in the end, beside what it grew by: a name that no member of an answer has. */
#define DONE GROWN_KEY("\\u0000")

/* What a delta adds to: a text of the item itself, or of one of the parts in a list of the item. */
static const struct delta {
	const char *event;
	struct json_span list, part, member; /* list at NULL: the item itself */
} deltas[] = {
	{"\"response.output_text.delta\"", GROWN_KEY("content"), GROWN_KEY("output_text"),
		GROWN_KEY("text")},
	{"\"response.refusal.delta\"", GROWN_KEY("content"), GROWN_KEY("refusal"),
		GROWN_KEY("refusal")},
	{"\"response.function_call_arguments.delta\"", {NULL, 0}, {NULL, 0},
		GROWN_KEY("arguments")},
	{"\"response.reasoning_summary_text.delta\"", GROWN_KEY("summary"),
		GROWN_KEY("summary_text"), GROWN_KEY("text")},
	{"\"response.reasoning_text.delta\"", GROWN_KEY("content"), GROWN_KEY("reasoning_text"),
		GROWN_KEY("text")},
};

enum { RESPONSE, ITEM, DELTA, OUTPUT, CONTENT, SUMMARY, WANTED };

static int64_t index_of(struct json_span v)
{
	int64_t index;

	return json_span_int(v, &index) && index >= 0 ? index : 0;
}

/* The response as far as it is: in progress at first, whole at last. */
static void keep_response(struct partial *p, struct json_span response)
{
	if (json_span_is(response, JSON_VALUE_OBJECT))
		grown_set(&p->tree, &p->tree.root, response);
}

static const struct delta *delta_of(struct json_span type)
{
	for (size_t i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++)
		if (span_is(type, deltas[i].event))
			return &deltas[i];
	return NULL;
}

/* Where the text of a delta grows; NULL: it does not fit. */
static struct grown *place_of(
	struct grown_tree *said, const struct delta *d, const struct json_want *want)
{
	struct grown *at = grown_element(said, &said->root, index_of(want[OUTPUT].value)), *type;
	struct json_span part = want[SUMMARY].value.at ? want[SUMMARY].value : want[CONTENT].value;

	if (at && d->list.at) {
		at = grown_member(said, at, d->list);
		at = at ? grown_element(said, at, index_of(part)) : NULL;
		type = at ? grown_member(said, at, GROWN_KEY("type")) : NULL;
		if (!type)
			return NULL;
		if (type->kind == GROWN_NONE)
			grown_set(said, type, d->part);
	}
	return at ? grown_member(said, at, d->member) : NULL;
}

struct keeping {
	struct grown_tree *said;
	struct grown *item;
};

/* What was written by deltas stays: it is what is watched. */
static bool keep_member(void *ctx, struct json_span key, struct json_span value)
{
	struct keeping *k = ctx;
	struct grown *member = grown_member(k->said, k->item, key);

	if (!member)
		return false;
	if (member->kind == GROWN_NONE || member->kind == GROWN_RAW)
		grown_set(k->said, member, value);
	return true;
}

/* An item of the output begins, or has ended. */
static void keep_item(struct partial *p, const struct json_want *want, bool ended)
{
	struct keeping k = {.said = &p->said};
	struct grown *done;

	if (!json_span_is(want[ITEM].value, JSON_VALUE_OBJECT))
		return;
	k.item = grown_element(&p->said, &p->said.root, index_of(want[OUTPUT].value));
	done = k.item && ended ? grown_member(&p->said, k.item, DONE) : NULL;
	if (done)
		grown_set(&p->said, done, want[ITEM].value);
	else if (k.item)
		json_each(want[ITEM].value, keep_member, &k);
}

static bool knows(const struct stream_event *event)
{
	return span_begins(event->type, "\"response.");
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
	struct grown *text;

	json_pick(event->object.at, event->object.len, want, WANTED, NULL);
	if (delta) {
		text = place_of(&p->said, delta, want);
		return text && grown_append(&p->said, text, want[DELTA].value);
	}
	keep_item(p, want, span_is(event->type, "\"response.output_item.done\""));
	response = want[RESPONSE].value;
	keep_response(p, response);
	p->whole = span_is(event->type, "\"response.completed\"") ||
		   span_is(event->type, "\"response.incomplete\"");
	if (span_is(event->type, "\"response.failed\"") && response.at) {
		json_pick(response.at, response.len, &error, 1, NULL);
		partial_fail(
			p, json_span_is(error.value, JSON_VALUE_OBJECT) ? error.value : response);
	}
	return false;
}

static void write_said(const struct grown *output, struct buf *out)
{
	buf_addc(out, '[');
	for (const struct grown *item = output->first; item; item = item->next) {
		const struct grown *done = grown_find(item, DONE.at);

		if (item != output->first)
			buf_addc(out, ',');
		grown_write(done ? done : item, out);
	}
	buf_addc(out, ']');
}

static bool stop(void *ctx, struct json_span element)
{
	(void)ctx, (void)element;
	return false;
}

/* As its last event tells it, with the output as far as it was written where that tells none. */
static void write_response(const struct partial *p, struct buf *out)
{
	static const char *const names[] = {"output"};
	const struct grown *root = &p->tree.root;
	struct json_span response = {root->text.data, root->text.len};
	struct json_want output = {.name = names[0]};

	if (!p->said.root.first) {
		partial_write(p, out);
		return;
	}
	if (root->kind != GROWN_RAW)
		response = (struct json_span){"{}", 2};
	json_pick(response.at, response.len, &output, 1, NULL);
	if (json_span_is(output.value, JSON_VALUE_ARRAY) &&
		!json_each_element(output.value, stop, NULL)) { /* it has one */
		buf_add(out, response.at, response.len);
		return;
	}
	json_add_without(out, response, names, 1);
	do /* over its closing brace */
		out->len--;
	while (isspace((unsigned char)out->data[out->len - 1]));
	if (out->data[out->len - 1] != '{')
		buf_addc(out, ',');
	buf_adds(out, "\"output\":");
	write_said(&p->said.root, out);
	buf_addc(out, '}');
}

const struct dialect dialect_responses = {
	.knows = knows,
	.take = take,
	.write = write_response,
};
