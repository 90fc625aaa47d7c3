#include "base/date.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

/* The year of a clock that was never set; an earlier one is an empty field. */
enum { FIRST_YEAR = 1900 };

struct date {
	int year, month, day, hour, minute, second;
};

/* Days since 1970-01-01 of a Gregorian date. Years are counted from March, so that the leap day is
 * their last. */
static int64_t days_since_1970(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static bool to_us(const struct date *d, int64_t *wall_us)
{
	if (d->year < FIRST_YEAR || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1 ||
		d->day > 31 || d->hour < 0 || d->hour > 23 || d->minute < 0 || d->minute > 59 ||
		d->second < 0 || d->second > 60)
		return false;
	*wall_us = ((days_since_1970(d->year, d->month, d->day) * 24 + d->hour) * 3600 +
			   d->minute * 60 + d->second) *
		   US_PER_S;
	return true;
}

/* The month of a name, 1 to 12; 0: none. */
static int month_of(const char *name)
{
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	for (int i = 0; i < 12; i++) {
		if (!strcasecmp(name, months[i]))
			return i + 1;
	}
	return 0;
}

/* A two-digit year, nearly by RFC 9110: 70 to 99 are in the past. */
static int full_year(int year)
{
	if (year >= 100)
		return year;
	return year >= 70 ? 1900 + year : 2000 + year;
}

bool date_http(const char *text, size_t len, int64_t *wall_us)
{
	char copy[48], month[4];
	struct date d;
	int end = -1;

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (sscanf(copy, "%*[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &d.day, month, &d.year,
		    &d.hour, &d.minute, &d.second, &end) == 6 &&
		end == (int)len) {
		d.month = month_of(month);
		return to_us(&d, wall_us);
	}
	if (sscanf(copy, "%*[A-Za-z], %2d-%3[A-Za-z]-%4d %2d:%2d:%2d GMT%n", &d.day, month, &d.year,
		    &d.hour, &d.minute, &d.second, &end) == 6 &&
		end == (int)len) {
		d.month = month_of(month);
		d.year = full_year(d.year);
		return to_us(&d, wall_us);
	}
	if (sscanf(copy, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", month, &d.day, &d.hour,
		    &d.minute, &d.second, &d.year, &end) == 6 &&
		end == (int)len) {
		d.month = month_of(month);
		return to_us(&d, wall_us);
	}
	return false;
}

/* Reads "Z" or "+HH:MM" as an offset in us. */
static bool parse_offset(const char *text, int64_t *offset_us)
{
	int hours, minutes, end = -1;
	char sign;

	*offset_us = 0;
	if (!strcasecmp(text, "Z"))
		return true;
	if (sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &end) != 3 || end != 6 ||
		(sign != '+' && sign != '-') || hours > 23 || minutes > 59)
		return false;
	*offset_us = (hours * 60 + minutes) * US_PER_MIN * (sign == '-' ? -1 : 1);
	return text[end] == '\0';
}

bool date_rfc3339(const char *text, size_t len, int64_t *wall_us)
{
	int64_t offset_us, us, scale = US_PER_S, fraction_us = 0;
	struct date d;
	char copy[48], *p;
	int end = -1;

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (sscanf(copy, "%4d-%2d-%2d%*[Tt ]%2d:%2d:%2d%n", &d.year, &d.month, &d.day, &d.hour,
		    &d.minute, &d.second, &end) != 6 ||
		end != 19 || !to_us(&d, &us))
		return false;
	p = copy + end;
	if (*p == '.') {
		for (p++; isdigit((unsigned char)*p); p++) {
			scale /= 10;
			fraction_us += (*p - '0') * scale;
		}
	}
	if (!parse_offset(p, &offset_us))
		return false;
	*wall_us = us + fraction_us - offset_us;
	return true;
}
