/* Answers that came as server-sent events (WHATWG HTML, 9.2), whole. */
#include <string.h>

#include "api/answer_body.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static bool span_equals(struct json_span v, const char *text)
{
	return v.at && v.len == strlen(text) && !memcmp(v.at, text, v.len);
}

/* Usage one level down: Anthropic's message_start and OpenAI's response.completed. */
static void nested_usage(struct json_span object, struct verdict *out)
{
	struct json_want usage = {.name = "usage"};

	if (!json_span_is(object, JSON_VALUE_OBJECT))
		return;
	json_pick(object.at, object.len, &usage, 1, NULL);
	answer_usage(usage.value, out);
}

/* One event's data; true when it is the last of a whole stream. */
static bool read_data(const char *data, size_t len, struct verdict *out)
{
	enum { TYPE, USAGE, ERROR, MESSAGE, RESPONSE };
	struct json_want want[] = {
		[TYPE] = {.name = "type"},
		[USAGE] = {.name = "usage"},
		[ERROR] = {.name = "error"},
		[MESSAGE] = {.name = "message"},
		[RESPONSE] = {.name = "response"},
	};
	struct answer_members members = {.error = {NULL, 0}};

	if (len == 6 && !memcmp(data, "[DONE]", 6))
		return true;
	if (json_pick(data, len, want, N_OF(want), NULL) != JSON_VALUE_OBJECT)
		return false;
	answer_usage(want[USAGE].value, out);
	nested_usage(want[MESSAGE].value, out);
	nested_usage(want[RESPONSE].value, out);
	members.error = want[ERROR].value;
	if (answer_has_error(&members)) {
		answer_error(&members, out);
		if (!out->message[0])
			answer_text(out->message, sizeof(out->message), members.error.at,
				members.error.len);
	}
	return span_equals(want[TYPE].value, "\"message_stop\"") ||
	       span_equals(want[TYPE].value, "\"response.completed\"");
}

bool answer_stream(const char *body, size_t len, struct verdict *out)
{
	const char *p = body, *end = body + len;
	bool whole = false;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		const char *to = stop ? stop : end;

		if (to > p && to[-1] == '\r')
			to--;
		if (to - p > 5 && !memcmp(p, "data:", 5)) {
			p += 5;
			p += p < to && *p == ' ';
			whole = read_data(p, (size_t)(to - p), out) || whole;
		}
		p = stop ? stop + 1 : end;
	}
	return whole;
}
