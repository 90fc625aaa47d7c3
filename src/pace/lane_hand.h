/* The operator's commands to a lane. Each takes effect at once and is noted as a change by hand.
 * Limits are those of the endpoint: all its lanes get them. */
#ifndef SLUICE_PACE_LANE_HAND_H
#define SLUICE_PACE_LANE_HAND_H

#include "pace/lane.h"

/* Pins the number of attempts in flight; 0 or negative: the controller chooses it. */
void lane_set_concurrency(struct lane *l, int64_t now_us, int n);
/* Sets the limit of requests per minute; 0 or negative: no limit. */
void lane_set_rpm(struct lane *l, int64_t now_us, double rpm);
/* Sets the limit of tokens per minute; 0 or negative: no limit. */
void lane_set_tpm(struct lane *l, int64_t now_us, double tpm);
/* Pins the send rate in requests per second; 0 or negative: the controller chooses it. */
void lane_set_rate(struct lane *l, int64_t now_us, double per_second);
/* Undoes the above: back to the config and the controller. */
void lane_auto(struct lane *l, int64_t now_us);
/* The limits of the config and by hand, to be set again. */
struct lane_hand {
	double rpm, tpm, rate; /* 0: off, auto */
	int concurrency;       /* 0: auto */
	bool rpm_by_hand, tpm_by_hand, concurrency_by_hand;
};
void lane_hand(const struct lane *l, struct lane_hand *out);
void lane_set_hand(struct lane *l, int64_t now_us, const struct lane_hand *to);
/* Clears all that the controller learned, and skips the hold. */
void lane_forget(struct lane *l, int64_t now_us);
/* Ends the hold in force: the next attempt or probe may start now. */
void lane_skip_hold(struct lane *l, int64_t now_us);

#endif
