/* Everything is refused: nothing goes until a time, then one probe. After each probe in vain the
 * wait doubles. Private to the controller, see auto.h. */
#ifndef SLUICE_PACE_AUTO_HOLD_H
#define SLUICE_PACE_AUTO_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

#define AUTO_WAIT_MOST_S 120.0 /* the longest Retry-After heeded; longer ones open the breaker */

struct auto_hold {
	int64_t until_us;   /* when the next probe is due */
	double gap_s;       /* from a probe in vain to the next */
	int vain;           /* probes in vain since it closed */
	uint64_t probe_seq; /* the probe in flight; 0: none */
	int64_t probe_us;   /* when it was sent */
	int extra; /* 1: an extra probe after an earlier request was answered; 2: it was in vain */
	int64_t extra_back_us; /* until_us before the extra probe */
	bool others;           /* somebody else used the limit up; the rate comes back from that */
	bool only_errors;      /* 503 and resets alone closed it: the server is down */
	bool reported;         /* a Retry-After set until_us */
	bool reported_too_short;   /* a Retry-After was too short once */
	int64_t close_us, open_us; /* when it closed, and opened last */
	int64_t vain_us;           /* when the last probe in vain was sent */
	double open_accepted;      /* weight accepted until the last opening */
	double rate;               /* the rate really sent when it closed */
	double length_s;           /* duration of the last hold */
	/* The last cycle, from one opening to the next: weight accepted, duration. */
	double accepted, cycle_s; /* 0: not known */
	bool cycle_known;
	bool merged;           /* the last was a short relapse, within the cycle before it */
	double mean;           /* rate resumed at last; 0: not known */
	double quota, quota_s; /* a window seen twice: weight, length; 0: none */
	int similar, relapses; /* in a row: cycles alike, relapses */
	double climb_s;        /* least time of a climb at the edge of a window; 0: none */
	int proofs;            /* cuts that helped since the window closed last */
};

/* Enters HELD. wait_s: Retry-After in seconds, 0: none; only_errors: the last refusal was an error
 * (503, a reset), no 429; in_row: how many were refused side by side. */
void auto_close(struct lane *l, int64_t now_us, double wait_s, bool only_errors, int in_row);
/* In HELD: when the next probe may go; not later than now: at once. */
int64_t auto_probe_us(const struct lane *l, int64_t now_us);
/* In HELD: a refusal came, of the probe or of an earlier request. wait_s as above. */
void auto_held_refused(struct lane *l, int64_t now_us, const struct lane_ticket *t, double wait_s);
/* In HELD: an answer came that is no refusal. The probe's ends the hold; that of an earlier request
 * allows one extra probe. */
void auto_held_answered(struct lane *l, int64_t now_us, const struct lane_ticket *t);
/* In HELD: ends the hold when the probe was not refused within the time a refusal takes. */
void auto_held_tick(struct lane *l, int64_t now_us);
/* The operator skips the hold: the next probe may go at once, and the hold by headers ends. */
void auto_hold_skipped(struct lane *l, int64_t now_us);

#endif
