/* Reads the limits that servers report in headers, or in headers that an error's body quotes. The
 * table in rate_headers.c lists the families with their sources. Malformed, negative or absurd
 * figures count as not reported; nothing allocates. */
#ifndef SLUICE_API_RATE_HEADERS_H
#define SLUICE_API_RATE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pace/reported_limits.h"

/* Reads the raw header lines of an answer; false when they report no figure of a limit. Times of
 * day are measured against the answer's own Date, else against wall_us. */
bool rate_headers_read(
	const char *headers, size_t len, int64_t wall_us, struct reported_limits *out);

/* Reads the headers that an error's body quotes in error.metadata.headers, as OpenRouter does:
 * https://openrouter.ai/docs/api-reference/errors. It parses the body, so call it for refusals
 * only. */
bool rate_headers_read_body(
	const char *body, size_t len, int64_t wall_us, struct reported_limits *out);

#endif
