/* Words and figures of rate-limit headers, read off the front of a slice. Nothing allocates, and
 * no text is too odd or too long: what is no such figure is not reported. */
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

/* Takes the word, which is lower case, from the front when it stands there in either case. */
bool slice_take(struct slice *s, const char *word);
/* Takes what stands in front of the first such character, and that; all when there is none. */
struct slice slice_cut(struct slice *s, char at);
/* Without blanks around it. */
struct slice slice_trim(struct slice s);
/* Is all of it this word (lower case) in either case? */
bool slice_is(struct slice s, const char *word);

/* All of it as a plain decimal number, not negative and below 1e15; false, *out untouched, when it
 * is none. */
bool slice_number(struct slice s, double *out);

/* When a limit is there again. */
struct reported_reset {
	int64_t in_us;        /* from the answer on; negative: not reported so */
	int64_t at_us;        /* or a time of day, in us since 1970; negative: not reported so */
	int64_t precision_us; /* how far off the figure may be */
};

/* "59" and "59.7" (seconds), "6m0s", "12ms", seconds and milliseconds since 1970, RFC 3339, an
 * HTTP date; false when it is none of these or nobody can mean it. */
bool slice_reset(struct slice s, struct reported_reset *out);

/* "1s", "6m0s", "1h2m3.5s", "12ms", "59.7" (seconds); -1 when it is none of these, or more than 366
 * days. */
int64_t rate_duration_us(const char *text, size_t len);

#endif
