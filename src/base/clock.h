/* The two clocks. Only code that waits reads them; code that decides takes `now`. */
#ifndef SLUICE_BASE_CLOCK_H
#define SLUICE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define US_PER_MS  INT64_C(1000)
#define US_PER_S   INT64_C(1000000)
#define US_PER_MIN (60 * US_PER_S)
/* A time that never comes. */
#define NEVER_US INT64_MAX
/* A time so long ago that everything since then is over. */
#define LONG_AGO_US (-(INT64_C(1) << 60))

static inline double s_from_us(int64_t us)
{
	return (double)us / US_PER_S;
}

/* s: below 290,000 years. */
static inline int64_t us_from_s(double s)
{
	return (int64_t)(s * US_PER_S);
}

/* Whole units of a time, rounded down, also before 1970; unit > 0. */
static inline int64_t clock_whole(int64_t us, int64_t unit)
{
	return us / unit - (us % unit < 0);
}

/* Microseconds of a clock that never goes back (CLOCK_MONOTONIC). */
int64_t clock_mono_us(void);
/* Microseconds since 1970 UTC; for people and for HTTP dates only, never for pacing. */
int64_t clock_wall_us(void);
/* RFC 3339 in UTC with milliseconds, "2026-01-31T23:59:59.123Z", into out (at least 25 bytes). */
void clock_rfc3339(int64_t wall_us, char *out, size_t size);

#endif
