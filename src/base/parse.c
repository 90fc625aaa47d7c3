#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

struct unit {
	const char *name;
	double factor;
};

/* Reads a non-negative number and one of the units (in any case) into *out. */
static bool parse_with_unit(const char *text, const struct unit *units, size_t n, double *out)
{
	double v;
	char *end;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return false;
	if (text[0] == '0' && tolower((unsigned char)text[1]) == 'x')
		return false;
	v = strtod(text, &end);
	if (end == text || !isfinite(v))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!strcasecmp(end, units[i].name)) {
			*out = v * units[i].factor;
			return true;
		}
	}
	return false;
}

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

bool parse_count(const char *text, int64_t min, int64_t max, int64_t *out)
{
	static const struct unit units[] = {{"", 1}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}};
	bool negative = text[0] == '-';
	double v;

	if (!parse_with_unit(text + negative, units, N_OF(units), &v) || v != floor(v) || v > 9e15)
		return false;
	if (negative)
		v = -v;
	if (v < (double)min || v > (double)max)
		return false;
	*out = (int64_t)v;
	return true;
}

bool parse_double(const char *text, double *out)
{
	static const struct unit units[] = {{"", 1}};
	bool negative = text[0] == '-';
	double v;

	if (!parse_with_unit(text + negative, units, N_OF(units), &v))
		return false;
	*out = negative ? -v : v;
	return true;
}

bool parse_duration_us(const char *text, int64_t *out)
{
	static const struct unit units[] = {
		{"", US_PER_S},
		{"us", 1},
		{"ms", US_PER_MS},
		{"s", US_PER_S},
		{"m", 60.0 * US_PER_S},
		{"min", 60.0 * US_PER_S},
		{"h", 3600.0 * US_PER_S},
	};
	double v;

	if (!strcasecmp(text, "off")) {
		*out = 0;
		return true;
	}
	if (!parse_with_unit(text, units, N_OF(units), &v) || v > 1e15)
		return false;
	*out = (int64_t)llround(v);
	return true;
}

bool parse_bytes(const char *text, int64_t *out)
{
	static const struct unit units[] = {
		{"", 1},
		{"b", 1},
		{"k", 0x1p10},
		{"kb", 0x1p10},
		{"kib", 0x1p10},
		{"m", 0x1p20},
		{"mb", 0x1p20},
		{"mib", 0x1p20},
		{"g", 0x1p30},
		{"gb", 0x1p30},
		{"gib", 0x1p30},
	};
	double v;

	if (!parse_with_unit(text, units, N_OF(units), &v) || v > 9e15)
		return false;
	*out = (int64_t)v;
	return true;
}

bool parse_is_variable(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return !*text;
}

bool parse_is_name(const char *text, size_t max)
{
	size_t len =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

	return len && len <= max && !text[len];
}
