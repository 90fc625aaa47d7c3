#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

void clock_rfc3339(int64_t wall_us, char *out, size_t size)
{
	time_t s = (time_t)clock_whole(wall_us, US_PER_S);
	/* a log asks often within a second */
	static __thread char date[32];
	static __thread time_t date_s = -1;
	struct tm tm;

	if (s != date_s) {
		gmtime_r(&s, &tm);
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		date_s = s;
	}
	snprintf(out, size, "%s.%03dZ", date, (int)((wall_us - (int64_t)s * US_PER_S) / US_PER_MS));
}
