/* Moments in words. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/parse.h"
#include "past/replay.h"

enum { WORD = 40, CLOCK = 24, DAY_S = 86400 };

/* "14:03" or "14:03:07" as seconds of the day. */
static bool read_clock(const char *text, int *h, int *m, int *s)
{
	int used = 0;

	*s = 0;
	if (sscanf(text, "%2d:%2d%n", h, m, &used) != 2)
		return false;
	if (text[used] == ':') {
		int more = 0;

		if (sscanf(text + used, ":%2d%n", s, &more) != 1)
			return false;
		used += more;
	}
	return !text[used] && *h >= 0 && *h < 24 && *m >= 0 && *m < 60 && *s >= 0 && *s < 61 &&
	       text[0] >= '0' && text[0] <= '9';
}

/* "2026-01-31"; with a blank or a T behind it the clock follows. */
static bool read_day(const char *text, struct tm *tm, const char **rest)
{
	int used = 0, year, month, day;

	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10 ||
		(text[used] != ' ' && text[used] != 'T') || year < 1970 || month < 1 ||
		month > 12 || day < 1 || day > 31)
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	*rest = text + used + 1;
	return true;
}

static const char *clock_of(int64_t wall_us, char out[CLOCK])
{
	time_t t = (time_t)clock_whole(wall_us, US_PER_S);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(out, CLOCK, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(out, CLOCK, "?");
	return out;
}

static bool not_of_the_run(const struct replay *r, const char *text, struct error *err)
{
	int64_t end_ms = axis_length_ms(&r->axis);
	char from[CLOCK], to[CLOCK];

	return error_set(err, "%.40s is outside the run: it went from %s to %s", text,
		clock_of(axis_wall_us(&r->axis, 0), from),
		clock_of(axis_wall_us(&r->axis, end_ms), to));
}

/* The first such time of the run: of its first day, or of the next one. */
static bool of_clock(const struct replay *r, const char *text, int64_t *at_ms, struct error *err)
{
	int64_t start_us = clock_whole(axis_wall_us(&r->axis, 0), US_PER_S) * US_PER_S;
	time_t start = (time_t)(start_us / US_PER_S), t;
	bool has_day;
	struct tm tm;
	int h, m, s;

	if (!localtime_r(&start, &tm))
		return error_set(err, "the run has no recorded times");
	has_day = read_day(text, &tm, &text);
	if (!read_clock(text, &h, &m, &s))
		return false;
	for (int day = 0; day < (has_day ? 1 : 2); day++) {
		struct tm wanted = {.tm_year = tm.tm_year,
			.tm_mon = tm.tm_mon,
			.tm_mday = tm.tm_mday + day,
			.tm_hour = h,
			.tm_min = m,
			.tm_sec = s,
			.tm_isdst = -1};

		t = mktime(&wanted);
		if (t == (time_t)-1 || t < start - (s ? 0 : 59))
			continue;
		/* a time in minutes may be the one in which the run began */
		if (axis_find(&r->axis, (int64_t)t * US_PER_S, at_ms))
			return true;
	}
	return false;
}

bool replay_time(const struct replay *r, const char *text, int64_t *at_ms, struct error *err)
{
	int64_t length_ms = r->player.length_ms, us;
	bool back = *text == '-', on = *text == '+';
	char word[WORD];
	double share;
	size_t len;

	err->text[0] = '\0';
	if ((size_t)snprintf(word, sizeof(word), "%s", text) >= sizeof(word))
		word[0] = '\0';
	len = strlen(word);
	if (len > 1 && word[len - 1] == '%') {
		word[len - 1] = '\0';
		if (parse_double(word, &share) && share >= 0 && share <= 100) {
			*at_ms = (int64_t)(share / 100 * (double)length_ms);
			return true;
		}
	} else if (strchr(word, ':')) {
		if (of_clock(r, word, at_ms, err))
			return true;
		if (!err->text[0]) {
			const char *rest = word;
			struct tm tm;
			int h, m, s;

			read_day(word, &tm, &rest);
			if (read_clock(rest, &h, &m, &s))
				return not_of_the_run(r, text, err);
		}
	} else if (len && parse_duration_us(word + (back || on), &us)) {
		us /= US_PER_MS;
		us = us < length_ms ? us : length_ms;
		*at_ms = back ? length_ms - us : us;
		return true;
	}
	return err->text[0]
		       ? false
		       : error_set(err,
				 "\"%.40s\" is not a time: give 14:03, -10m (before the end), 10m "
				 "(after the start) or 50%%",
				 text);
}
