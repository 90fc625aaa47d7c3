/* The slots that all rate-limit headers fill. */
#include "api/rate_parts.h"
#include "base/clock.h"
#include "base/date.h"

#define LONGEST_S (366 * 86400.0)

void rate_begin(struct rate_reading *r, struct reported_limits *out)
{
	r->out = out;
	r->date = (struct slice){NULL, 0};
	r->policies.n = r->limits.n = 0;
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		out->at[i] = (struct reported_limit){-1, -1, -1, 0, -1};
		r->rank[i] = RANK_NONE;
		r->at_us[i] = -1;
	}
}

struct reported_limit *rate_claim(struct rate_reading *r, enum limit_slot slot, int rank)
{
	if (r->rank[slot] < rank)
		return NULL;
	if (r->rank[slot] > rank) {
		r->out->at[slot] = (struct reported_limit){-1, -1, -1, 0, -1};
		r->at_us[slot] = -1;
		r->rank[slot] = rank;
	}
	return &r->out->at[slot];
}

int64_t rate_window_us(struct slice value)
{
	double s;

	if (!slice_number(value, &s) || !(s > 0 && s < LONGEST_S))
		return -1;
	return (int64_t)(s * US_PER_S);
}

static void set_reset(struct rate_reading *r, enum limit_slot slot, int rank, struct slice value)
{
	struct reported_limit *reported;
	struct reported_reset reset;

	if (!slice_reset(value, &reset))
		return;
	reported = rate_claim(r, slot, rank);
	if (!reported)
		return;
	reported->reset_us = reset.in_us;
	reported->precision_us = reset.precision_us;
	r->at_us[slot] = reset.at_us;
}

void rate_set(struct rate_reading *r, enum limit_slot slot, int rank, enum rate_field field,
	struct slice value)
{
	struct reported_limit *reported;
	double number;

	if (field == FIELD_RESET) {
		set_reset(r, slot, rank, value);
		return;
	}
	/* A limit of 0 means that it is not known. */
	if (!slice_number(value, &number) || (field == FIELD_LIMIT && number <= 0))
		return;
	reported = rate_claim(r, slot, rank);
	if (reported && field == FIELD_LIMIT)
		reported->limit = number;
	else if (reported && field == FIELD_REMAINING)
		reported->remaining = number;
	else if (reported)
		reported->window_us = rate_window_us(value);
}

/* Turns resets that are times of day into waits. The answer's own Date is exact to a second. */
static void measure(struct rate_reading *r, int64_t wall_us)
{
	int64_t now_us = wall_us, left_us;
	bool read = false, dated = false;

	for (int i = 0; i < LIMIT_SLOTS; i++) {
		struct reported_limit *reported = &r->out->at[i];

		if (r->at_us[i] < 0)
			continue;
		if (!read)
			dated = date_http(r->date.p, r->date.len, &now_us);
		read = true;
		left_us = r->at_us[i] > now_us ? r->at_us[i] - now_us : 0;
		reported->reset_us = left_us < LONGEST_S * US_PER_S ? left_us : -1;
		if (dated)
			reported->precision_us = US_PER_S;
	}
}

bool rate_end(struct rate_reading *r, int64_t wall_us)
{
	bool any = false;

	measure(r, wall_us);
	for (int i = 0; i < LIMIT_SLOTS; i++) {
		struct reported_limit *reported = &r->out->at[i];

		if (reported->reset_us < 0)
			reported->precision_us = 0;
		any |= reported->limit >= 0 || reported->remaining >= 0 || reported->reset_us >= 0;
	}
	return any;
}
