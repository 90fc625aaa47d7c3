/* Reads the raw header lines of an answer in one pass. Private to src/api: others use
 * header_find(). */
#ifndef SLUICE_API_HEADERS_H
#define SLUICE_API_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A header's value without the white space around it; at NULL: absent. */
struct header_value {
	const char *at;
	size_t len;
};

/* The headers that judging an answer needs; of several with one name the first. */
struct header_values {
	struct header_value apim_request_id, cost, date, ms_retry_after_ms, request_id, retry_after,
		retry_after_ms, should_retry, x_request_id; /* cost: dollars, by a gateway */
};

/* Fills out from raw header lines; the values borrow from them. */
void header_scan(const char *headers, size_t len, struct header_values *out);
/* As header_retry_after_us(), from scanned headers. */
int64_t header_wait_us(const struct header_values *h, int64_t wall_us, const char **source);
/* Is the value, or its part before a semicolon, this word (in either case)? */
bool header_value_is(struct header_value v, const char *word);

#endif
