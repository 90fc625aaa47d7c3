/* Shared by the providers when they build a request: its URL below the base URL, and the members
 * that ask for a stream. */
#include "api/provider_parts.h"

#include <string.h>

/* ---- URLs ---- */

/* The length of the text without the slashes at its end. */
static size_t without_slashes(const char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '/')
		len--;
	return len;
}

bool provider_join(const struct endpoint *e, const struct request_line *line, const char *path,
	size_t len, struct buf *out, struct error *err)
{
	size_t base_len = without_slashes(e->base_url);

	(void)line;
	if (!buf_add(out, e->base_url, base_len) ||
		(len && *path != '/' && *path != '?' && !buf_addc(out, '/')) ||
		!buf_add(out, path, len))
		return error_set(err, "url is too long");
	path = buf_str(out) + base_len;
	if (base_len >= 3 && !memcmp(path - 3, "/v1", 3) && !memcmp(path, "/v1", 3) &&
		strchr("/?", path[3])) {
		memmove(out->data + base_len, path + 3, strlen(path + 3) + 1);
		out->len -= 3;
	}
	return true;
}

bool request_goes_to(struct request *r, const char *end)
{
	const char *url = buf_str(&r->url);
	size_t len = strcspn(url, "?#"), n = strlen(end);

	return len >= n && !memcmp(url + len - n, end, n);
}

/* ---- streams ---- */

enum { STREAM, OPTIONS, WANTED };

static const char with_usage[] = "\"include_usage\":true";

/* Inserts text as the first member of the object that starts at `at`. */
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

/* Without include_usage a stream does not report its usage. */
static bool ask_for_usage(struct request *r, struct json_span options)
{
	struct json_want want = {.name = "include_usage"};
	struct buf *body = &r->body;

	r->asks_usage = true;
	if (!options.at)
		return insert(body, (size_t)(strchr(body->data, '{') - body->data),
			"\"stream_options\":{\"include_usage\":true}");
	if (json_span_is(options, JSON_VALUE_NULL)) {
		size_t at = (size_t)(options.at - body->data);

		/* an object replaces "null" */
		memcpy(body->data + at, "{}  ", options.len);
		return insert(body, at, with_usage);
	}
	if (json_span_is(options, JSON_VALUE_OBJECT))
		json_pick(options.at, options.len, &want, 1, NULL);
	r->asks_usage = json_span_is(options, JSON_VALUE_OBJECT) && !want.value.at;
	return !r->asks_usage || insert(body, (size_t)(options.at - body->data), with_usage);
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
	/* The line's own "stream" wins. */
	if (want[STREAM].value.at ? !json_span_is(want[STREAM].value, JSON_VALUE_TRUE) : !ask)
		return true;
	if (usage && !r->usage_refused && !ask_for_usage(r, want[OPTIONS].value))
		return false;
	return want[STREAM].value.at ||
	       insert(&r->body, (size_t)(strchr(r->body.data, '{') - r->body.data),
		       "\"stream\":true");
}
