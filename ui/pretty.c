#include "pretty.h"

#include <string.h>

#include "base/json.h"

static bool new_line(struct buf *out, int level)
{
	bool fits = buf_addc(out, '\n');

	for (int i = 0; i < level; i++)
		fits = buf_adds(out, "  ") && fits;
	return fits;
}

/* The end of the token that starts at i: a string, or text up to the next structural character. */
static size_t token_end(const char *text, size_t len, size_t i)
{
	if (text[i] == '"') {
		for (i++; i < len && text[i] != '"'; i++)
			i += text[i] == '\\';
		return i < len ? i + 1 : len;
	}
	while (i < len && !strchr(" \t\r\n,:[]{}\"", text[i]))
		i++;
	return i;
}

static size_t skip_blanks(const char *text, size_t len, size_t i)
{
	while (i < len && strchr(" \t\r\n", text[i]))
		i++;
	return i;
}

/* Appends one token of valid JSON and moves after it. */
static bool add_token(struct buf *out, const char *text, size_t len, size_t *at, int *level)
{
	char c = text[*at];
	size_t end;

	if (!strchr(",:[]{}", c)) {
		end = token_end(text, len, *at);
		c = '\0';
	} else {
		end = *at + 1;
	}
	switch (c) {
	case '{':
	case '[':
		*at = skip_blanks(text, len, end);
		if (*at < len && (text[*at] == '}' || text[*at] == ']')) {
			(*at)++;
			return buf_adds(out, c == '{' ? "{}" : "[]");
		}
		return buf_addc(out, c) && new_line(out, ++*level);
	case '}':
	case ']':
		*at = end;
		return new_line(out, --*level) && buf_addc(out, c);
	case ',':
		*at = end;
		return buf_addc(out, c) && new_line(out, *level);
	case ':':
		*at = end;
		return buf_adds(out, ": ");
	default:
		end = end > *at ? end : *at + 1;
		if (!buf_add(out, text + *at, end - *at))
			return false;
		*at = end;
		return true;
	}
}

bool pretty_json(struct buf *out, const char *text, size_t len)
{
	enum json_type type = json_pick(text, len, NULL, 0, NULL);
	size_t start = out->len, at = 0;
	int level = 0;

	if (type != JSON_VALUE_OBJECT && type != JSON_VALUE_ARRAY)
		return false;
	for (at = skip_blanks(text, len, 0); at < len; at = skip_blanks(text, len, at)) {
		if (!add_token(out, text, len, &at, &level)) {
			out->len = start;
			return false;
		}
	}
	return true;
}
