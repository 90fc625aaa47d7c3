/* The Responses API: its last event carries the whole response, the deltas before it are for those
 * who watch. */
#include "api/assembly.h"

/* Several parts may be written in turns: each has a place of its own. */
static int64_t place_of(struct json_span output, struct json_span content)
{
	enum { PARTS = 1 << 16 };
	int64_t o = 0, c = 0;

	json_span_int(output, &o);
	json_span_int(content, &c);
	if (o < 0 || c < 0 || o >= PARTS || c >= PARTS)
		return 0;
	return o * PARTS + c;
}

/* The response as far as it is: in progress at first, whole at last. */
static void keep_response(struct assembly *a, struct json_span response)
{
	if (json_span_is(response, JSON_VALUE_OBJECT))
		grown_set(&a->tree, &a->tree.root, response);
}

static bool is_text(struct json_span type)
{
	static const char *const types[] = {"\"response.output_text.delta\"",
		"\"response.refusal.delta\"", "\"response.function_call_arguments.delta\"",
		"\"response.reasoning_summary_text.delta\"", "\"response.reasoning_text.delta\""};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (stream_is(type, types[i]))
			return true;
	return false;
}

bool stream_responses(struct assembly *a, struct json_span event, struct json_span type)
{
	enum { RESPONSE, DELTA, OUTPUT, CONTENT, WANTED };
	struct json_want want[WANTED] = {
		[RESPONSE] = {.name = "response"},
		[DELTA] = {.name = "delta"},
		[OUTPUT] = {.name = "output_index"},
		[CONTENT] = {.name = "content_index"},
	};
	struct json_want error = {.name = "error"};
	struct json_span response;
	struct grown *part;

	json_pick(event.at, event.len, want, WANTED, NULL);
	if (is_text(type)) {
		part = grown_element(
			&a->said, &a->said.root, place_of(want[OUTPUT].value, want[CONTENT].value));
		return part && grown_append(&a->said, part, want[DELTA].value);
	}
	response = want[RESPONSE].value;
	keep_response(a, response);
	a->whole = stream_is(type, "\"response.completed\"") ||
		   stream_is(type, "\"response.incomplete\"");
	if (stream_is(type, "\"response.failed\"") && response.at) {
		json_pick(response.at, response.len, &error, 1, NULL);
		stream_fail(a, error.value.at ? error.value : response);
	}
	return false;
}
