/* The limits that a server reports, as numbers: src/api reads them from the headers of an answer
 * and hands them to the lane. Each limit that servers name has a slot, so that the limits of one
 * answer (requests and tokens, a minute's and a day's) stay separate. A slot only separates the
 * limits of one server: windows of ten seconds and of thirty take two slots, and window_us is their
 * length. */
#ifndef SLUICE_PACE_REPORTED_LIMITS_H
#define SLUICE_PACE_REPORTED_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

enum limit_slot {
	LIMIT_REQUESTS, /* of no named span, or the only limit reported */
	LIMIT_REQUESTS_SECOND,
	LIMIT_REQUESTS_MINUTE,
	LIMIT_REQUESTS_HOUR,
	LIMIT_REQUESTS_DAY,
	LIMIT_TOKENS, /* likewise */
	LIMIT_TOKENS_SECOND,
	LIMIT_TOKENS_MINUTE,
	LIMIT_TOKENS_HOUR,
	LIMIT_TOKENS_DAY,
	LIMIT_INPUT_TOKENS,
	LIMIT_OUTPUT_TOKENS,
	LIMIT_SLOTS
};

/* Negative members were not reported. */
struct reported_limit {
	double limit, remaining; /* requests or tokens */
	int64_t reset_us;        /* from now until the limit is full again, or its window ends */
	int64_t precision_us;    /* greatest error of reset_us: some servers write whole seconds */
	int64_t window_us; /* length of the window, by the server's policy or the header's name */
};

struct reported_limits {
	struct reported_limit at[LIMIT_SLOTS];
};

/* True for a limit of tokens, false for one of requests. */
static inline bool limit_slot_counts_tokens(enum limit_slot slot)
{
	return slot >= LIMIT_TOKENS;
}

#endif
