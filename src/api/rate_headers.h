/* What servers tell of their limits in headers (DESIGN 8):
 *  - OpenAI and many others: x-ratelimit-{limit,remaining,reset}-{requests,tokens}, resets as
 *    durations "1s", "6m0s", "12ms"; Azure sends bare seconds, and -1 or 0 for what it does not
 * know; Groq's requests are per day;
 *  - Anthropic: anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}, resets in RFC 3339;
 *    `tokens` is the most restrictive of its token limits, so those for input and output alone are
 *    not read. */
#ifndef SLUICE_API_RATE_HEADERS_H
#define SLUICE_API_RATE_HEADERS_H

#include <stddef.h>

#include "pace/limit_told.h"

/* Reads the raw header lines of an answer; false when they tell of no limit. Times of day are
 * measured against the answer's own Date, else against wall_us. */
bool rate_headers_read(const char *headers, size_t len, int64_t wall_us, struct limits_told *out);

/* "1s", "6m0s", "1h2m3.5s", "12ms", "59.7" (seconds); -1 when it is none of these. */
int64_t rate_headers_duration_us(const char *text, size_t len);

#endif
