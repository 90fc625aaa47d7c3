#include "api/rate_headers.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"

#define LONGEST_US (366 * 24 * 60 * US_PER_MIN)

struct slice {
	const char *p;
	size_t len;
};

enum field { FIELD_LIMIT, FIELD_REMAINING, FIELD_RESET, FIELDS };

/* The words that name what is counted, and the slot of each. */
static const char *const dims[] = {"requests", "tokens"};
static const enum limit_slot dim_slots[] = {LIMIT_REQUESTS, LIMIT_TOKENS};

enum { DIMS = sizeof(dims) / sizeof(dims[0]) };
static const char *const fields[FIELDS] = {"limit", "remaining", "reset"};

/* Takes the word from the front of the slice when it stands there. The word is lower case; its
 * letters match either. */
static bool take(struct slice *s, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++) {
		if (i >= s->len || (s->p[i] | 0x20) != word[i])
			return false;
	}
	s->p += i;
	s->len -= i;
	return true;
}

static bool take_one(struct slice *s, const char *const *words, int n, int *which)
{
	for (*which = 0; *which < n; ++*which) {
		if (take(s, words[*which]))
			return true;
	}
	return false;
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
	return digits && *out < 1e15;
}

int64_t rate_headers_duration_us(const char *text, size_t len)
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
			if (take(&s, units[i].name))
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

/* The value of a header line, without the blanks around it. */
static bool value_of(struct slice line, struct slice *value)
{
	if (!take(&line, ":"))
		return false;
	while (line.len > 0 && (*line.p == ' ' || *line.p == '\t')) {
		line.p++;
		line.len--;
	}
	while (line.len > 0 && isspace((unsigned char)line.p[line.len - 1]))
		line.len--;
	*value = line;
	return line.len > 0;
}

/* Resets that are times of day, and the Date they are measured against. */
struct resets {
	int64_t at_us[LIMIT_SLOTS]; /* negative: none */
	struct slice date;
};

static bool is_digits(struct slice s)
{
	while (s.len && isdigit((unsigned char)*s.p))
		s.p++, s.len--;
	return !s.len;
}

static void read_field(
	struct slice value, int dim, int field, struct limits_told *out, struct resets *resets)
{
	enum limit_slot slot = dim_slots[dim];
	struct limit_told *told = &out->at[slot];
	double *number = field == FIELD_LIMIT ? &told->limit : &told->remaining;

	if (field == FIELD_RESET) {
		told->reset_us = rate_headers_duration_us(value.p, value.len);
		if (is_digits(value))
			told->precision_us = US_PER_S;
		if (told->reset_us < 0)
			date_rfc3339(value.p, value.len, &resets->at_us[slot]);
	} else if (!take_number(&value, number) || value.len > 0) {
		*number = -1;
	}
}

/* One header line; true when it told something of a limit. */
static bool read_line(struct slice line, struct limits_told *out, struct resets *resets)
{
	struct slice value;
	int dim, field;

	if (take(&line, "x-ratelimit-")) {
		if (!take_one(&line, fields, FIELDS, &field) || !take(&line, "-") ||
			!take_one(&line, dims, DIMS, &dim))
			return false;
	} else if (take(&line, "anthropic-ratelimit-")) {
		if (!take_one(&line, dims, DIMS, &dim) || !take(&line, "-") ||
			!take_one(&line, fields, FIELDS, &field))
			return false;
	} else {
		if (take(&line, "date"))
			value_of(line, &resets->date);
		return false;
	}
	if (!value_of(line, &value))
		return false;
	read_field(value, dim, field, out, resets);
	return true;
}

bool rate_headers_read(const char *headers, size_t len, int64_t wall_us, struct limits_told *out)
{
	struct resets resets = {{0}, {NULL, 0}};
	int64_t date_us;
	const char *end = headers + len;
	bool found = false;

	for (int i = 0; i < LIMIT_SLOTS; i++) {
		out->at[i] = (struct limit_told){-1, -1, -1, 0, -1};
		resets.at_us[i] = -1;
	}
	for (const char *p = headers; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *stop = newline ? newline : end;

		if (strchr("xXaAdD", *p))
			found |= read_line((struct slice){p, (size_t)(stop - p)}, out, &resets);
		p = stop + 1;
	}
	if (!date_http(resets.date.p, resets.date.len, &date_us))
		date_us = wall_us;
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		struct limit_told *told = &out->at[i];

		if (told->limit <= 0)
			told->limit = -1;
		if (resets.at_us[i] < 0)
			continue;
		told->reset_us = resets.at_us[i] > date_us ? resets.at_us[i] - date_us : 0;
		told->precision_us = US_PER_S; /* of the Date */
	}
	return found;
}
