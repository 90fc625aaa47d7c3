#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/clock.h"

size_t text_utf8(const char *in, size_t len, uint32_t *code)
{
	const unsigned char *s = (const unsigned char *)in;
	uint32_t c = s[0], min;
	size_t n;

	if (c < 0x80) {
		*code = c;
		return 1;
	}
	if (c >= 0xc2 && c < 0xe0) {
		n = 2, min = 0x80, c &= 0x1f;
	} else if ((c & 0xf0) == 0xe0) {
		n = 3, min = 0x800, c &= 0x0f;
	} else if (c >= 0xf0 && c < 0xf5) {
		n = 4, min = 0x10000, c &= 0x07;
	} else {
		return 0;
	}
	if (len < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*code = c;
	return n;
}

/* Characters that move the cursor, change direction or hide: never sent to a terminal as they are.
 */
static bool is_control(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00, 0x1f},
		{0x7f, 0x9f},
		{0xad, 0xad},
		{0x34f, 0x34f},
		{0x61c, 0x61c},
		{0x115f, 0x1160},
		{0x17b4, 0x17b5},
		{0x180b, 0x180f},
		{0x200b, 0x200f},
		{0x2028, 0x202e},
		{0x2060, 0x206f},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},
		{0xfeff, 0xfeff},
		{0xffa0, 0xffa0},
		{0xfff0, 0xfffb},
		{0xe000, 0xf8ff},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
		{0xf0000, 0x10ffff},
	};

	if (c >= 0x20 && c < 0x7f)
		return false;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static int escape(char *out, size_t size, uint32_t c)
{
	switch (c) {
	case '\n':
		return snprintf(out, size, "\\n");
	case '\r':
		return snprintf(out, size, "\\r");
	case '\t':
		return snprintf(out, size, "\\t");
	}
	if (c < 0x100)
		return snprintf(out, size, "\\x%02" PRIx32, c);
	return snprintf(out, size, c < 0x10000 ? "\\u%04" PRIx32 : "\\U%06" PRIx32, c);
}

enum { JOINER = 0x200d, VARIATION_16 = 0xfe0f };

static bool is_picture(uint32_t c)
{
	return (c >= 0x2190 && c <= 0x2bff) || (c >= 0x1f000 && c <= 0x1faff);
}

/* Does the character only say how the picture before it looks, or join it to the next? */
static bool is_glue(uint32_t before, uint32_t c, const char *next, size_t len)
{
	uint32_t after = 0;

	if (!is_picture(before))
		return false;
	return c == VARIATION_16 ||
	       (c == JOINER && len && text_utf8(next, len, &after) && is_picture(after));
}

size_t text_sanitise(char *out, size_t size, const char *in, size_t len)
{
	size_t used = 0;
	uint32_t before = 0; /* the last character that was no glue */

	for (size_t i = 0; i < len;) {
		char shown[16];
		uint32_t c = 0;
		size_t n, w;

		if (in[i] >= ' ' && in[i] < 0x7f) {
			if (used + 2 > size)
				break;
			before = 0;
			out[used++] = in[i++];
			continue;
		}
		n = text_utf8(in + i, len - i, &c);
		if (n && is_glue(before, c, in + i + n, len - i - n)) {
			i += n;
			continue;
		}
		before = c;
		if (n && !is_control(c)) {
			memcpy(shown, in + i, n);
			w = n;
		} else {
			w = (size_t)escape(shown, sizeof(shown), n ? c : (unsigned char)in[i]);
		}
		if (used + w + 1 > size)
			break;
		memcpy(out + used, shown, w);
		used += w;
		i += n ? n : 1;
	}
	if (size)
		out[used] = '\0';
	return used;
}

void text_one_line(char *out, size_t size, const char *text, size_t len)
{
	char plain[512];
	size_t n = 0, most = len < size ? len : size - 1;

	/* A plain ASCII word, such as a request id, needs no cleaning. */
	while (n < most && (unsigned char)(text[n] - '!') <= '~' - '!')
		n++;
	if (n == most) {
		if (n)
			memcpy(out, text, n);
		out[n] = '\0';
		return;
	}
	n = 0;
	for (size_t i = 0; i < len && n < sizeof(plain); i++) {
		bool space = memchr(" \t\r\n", text[i], 4) != NULL;

		if (space && (!n || plain[n - 1] == ' '))
			continue;
		plain[n++] = space ? ' ' : text[i];
	}
	while (n && plain[n - 1] == ' ')
		n--;
	text_sanitise(out, size, plain, n);
}

