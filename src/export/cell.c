#include "export/cell.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "-5", "+1.5e-3", "-1,234.50", "+49 30 1234" is none. */
static bool is_number(const char *at, const char *end)
{
	bool digits = false;

	at += at < end && (*at == '+' || *at == '-');
	for (; at < end && (is_digit(*at) || *at == '.' || *at == ','); at++)
		digits = digits || is_digit(*at);
	if (at < end && digits && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < end && (*at == '+' || *at == '-');
		digits = at < end;
		while (at < end && is_digit(*at))
			at++;
	}
	at += at < end && *at == '%';
	return digits && at == end;
}

bool cell_is_formula(const char *text, size_t len)
{
	static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
		"\xef\xbc\xa0"}; /* U+FF1D U+FF0B U+FF0D U+FF20 */
	const char *at = text, *end = text + len;

	while (at < end && *at == ' ')
		at++;
	if (at == end)
		return false;
	if (memchr("=+-@\t\r\n", *at, 7))
		return !is_number(at, end);
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (end - at >= 3 && !memcmp(at, wide[i], 3))
			return true;
	return false;
}

static bool needs_quotes(const char *text, size_t len, char separator)
{
	return len &&
	       (memchr(text, separator, len) || memchr(text, '"', len) || memchr(text, '\n', len) ||
		       memchr(text, '\r', len) || *text == ' ' || text[len - 1] == ' ');
}

/* Up to the next quote or NUL byte, and that as it must be written. */
static bool add_piece(struct buf *out, const char **text, const char *end)
{
	const char *at = *text;

	while (at < end && *at && *at != '"')
		at++;
	if (!buf_add(out, *text, (size_t)(at - *text)))
		return false;
	*text = at < end ? at + 1 : end;
	return at == end || buf_adds(out, *at ? "\"\"" : "\xef\xbf\xbd");
}

bool cell_add(struct buf *out, const char *text, size_t len, char separator, bool guard)
{
	const char *end = text + len;
	bool guarded = guard && cell_is_formula(text, len);
	bool quoted = needs_quotes(text, len, separator), fits;

	if (!quoted && !guarded && !(len && memchr(text, '\0', len)))
		return buf_add(out, text, len);
	fits = (!quoted || buf_addc(out, '"')) && (!guarded || buf_addc(out, '\''));
	while (fits && text < end)
		fits = add_piece(out, &text, end);
	return fits && (!quoted || buf_addc(out, '"'));
}
