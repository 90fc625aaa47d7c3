/* Finds elements of arrays, and values by their paths, in valid text: within arrays only brackets
 * and strings matter. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { STEP_MAX = 256 };

static const char *behind_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p < end ? p + 1 : end;
}

/* The end of the value that starts at p. */
static const char *behind_value(const char *p, const char *end)
{
	int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = behind_string(p, end);
			continue;
		}
		if (!depth && (*p == ',' || *p == ']'))
			break;
		depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
		p++;
	}
	return p;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool json_each_element(
	struct json_span array, bool (*visit)(void *ctx, struct json_span value), void *ctx)
{
	const char *p, *end;

	if (!json_span_is(array, JSON_VALUE_ARRAY))
		return false;
	p = array.at + 1;
	end = array.at + array.len;
	for (;;) {
		const char *stop;

		while (p < end && is_space(*p))
			p++;
		if (p >= end || *p == ']')
			return true;
		stop = behind_value(p, end);
		while (stop > p && is_space(stop[-1]))
			stop--;
		if (!visit(ctx, (struct json_span){p, (size_t)(stop - p)}))
			return false;
		p = behind_value(stop, end);
		p += p < end && *p == ',';
	}
}

struct json_span json_whole(const char *text, size_t len)
{
	if (!len || json_pick(text, len, NULL, 0, NULL) == JSON_NONE)
		return (struct json_span){NULL, 0};
	return json_trim(text, len);
}

/* The search for an element by its index. */
struct element {
	uint64_t place;
	struct json_span value;
};

static bool count_element(void *ctx, struct json_span value)
{
	struct element *e = ctx;

	e->value = value;
	return e->place-- > 0;
}

static struct json_span element_at(struct json_span array, const char *place)
{
	struct element e = {0};
	char *end;

	e.place = strtoull(place, &end, 10);
	if (*end || *place < '0' || *place > '9' || json_each_element(array, count_element, &e))
		return (struct json_span){NULL, 0};
	return e.value;
}

static struct json_span step_into(struct json_span v, const char *step)
{
	struct json_want want = {.name = step};

	if (json_span_is(v, JSON_VALUE_ARRAY))
		return element_at(v, step);
	if (json_span_is(v, JSON_VALUE_OBJECT))
		json_pick(v.at, v.len, &want, 1, NULL);
	return want.value;
}

struct json_span json_find(struct json_span v, const char *path)
{
	char step[STEP_MAX];

	while (v.at && *path) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof(step))
			return (struct json_span){NULL, 0};
		memcpy(step, path, len);
		step[len] = '\0';
		v = step_into(v, step);
		path += len + (path[len] == '.');
	}
	return v;
}