static int cells_of(uint32_t c)
{
	int w = c < 0x20 ? 0 : wcwidth((wchar_t)c);

	return w < 0 ? 1 : w;
}

bool text_is_utf8(const char *text, size_t len)
{
	uint32_t code;

	for (size_t i = 0, n; i < len; i += n)
		if (!(n = text_utf8(text + i, len - i, &code)))
			return false;
	return true;
}

int text_cells(const char *text)
{
	size_t len = strlen(text);
	int cells = 0;

	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		size_t n = text_utf8(text + i, len - i, &c);

		cells += n ? cells_of(c) : 1;
		i += n ? n : 1;
	}
	return cells;
}

int text_cut(char *out, size_t size, const char *text, int cells)
{
	bool whole = text_cells(text) <= cells;
	int room = whole ? cells : cells - 1, used = 0;
	size_t len = strlen(text), at = 0;

	if (!size)
		return 0;
	while (at < len) {
		uint32_t c = 0;
		size_t n = text_utf8(text + at, len - at, &c);
		int w = n ? cells_of(c) : 1;

		n = n ? n : 1;
		if (used + w > room || at + n + 2 > size)
			break;
		memcpy(out + at, text + at, n);
		at += n;
		used += w;
	}
	if (at < len && used < cells) {
		out[at++] = '~';
		used++;
	}
	out[at] = '\0';
	return used;
}

const char *text_count(double n, char *out, size_t size)
{
	static const char units[] = " kMGTPE";
	int u = 0;

	while (n >= 999.5 && u < 6) {
		n /= 1000;
		u++;
	}
	if (!u)
		snprintf(out, size, n < 10 && n != trunc(n) ? "%.1f" : "%.0f", n);
	else
		snprintf(out, size, n < 99.95 ? "%.1f%c" : "%.0f%c", n, units[u]);
	return out;
}

const char *text_limit(double n, char *out, size_t size)
{
	if (n < 1000)
		snprintf(out, size, "%.4g", n);
	else if (fmod(n, 1e6) == 0)
		snprintf(out, size, "%.0fM", n / 1e6);
	else if (fmod(n, 1e3) == 0)
		snprintf(out, size, "%.0fk", n / 1e3);
	else
		snprintf(out, size, "%.0f", n);
	return out;
}

const char *text_usd(double usd, char *out, size_t size)
{
	char count[16];

	if (!(usd >= 0))
		snprintf(out, size, "?");
	else if (usd > 0 && usd < 0.01)
		snprintf(out, size, "< $0.01");
	else if (usd < 9999.995)
		snprintf(out, size, "$%.2f", usd);
	else
		snprintf(out, size, "$%s", text_count(usd, count, sizeof(count)));
	return out;
}

const char *text_latency(int64_t us, char *out, size_t size)
{
	double ms = (double)us / 1000, s = ms / 1000;

	if (us < 0)
		snprintf(out, size, "-");
	else if (ms < 9.95)
		snprintf(out, size, "%.1fms", ms);
	else if (ms < 999.5)
		snprintf(out, size, "%.0fms", ms);
	else if (s < 9.95)
		snprintf(out, size, "%.1fs", s);
	else if (s < 99.5)
		snprintf(out, size, "%.0fs", s);
	else if (s < 3600)
		snprintf(out, size, "%dm%02ds", (int)s / 60, (int)s % 60);
	else
		snprintf(out, size, "%dh%02dm", (int)(s / 3600), (int)(s / 60) % 60);
	return out;
}

const char *text_age(int64_t us, char *out, size_t size)
{
	int64_t s = us < 0 ? 0 : us / US_PER_S;

	if (s < 3600)
		snprintf(out, size, "%" PRId64 ":%02" PRId64, s / 60, s % 60);
	else
		snprintf(out, size, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60,
			s % 60);
	return out;
}

const char *text_clock(int64_t us, char *out, size_t size)
{
	int64_t s = us < 0 ? 0 : us / US_PER_S;
	int n = 0;

	if (s >= 86400)
		n = snprintf(out, size, "%" PRId64 "d ", s / 86400);
	snprintf(out + n, size - (size_t)n, "%02d:%02d:%02d", (int)(s / 3600 % 24),
		(int)(s / 60 % 60), (int)(s % 60));
	return out;
}

const char *text_bytes(double bytes, char *out, size_t size)
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
	int u = 0;

	while (bytes >= 1023.5 && u < 4) {
		bytes /= 1024;
		u++;
	}
	snprintf(out, size, u && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[u]);
	return out;
}
