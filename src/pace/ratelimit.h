/* What servers tell of their limits in headers (DESIGN 8):
 *  - OpenAI and many others: x-ratelimit-{limit,remaining,reset}-{requests,tokens}, resets as
 *    durations "1s", "6m0s", "12ms"; Azure sends bare seconds, and -1 or 0 for what it does not
 * know; Groq's requests are per day;
 *  - Anthropic: anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}, resets in RFC 3339;
 *    `tokens` is the most restrictive of its token limits, so those for input and output alone are
 *    not read. */
#ifndef SLUICE_PACE_RATELIMIT_H
#define SLUICE_PACE_RATELIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ratelimit_dim { RATELIMIT_REQUESTS, RATELIMIT_TOKENS, RATELIMIT_DIMS };

struct ratelimit {
	double limit, remaining; /* negative: not told */
	int64_t reset_us;        /* from now; negative: not told */
	int64_t precision_us;    /* how far off it may be: some write whole seconds */
};

/* Reads the raw header lines of an answer; false when they tell of no limit. Times of day are
 * measured against the answer's own Date; without one they count as not told. */
bool ratelimit_parse(const char *headers, size_t len, struct ratelimit out[RATELIMIT_DIMS]);

/* "1s", "6m0s", "1h2m3.5s", "12ms", "59.7" (seconds); -1 when it is none of these. */
int64_t ratelimit_duration_us(const char *text, size_t len);

#endif
