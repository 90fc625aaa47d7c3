#include "base/json_writer.h"

#include <stdio.h>

/* Writes a comma where one is due and reserves len bytes, which the caller writes and counts; NULL
 * when out is full. */
static inline char *room(struct json_writer *w, size_t len)
{
	struct buf *out = w->out;

	if (!buf_reserve(out, len + w->comma)) {
		w->failed = true;
		return NULL;
	}
	out->data[out->len] = ',';
	out->len += w->comma;
	return out->data + out->len;
}

static inline void written(struct json_writer *w, size_t len)
{
	w->out->len += len;
	w->out->data[w->out->len] = '\0';
}

/* Writes a bracket or quote that no comma follows. */
static void open_with(struct json_writer *w, char mark)
{
	char *at = room(w, 1);

	if (!at)
		return;
	*at = mark;
	written(w, 1);
	w->comma = false;
}

static void close_with(struct json_writer *w, char mark)
{
	w->failed |= !buf_addc(w->out, mark);
	w->comma = true;
}

void json_open_object(struct json_writer *w)
{
	open_with(w, '{');
}

void json_close_object(struct json_writer *w)
{
	close_with(w, '}');
}

void json_open_array(struct json_writer *w)
{
	open_with(w, '[');
}

void json_close_array(struct json_writer *w)
{
	close_with(w, ']');
}

void json_key_of(struct json_writer *w, const char *name, size_t len)
{
	char *at = room(w, len + 3);

	if (!at)
		return;
	*at = '"';
	memcpy(at + 1, name, len);
	at[len + 1] = '"';
	at[len + 2] = ':';
	written(w, len + 3);
	w->comma = false;
}

void json_key_text(struct json_writer *w, const char *name, size_t len)
{
	json_put_string(w, name, len);
	w->failed |= !buf_addc(w->out, ':');
	w->comma = false;
}

void json_put_string(struct json_writer *w, const char *text, size_t len)
{
	w->failed |= !room(w, 0) || !json_add_string(w->out, text, len);
	w->comma = true;
}

void json_put_raw(struct json_writer *w, const char *json, size_t len)
{
	char *at = room(w, len);

	if (!at)
		return;
	memcpy(at, json, len);
	written(w, len);
	w->comma = true;
}

void json_open_string(struct json_writer *w)
{
	open_with(w, '"');
}

void json_close_string(struct json_writer *w)
{
	close_with(w, '"');
}

void json_part(struct json_writer *w, const char *text, size_t len)
{
	w->failed |= !buf_add(w->out, text, len);
}

void json_part_uint(struct json_writer *w, uint64_t n)
{
	w->failed |= !buf_addu(w->out, n);
}

void json_part_hex(struct json_writer *w, uint64_t n, int digits)
{
	char *at = room(w, (size_t)digits);

	if (!at)
		return;
	for (int i = digits - 1; i >= 0; i--, n >>= 4)
		at[i] = "0123456789abcdef"[n & 15];
	written(w, (size_t)digits);
}

void json_put_span(struct json_writer *w, struct json_span v)
{
	if (!v.at) {
		json_put_null(w);
		return;
	}
	w->failed |= !room(w, 0) || !json_add_one_line(w->out, v);
	w->comma = true;
}

enum { DIGITS = 24 };

/* Writes the digits of a number before end; returns their start. */
static char *digits_before(char *end, uint64_t n)
{
	do {
		*--end = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return end;
}

void json_put_uint(struct json_writer *w, uint64_t n)
{
	char text[DIGITS], *end = text + DIGITS, *at = digits_before(end, n);

	json_put_raw(w, at, (size_t)(end - at));
}

void json_put_int(struct json_writer *w, int64_t n)
{
	char text[DIGITS], *end = text + DIGITS;
	char *at = digits_before(end, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);

	if (n < 0)
		*--at = '-';
	json_put_raw(w, at, (size_t)(end - at));
}

void json_put_ms(struct json_writer *w, int64_t us)
{
	uint64_t tenths = ((uint64_t)us + 50) / 100;
	char text[DIGITS], *end = text + DIGITS, *at = end;

	*--at = (char)('0' + tenths % 10);
	*--at = '.';
	at = digits_before(at, tenths / 10);
	json_put_raw(w, at, (size_t)(end - at));
}

void json_put_double(struct json_writer *w, double d, int decimals)
{
	w->failed |= !room(w, 0) || !buf_addf(w->out, "%.*f", decimals, d);
	w->comma = true;
}

/* "1e+06" becomes 1e6, "3" becomes 3.0. */
void json_put_real(struct json_writer *w, double d)
{
	char text[32], *e, *digits;
	int len = snprintf(text, sizeof(text), "%.6g", d);

	e = strchr(text, 'e');
	if (e) {
		e += e[1] == '-' ? 2 : 1;
		digits = e + strspn(e, "+0");
		memmove(e, digits, strlen(digits) + 1);
		len = (int)strlen(text);
	} else if (!strchr(text, '.')) {
		len += snprintf(text + len, sizeof(text) - (size_t)len, ".0");
	}
	json_put_raw(w, text, (size_t)len);
}

void json_put_bool(struct json_writer *w, bool b)
{
	json_put_raw(w, b ? "true" : "false", b ? 4 : 5);
}

void json_put_null(struct json_writer *w)
{
	json_put_raw(w, "null", 4);
}
