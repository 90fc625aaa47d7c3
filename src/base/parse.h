/* Numbers as people write them in options and commands. Each function returns false, with *out
 * untouched, when the text is not such a value as a whole or is out of range. */
#ifndef SLUICE_BASE_PARSE_H
#define SLUICE_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole decimal number within [min, max]; "10k" and "2M" (powers of 1000) are allowed. */
bool parse_count(const char *text, int64_t min, int64_t max, int64_t *out);
/* A decimal number, finite. */
bool parse_double(const char *text, double *out);
/* A duration in us, with its unit: "500ms", "30s", "2m", "1h", "1.5s"; a bare number is seconds;
 * "off" is 0. */
bool parse_duration_us(const char *text, int64_t *out);
/* A number of bytes: "65536", "64K", "64M", "2G" (powers of 1024), with "B" or "iB" or without. */
bool parse_bytes(const char *text, int64_t *out);
/* Can the text be the name of an environment variable? */
bool parse_is_variable(const char *text);
/* Is it a name of at most max letters, digits, _, - and .? */
bool parse_is_name(const char *text, size_t max);

#endif
