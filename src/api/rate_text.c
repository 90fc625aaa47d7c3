#include "api/rate_text.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"

#define LONGEST_US (366 * 24 * 60 * US_PER_MIN)
/* A larger bare reset is a time since 1970: no wait takes 31 years. */
#define EPOCH_S  1e9
#define EPOCH_MS 1e12

bool slice_take(struct slice *s, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++) {
		char c = i < s->len ? s->p[i] : '\0';

		if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != word[i])
			return false;
	}
	s->p += i;
	s->len -= i;
	return true;
}

struct slice slice_cut(struct slice *s, char at)
{
	const char *stop = s->len ? memchr(s->p, at, s->len) : NULL;
	struct slice front = {s->p, stop ? (size_t)(stop - s->p) : s->len};
	size_t taken = front.len + (stop != NULL);

	s->p += taken;
	s->len -= taken;
	return front;
}

struct slice slice_trim(struct slice s)
{
	while (s.len && (*s.p == ' ' || *s.p == '\t'))
		s.p++, s.len--;
	while (s.len && isspace((unsigned char)s.p[s.len - 1]))
		s.len--;
	return s;
}

bool slice_is(struct slice s, const char *word)
{
	return slice_take(&s, word) && !s.len;
}

/* A plain decimal number at the front; false when there is none. */
static bool take_number(struct slice *s, double *out)
{
	double v = 0, scale = 1;
	bool digits = false, point = false;

	for (; s->len > 0; s->p++, s->len--) {
		if (*s->p == '.' && !point) {
			point = true;
		} else if (isdigit((unsigned char)*s->p)) {
			digits = true;
			v = v * 10 + (*s->p - '0');
			scale *= point ? 10 : 1;
		} else {
			break;
		}
	}
	*out = v / scale;
	return digits && *out < 1e15; /* false for NaN, too */
}

bool slice_number(struct slice s, double *out)
{
	double v;

	if (!take_number(&s, &v) || s.len)
		return false;
	*out = v;
	return true;
}

int64_t rate_duration_us(const char *text, size_t len)
{
	static const struct {
		const char *name;
		double us;
	} units[] = {{"ms", US_PER_MS}, {"us", 1}, {"ns", 1e-3}, {"s", US_PER_S}, {"m", US_PER_MIN},
		{"h", 60 * US_PER_MIN}, {"d", 24 * 60 * US_PER_MIN}};
	struct slice s = {text, len};
	double v, sum = 0;
	size_t i;

	if (len == 0)
		return -1;
	while (s.len > 0) {
		if (!take_number(&s, &v))
			return -1;
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (slice_take(&s, units[i].name))
				break;
		}
		if (i == sizeof(units) / sizeof(units[0])) {
			if (s.len > 0 || sum > 0)
				return -1;
			return v * US_PER_S < LONGEST_US ? (int64_t)(v * US_PER_S) : -1;
		}
		sum += v * units[i].us;
	}
	return sum < LONGEST_US ? (int64_t)sum : -1;
}

/* Does the figure have fractions of a second? */
static bool is_fine(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '.' || (i + 1 < s.len && memchr("mun", s.p[i] | 0x20, 3) &&
					     (s.p[i + 1] | 0x20) == 's'))
			return true;
	}
	return false;
}

bool slice_reset(struct slice s, struct reported_reset *out)
{
	struct reported_reset reported = {-1, -1, is_fine(s) ? US_PER_MS : US_PER_S};
	double number;

	if (slice_number(s, &number) && number >= EPOCH_S) {
		reported.at_us = (int64_t)(number * (number >= EPOCH_MS ? US_PER_MS : US_PER_S));
		if (number >= EPOCH_MS)
			reported.precision_us = US_PER_MS;
	} else {
		reported.in_us = rate_duration_us(s.p, s.len);
		if (reported.in_us < 0 && !date_rfc3339(s.p, s.len, &reported.at_us) &&
			!date_http(s.p, s.len, &reported.at_us))
			return false;
	}
	*out = reported;
	return true;
}
