#include "base/json_writer.h"

#include <endian.h>
#include <stdio.h>

#include "base/json_plain.h"

/* Writes a bracket or quote that no comma follows. */
static void open_with(struct json_writer *w, char mark)
{
	char *at = json_room(w, 1);

	if (!at)
		return;
	*at = mark;
	json_written(w, 1);
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

void json_key_text(struct json_writer *w, const char *name, size_t len)
{
	json_put_string(w, name, len);
	w->failed |= !buf_addc(w->out, ':');
	w->comma = false;
}

void json_put_string(struct json_writer *w, const char *text, size_t len)
{
	w->failed |= !json_room(w, 0) || !json_add_string(w->out, text, len);
	w->comma = true;
}

void json_put_raw(struct json_writer *w, const char *json, size_t len)
{
	char *at = json_room(w, len);

	if (!at)
		return;
	memcpy(at, json, len);
	json_written(w, len);
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

/* Writes eight digits at once: the nibbles are spread to bytes, and those above 9 go on at 'a'. */
static void eight_hex_digits(char *at, uint32_t n)
{
	uint64_t x, letters;

	/* the most significant comes first, so lowest */
	x = n >> 16 | (uint64_t)(n & 0xffff) << 32;
	x = (x >> 8 & UINT64_C(0x000000ff000000ff)) | (x & UINT64_C(0x000000ff000000ff)) << 16;
	x = (x >> 4 & UINT64_C(0x000f000f000f000f)) | (x & UINT64_C(0x000f000f000f000f)) << 8;
	letters = (x + JSON_EACH_BYTE(6)) >> 4 & JSON_EACH_BYTE(1);
	x += JSON_EACH_BYTE('0') + letters * ('a' - '0' - 10);
	x = htole64(x);
	memcpy(at, &x, sizeof(x));
}

void json_part_hex(struct json_writer *w, uint64_t n, int digits)
{
	char *at = json_room(w, (size_t)digits);
	int digits_left = digits;

	if (!at)
		return;
	for (; digits_left >= 8; digits_left -= 8, n >>= 32)
		eight_hex_digits(at + digits_left - 8, (uint32_t)n);
	for (; digits_left; n >>= 4)
		at[--digits_left] = "0123456789abcdef"[n & 15];
	json_written(w, (size_t)digits);
}

void json_put_span(struct json_writer *w, struct json_span v)
{
	if (!v.at) {
		json_put_null(w);
		return;
	}
	w->failed |= !json_room(w, 0) || !json_add_one_line(w->out, v);
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
	w->failed |= !json_room(w, 0) || !buf_addf(w->out, "%.*f", decimals, d);
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
