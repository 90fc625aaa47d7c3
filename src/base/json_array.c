/* The elements of an array that was validated before: only brackets and strings matter. */
#include <string.h>

#include "base/json.h"

static const char *behind_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p < end ? p + 1 : end;
}

/* Behind the value that starts at p. */
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
