/* A server's limits as numbers: what src/api reads from the headers of an answer and hands to the
 * lane. One slot for each limit that servers name, so that two limits of one answer (requests and
 * tokens, a minute's and a day's) are followed apart. A slot tells limits of a server apart, no
 * more: two windows of ten seconds and of thirty take two slots, and window_us is their length. */
#ifndef SLUICE_PACE_REPORTED_LIMITS_H
#define SLUICE_PACE_REPORTED_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

enum limit_slot {
	LIMIT_REQUESTS, /* of no named span, or the only one reported */
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

/* Negative: not reported. */
struct reported_limit {
	double limit, remaining;
	int64_t reset_us;     /* from now until all of it is there again, or the window ends */
	int64_t precision_us; /* how far off reset_us may be: some write whole seconds */
	int64_t window_us; /* length of the window, by the server's policy or the header's name */
};

struct reported_limits {
	struct reported_limit at[LIMIT_SLOTS];
};

/* Does the slot count tokens? Else requests. */
static inline bool limit_slot_counts_tokens(enum limit_slot slot)
{
	return slot >= LIMIT_TOKENS;
}

#endif
