/* What the readers of rate-limit headers share; not for others. Names of headers are read by
 * rate_headers.c, RateLimit and its policies by rate_fields.c; both fill the slots of rate_slots.c.
 */
#ifndef SLUICE_API_RATE_PARTS_H
#define SLUICE_API_RATE_PARTS_H

#include "api/rate_text.h"
#include "pace/limit_told.h"

/* A figure of a limit, by the name of a header or of a member. */
enum rate_field {
	FIELD_NONE,
	FIELD_LIMIT,
	FIELD_REMAINING,
	FIELD_RESET,
	FIELD_WINDOW,
	FIELD_POLICY
};

/* When two families tell of one slot, that of lower rank is believed. RateLimit and its policies
 * are the most exact. */
enum { RANK_FIELDS = 0, RANK_NONE = 99 };

/* Of RateLimit-Policy or RateLimit; up to draft 07 a policy has no name. */
struct rate_item {
	struct slice name, unit;
	double amount;       /* quota, or what remains; negative: not told */
	struct slice span_s; /* window, or until the reset */
};

enum { RATE_ITEMS_MOST = 8 };
struct rate_items {
	struct rate_item at[RATE_ITEMS_MOST];
	int n;
};

/* Headers being read. */
struct rate_reading {
	struct limits_told *out;
	int rank[LIMIT_SLOTS];
	int64_t at_us[LIMIT_SLOTS]; /* a reset that is a time of day; negative: none */
	struct slice date;
	struct rate_items policies, limits;
};

/* Nothing is told yet; what is read goes to out. */
void rate_begin(struct rate_reading *r, struct limits_told *out);
/* Once all is read: resets that are times of day become waits, against the answer's own Date, else
 * against wall_us. False when no figure was told. */
bool rate_end(struct rate_reading *r, int64_t wall_us);
/* The slot, for a family of this rank; NULL when a better one has it. */
struct limit_told *rate_claim(struct rate_reading *r, enum limit_slot slot, int rank);
/* A figure of a slot, unless a better family has it. */
void rate_set(struct rate_reading *r, enum limit_slot slot, int rank, enum rate_field field,
	struct slice value);
/* A length of time in seconds, in us; -1 when nobody can mean it. */
int64_t rate_window_us(struct slice value);

/* Reads a line of RateLimit-Policy: `"p";q=300;w=10;qu="requests"` (draft 08 on) or `300;w=10` (up
 * to 07), several in a list, on several lines. */
void rate_fields_policy(struct rate_reading *r, struct slice list);
/* Reads a line of RateLimit: `"p";r=12;t=4` (draft 08 on) or `limit=300, remaining=12, reset=4`
 * (draft 07). */
void rate_fields_limit(struct rate_reading *r, struct slice list);
/* Once all is read: policies with their limits go to their slots. */
void rate_fields_tell(struct rate_reading *r);

#endif
