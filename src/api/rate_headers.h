/* What servers tell of their limits, in headers or in the headers that an error's body quotes. The
 * families, each with its source, are one table in rate_headers.c. What is malformed, negative or
 * absurd is not reported; nothing allocates. */
#ifndef SLUICE_API_RATE_HEADERS_H
#define SLUICE_API_RATE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pace/reported_limits.h"

/* Reads the raw header lines of an answer; false when they tell no figure of a limit. Times of day
 * are measured against the answer's own Date, else against wall_us. */
bool rate_headers_read(
	const char *headers, size_t len, int64_t wall_us, struct reported_limits *out);

/* Reads the headers that an error's body quotes in error.metadata.headers, as OpenRouter does:
 * https://openrouter.ai/docs/api-reference/errors. For refusals only: it parses the body. */
bool rate_headers_read_body(
	const char *body, size_t len, int64_t wall_us, struct reported_limits *out);

#endif
