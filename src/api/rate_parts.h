/* Shared by the readers of rate-limit headers and private to them. rate_headers.c reads headers by
 * their names, rate_fields.c RateLimit and its policies; both fill the slots of rate_slots.c. */
#ifndef SLUICE_API_RATE_PARTS_H
#define SLUICE_API_RATE_PARTS_H

#include "api/rate_text.h"
#include "pace/reported_limits.h"

/* A figure of a limit, named by a header or a member. */
enum rate_field {
	FIELD_NONE,
	FIELD_LIMIT,
	FIELD_REMAINING,
	FIELD_RESET,
	FIELD_WINDOW,
	FIELD_POLICY
};

/* When two families report one slot, the one of lower rank wins. RateLimit and its policies are the
 * most exact. */
enum { RANK_FIELDS = 0, RANK_NONE = 99 };

/* An item of RateLimit-Policy or RateLimit; up to draft 07 a policy has no name. */
struct rate_item {
	struct slice name, unit;
	double amount;       /* quota or remainder; negative: not reported */
	struct slice span_s; /* window, or time until the reset */
};

enum { RATE_ITEMS_MOST = 8 };
struct rate_items {
	struct rate_item at[RATE_ITEMS_MOST];
	int n;
};

/* The state while headers are read. */
struct rate_reading {
	struct reported_limits *out;
	int rank[LIMIT_SLOTS];
	int64_t at_us[LIMIT_SLOTS]; /* a reset that is a time of day; negative: none */
	struct slice date;
	struct rate_items policies, limits;
};

/* Begins with nothing reported; figures go to out. */
void rate_begin(struct rate_reading *r, struct reported_limits *out);
/* Ends the reading: turns resets that are times of day into waits, measured against the answer's
 * own Date, else against wall_us. False when no figure was reported. */
bool rate_end(struct rate_reading *r, int64_t wall_us);
/* Takes the slot for a family of this rank; NULL when a better one has it. */
struct reported_limit *rate_claim(struct rate_reading *r, enum limit_slot slot, int rank);
/* Sets a figure of a slot, unless a better family has it. */
void rate_set(struct rate_reading *r, enum limit_slot slot, int rank, enum rate_field field,
	struct slice value);
/* A window's length, given in seconds, in us; -1 when it is absurd. */
int64_t rate_window_us(struct slice value);

/* Reads a line of RateLimit-Policy: `"p";q=300;w=10;qu="requests"` (draft 08 on) or `300;w=10` (up
 * to 07), several in a list, on several lines. */
void rate_fields_policy(struct rate_reading *r, struct slice list);
/* Reads a line of RateLimit: `"p";r=12;t=4` (draft 08 on) or `limit=300, remaining=12, reset=4`
 * (draft 07). */
void rate_fields_limit(struct rate_reading *r, struct slice list);
/* When all lines are read: puts policies and their limits into their slots. */
void rate_fields_report(struct rate_reading *r);

#endif
