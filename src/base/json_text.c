/* Reads numbers and members from valid JSON text, and writes bytes as JSON text. */
#include "config.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_plain.h"
#include "base/text.h"

/* Multiplies *value by 10^n; false when it overflows. */
static bool times_ten(int64_t *value, int64_t n)
{
	for (; n > 0 && *value; n--)
		if (__builtin_mul_overflow(*value, 10, value))
			return false;
	return true;
}

/* The exponent's value, limited where larger ones make no difference. */
static int64_t read_exponent(const char *p, const char *end)
{
	const int64_t limit = INT64_C(1) << 40;
	bool negative = p < end && *p == '-';
	int64_t e = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (; p < end && e < limit; p++)
		e = e * 10 + (*p - '0');
	return negative ? -e : e;
}

bool json_span_int(struct json_span v, int64_t *out)
{
	const char *p = v.at, *end;
	int64_t value = 0, zeros = 0, scale = 0;
	bool negative, fraction = false;

	if (!json_span_is(v, JSON_VALUE_NUMBER))
		return false;
	end = p + v.len;
	negative = *p == '-';
	/* The digits without trailing zeros as a negative number, whose range is larger by one; a
	 * power of ten below 0 then means a fraction. */
	for (p += negative; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		scale -= fraction;
		zeros++;
		if (*p == '0')
			continue;
		if (!times_ten(&value, zeros) || __builtin_sub_overflow(value, *p - '0', &value))
			return false;
		zeros = 0;
	}
	if (p < end)
		scale += read_exponent(p + 1, end);
	if (value && (zeros + scale < 0 || !times_ten(&value, zeros + scale)))
		return false;
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return false;
	*out = value;
	return true;
}

bool json_span_double(struct json_span v, double *out)
{
	char digits[64], *longer = NULL;
	uint32_t few;

	if (!json_span_is(v, JSON_VALUE_NUMBER))
		return false;
	if (json_span_digits(v, &few)) {
		*out = few;
		return true;
	}
	if (v.len < sizeof(digits)) {
		memcpy(digits, v.at, v.len);
		digits[v.len] = '\0';
	} else {
		longer = xstrndup(v.at, v.len);
	}
	*out = strtod(longer ? longer : digits, NULL);
	free(longer);
	return true;
}

static bool add_escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	switch (c) {
	case '"':
		return buf_add(out, "\\\"", 2);
	case '\\':
		return buf_add(out, "\\\\", 2);
	case '\n':
		return buf_add(out, "\\n", 2);
	case '\r':
		return buf_add(out, "\\r", 2);
	case '\t':
		return buf_add(out, "\\t", 2);
	}
	return buf_add(out, text, sizeof(text));
}

/* A text without anything to escape, as most are. */
static bool add_plain(struct buf *out, const char *text, size_t len)
{
	char *at;

	if (!buf_reserve(out, len + 2))
		return false;
	at = out->data + out->len;
	*at = '"';
	memcpy(at + 1, text, len);
	memcpy(at + 1 + len, "\"", 2);
	out->len += len + 2;
	return true;
}

/* A text with something to escape, or outside of ASCII. */
static bool add_escaped(struct buf *out, const char *text, size_t len)
{
	size_t copied = 0;

	if (!buf_addc(out, '"'))
		return false;
	for (size_t i = 0; (i = (size_t)(json_skip_plain(text + i, text + len) - text)) < len;) {
		unsigned char c = (unsigned char)text[i];
		uint32_t code;
		size_t n = 1;

		if (c >= 0x80)
			n = text_utf8(text + i, len - i, &code);
		if (n > 1) {
			i += n;
			continue;
		}
		if (!buf_add(out, text + copied, i - copied))
			return false;
		if (!(n ? add_escape(out, c) : buf_add(out, "\xef\xbf\xbd", 3)))
			return false;
		copied = ++i;
	}
	return buf_add(out, text + copied, len - copied) && buf_addc(out, '"');
}

bool json_add_string(struct buf *out, const char *text, size_t len)
{
	return json_skip_plain(text, text + len) == text + len ? add_plain(out, text, len)
							       : add_escaped(out, text, len);
}

bool json_add_one_line(struct buf *out, struct json_span v)
{
	size_t from = out->len;

	if (!buf_add(out, v.at, v.len))
		return false;
	/* Valid strings hold no raw line breaks, so every break stands between tokens. */
	for (int i = 0; i < 2; i++) {
		char *p = out->data + from, *end = out->data + out->len;

		while (p < end && (p = memchr(p, "\n\r"[i], (size_t)(end - p))))
			*p++ = ' ';
	}
	return true;
}

/* ---- members of a valid object ---- */

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
		p++;
	return p;
}

/* The place after a string, whose opening quote is at p. */
static const char *string_after(const char *p)
{
	const char *quote = rawmemchr(p + 1, '"');

	while (quote[-1] == '\\') {
		const char *back = quote - 1;

		while (back[-1] == '\\')
			back--;
		if ((quote - back) % 2 == 0)
			break;
		quote = rawmemchr(quote + 1, '"');
	}
	return quote + 1;
}

/* The place after an array or an object. */
static const char *container_after(const char *p)
{
	int depth = 0;

	do {
		if (*p == '"') {
			p = string_after(p);
			continue;
		}
		depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
		p++;
	} while (depth);
	return p;
}

static const char *value_after(const char *p)
{
	if (*p == '"')
		return string_after(p);
	if (*p == '{' || *p == '[')
		return container_after(p);
	while (*p > ' ' && *p != ',' && *p != '}')
		p++;
	return p;
}

bool json_each_valid(struct json_span object,
	bool (*visit)(void *ctx, struct json_span key, struct json_span value), void *ctx)
{
	const char *p;

	if (!json_span_is(object, JSON_VALUE_OBJECT))
		return false;
	p = skip_blanks(object.at + 1);
	while (*p == '"') {
		struct json_span key = {p, (size_t)(string_after(p) - p)}, value;

		p = skip_blanks(p + key.len);
		value.at = skip_blanks(p + 1);
		p = value_after(value.at);
		value.len = (size_t)(p - value.at);
		if (!visit(ctx, key, value))
			return false;
		p = skip_blanks(p);
		p = skip_blanks(p + (*p == ','));
	}
	return true;
}

char *json_string_copy(struct json_span v)
{
	struct buf text;
	char *out = NULL;

	buf_init(&text, SIZE_MAX / 2);
	if (json_string_decode(v, &text) && text.len && !memchr(text.data, '\0', text.len))
		out = xstrndup(text.data, text.len);
	buf_free(&text);
	return out;
}

void json_string_text(struct json_span v, char *out, size_t size)
{
	struct buf decoded;

	if (!json_span_is(v, JSON_VALUE_STRING)) {
		out[0] = '\0';
		return;
	}
	if (!memchr(v.at, '\\', v.len)) {
		text_sanitise(out, size, v.at + 1, v.len - 2);
		return;
	}
	buf_init(&decoded, v.len);
	json_string_decode(v, &decoded);
	text_sanitise(out, size, buf_str(&decoded), decoded.len);
	buf_free(&decoded);
}
