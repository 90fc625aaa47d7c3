/* Asking for a stream: what goes into a body whose API can answer in events. */
#include <string.h>

#include "api/request_parts.h"

enum { STREAM, OPTIONS, WANTED };

static const char with_usage[] = "\"include_usage\":true";

bool request_goes_to(struct request *r, const char *end)
{
	const char *url = buf_str(&r->url);
	size_t len = strcspn(url, "?#"), n = strlen(end);

	return len >= n && !memcmp(url + len - n, end, n);
}

/* Puts text into the object that starts at `at`, as its first member. */
static bool insert(struct buf *body, size_t at, const char *text)
{
	size_t len = strlen(text), after = at + 1;
	bool others;

	while (strchr(" \t\r\n", body->data[after]))
		after++;
	others = body->data[after] != '}';
	after = at + 1;
	if (!buf_reserve(body, len + others))
		return false;
	memmove(body->data + after + len + others, body->data + after, body->len - after + 1);
	memcpy(body->data + after, text, len);
	if (others)
		body->data[after + len] = ',';
	body->len += len + others;
	return true;
}

/* Without it a stream tells nothing of what it cost. */
static bool ask_for_usage(struct buf *body, struct json_span options)
{
	struct json_want want = {.name = "include_usage"};

	if (!options.at)
		return insert(body, (size_t)(strchr(body->data, '{') - body->data),
			"\"stream_options\":{\"include_usage\":true}");
	if (json_span_is(options, JSON_VALUE_NULL)) {
		size_t at = (size_t)(options.at - body->data);

		/* "null" makes room for an object */
		memcpy(body->data + at, "{}  ", options.len);
		return insert(body, at, with_usage);
	}
	if (!json_span_is(options, JSON_VALUE_OBJECT))
		return true;
	json_pick(options.at, options.len, &want, 1, NULL);
	return want.value.at || insert(body, (size_t)(options.at - body->data), with_usage);
}

bool request_stream(struct request *r, bool ask, bool usage)
{
	struct json_want want[WANTED] = {
		[STREAM] = {.name = "stream"},
		[OPTIONS] = {.name = "stream_options"},
	};

	if (!r->has_body ||
		json_pick(buf_str(&r->body), r->body.len, want, WANTED, NULL) != JSON_VALUE_OBJECT)
		return true;
	/* The line has the last word. */
	if (want[STREAM].value.at ? !json_span_is(want[STREAM].value, JSON_VALUE_TRUE) : !ask)
		return true;
	if (usage && !ask_for_usage(&r->body, want[OPTIONS].value))
		return false;
	return want[STREAM].value.at ||
	       insert(&r->body, (size_t)(strchr(r->body.data, '{') - r->body.data),
		       "\"stream\":true");
}
