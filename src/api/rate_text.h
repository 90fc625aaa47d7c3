/* Reads words and figures of rate-limit headers from the front of a slice. Nothing allocates; any
 * text is allowed, and text that is no figure counts as not reported. */
#ifndef SLUICE_API_RATE_TEXT_H
#define SLUICE_API_RATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed text, not terminated. */
struct slice {
	const char *p;
	size_t len;
};

/* Takes the word (lower case) from the front if the slice begins with it in either case. */
bool slice_take(struct slice *s, const char *word);
/* Takes the text before the first such character and the character; all when there is none. */
struct slice slice_cut(struct slice *s, char at);
/* The slice without the blanks around it. */
struct slice slice_trim(struct slice s);
/* Is the slice this word (lower case) in either case? */
bool slice_is(struct slice s, const char *word);

/* Reads the slice as a plain decimal number, not negative and below 1e15; else false with *out
 * untouched. */
bool slice_number(struct slice s, double *out);

/* The time at which a limit is full again. */
struct reported_reset {
	int64_t in_us;        /* from the answer on; negative: not reported like this */
	int64_t at_us;        /* or us since 1970; negative: not reported like this */
	int64_t precision_us; /* greatest error of the figure */
};

/* Reads "59" and "59.7" (seconds), "6m0s", "12ms", seconds and milliseconds since 1970, RFC 3339,
 * or an HTTP date; false for anything else and for absurd values. */
bool slice_reset(struct slice s, struct reported_reset *out);

/* Reads "1s", "6m0s", "1h2m3.5s", "12ms", "59.7" (seconds); -1 for anything else or above 366 days.
 */
int64_t rate_duration_us(const char *text, size_t len);

#endif
