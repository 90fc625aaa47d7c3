#include "pretty.h"

#include <string.h>

#include "base/json.h"

/* Appends a piece of this role. */
static bool put(struct tinted *out, enum role role, const char *text, size_t len)
{
	bool fits = buf_add(&out->text, text, len);

	tinted_as(out, role);
	return fits;
}

static bool put_sign(struct tinted *out, const char *sign)
{
	return put(out, ROLE_DIM, sign, strlen(sign));
}

static bool new_line(struct tinted *out, int level)
{
	bool fits = put_sign(out, "\n");

	for (int i = 0; i < level; i++)
		fits = put_sign(out, "  ") && fits;
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

/* A string is a name or a value; what is neither string nor sign is a number or a literal. */
static enum role role_of(const char *text, size_t len, size_t at, size_t end)
{
	if (text[at] != '"')
		return ROLE_STRONG;
	end = skip_blanks(text, len, end);
	return end < len && text[end] == ':' ? ROLE_KEY : ROLE_TEXT;
}

/* Appends one token of valid JSON and moves after it. */
static bool add_token(struct tinted *out, const char *text, size_t len, size_t *at, int *level)
{
	char sign[2] = {text[*at], '\0'}, c = text[*at];
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
			return put_sign(out, c == '{' ? "{}" : "[]");
		}
		return put_sign(out, sign) && new_line(out, ++*level);
	case '}':
	case ']':
		*at = end;
		return new_line(out, --*level) && put_sign(out, sign);
	case ',':
		*at = end;
		return put_sign(out, sign) && new_line(out, *level);
	case ':':
		*at = end;
		return put_sign(out, ": ");
	default:
		end = end > *at ? end : *at + 1;
		if (!put(out, role_of(text, len, *at, end), text + *at, end - *at))
			return false;
		*at = end;
		return true;
	}
}

bool pretty_json(struct tinted *out, const char *text, size_t len)
{
	enum json_type type = json_pick(text, len, NULL, 0, NULL);
	size_t start = out->text.len, at = 0;
	int level = 0;

	if (type != JSON_VALUE_OBJECT && type != JSON_VALUE_ARRAY)
		return false;
	tinted_as(out, ROLE_TEXT);
	for (at = skip_blanks(text, len, 0); at < len; at = skip_blanks(text, len, at)) {
		if (!add_token(out, text, len, &at, &level)) {
			tinted_cut(out, start);
			return false;
		}
	}
	return true;
}
