/* The controller's send rate: its states, and how it rises again after a cut. It moves only while
 * it binds, because a rate that is not tried proves nothing. Private to the controller, see auto.h.
 */
#ifndef SLUICE_PACE_AUTO_RATE_H
#define SLUICE_PACE_AUTO_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

/* Rates per second: the first after the burst, and the bounds. */
#define AUTO_RATE_START 10.0
#define AUTO_RATE_LEAST 0.05
#define AUTO_RATE_MOST  1e6
/* The factor of a cut by a lone refusal where the server takes no burst. */
#define AUTO_CUT_NO_BURST 0.96
/* Bounds of a climb from a cut back to the ceiling; the upper one while the limit is new. */
#define AUTO_CLIMB_S 4.0
#define AUTO_REST_S  10.0

enum {
	AUTO_BURST = 10, /* attempts that go at once at the start */
	AUTO_MARKS = 16,
};

/* What kept the last send back. */
enum brake { BRAKE_RATE, BRAKE_WINDOW, BRAKE_OTHER };

enum rate_state {
	RATE_RAMP,  /* no limit known, or far below the last good rate: doubling */
	RATE_TRIAL, /* just cut: stands still until it is clear whether that helps */
	RATE_CLIMB, /* the limit is about the ceiling: back to it, then on beyond it */
	RATE_HELD   /* everything is refused: nothing goes but single probes */
};

struct auto_rate {
	enum rate_state state;
	double rate;      /* in force; this and the other rates in weight per second */
	double cut_rate;  /* after the last cut */
	double ceiling;   /* the rate rises slowly near it; 0: none */
	double good;      /* the last good rate, the target after a disturbance; 0: not known */
	int64_t since_us; /* the state's own clock: stands still while the rate does not bind */
	double climb_s;   /* time from cut_rate back to the ceiling */
	int burst;        /* attempts of the first burst that are left */
	bool no_burst;    /* the server refused the second of them */
	enum brake brake;
	int64_t brake_us;       /* BRAKE_RATE holds the next send back until then */
	double bound;           /* smoothed share of time in which the rate bound */
	double sent;            /* weight since the last tick */
	double per_s10, per_s2; /* weight sent per second, over 10 and 2 s */
	double sent_sum, refused_sum, answered_sum; /* weight since the start */
	double refusal_s;                           /* mean round trip of a refusal */
	uint32_t refusals;                          /* since the start */
	int64_t refused_us;                         /* time of the last refusal */
	int64_t born_us; /* time of the first send; LONG_AGO_US: none yet */
	int64_t tick_us;
};

/* Times of refusals and the weight accepted until then. A bucket's limit is what it accepts between
 * two refusals. */
struct auto_marks {
	struct {
		int64_t at_us;
		double accepted;
	} at[AUTO_MARKS];
	unsigned first, n; /* ring: the oldest, how many */
	double limit;      /* accepted per second between two refusals; 0: not known */
	double before;     /* the limit measured at the cut before; 0: not known */
	double spread;     /* mean change of the limit from cut to cut, as a share */
	double rest_s;     /* the longest climb: a limit that held for long is rarely tried */
};

/* Seconds after which a send counts as accepted when no refusal has come. */
double auto_silence_s(const struct auto_rate *r);
/* Sets the mark: sends and refusals are counted from here. */
void auto_mark(struct lane *l, int64_t now_us);
/* A chain of cuts begins at this rate (per second): is_noise() goes back to it. */
void auto_begin_chain(struct lane *l, double rate);
/* Lowers the rate and enters TRIAL, where it stands still; the climb afterwards slows down at the
 * ceiling. Both per second. */
void auto_cut(struct lane *l, int64_t now_us, double rate, double ceiling);
/* Enters RAMP at this rate (per second): it doubles until a refusal or the last good rate. */
void auto_ramp(struct lane *l, int64_t now_us, double rate);
/* At the start, before any refusal: raises the rate to follow the deliveries seen by this answer,
 * which took latency_s seconds. */
void auto_follow_delivery(struct lane *l, const struct lane_ticket *t, double latency_s);
/* Moves the rate by the dt_s seconds since the last tick. */
void auto_rate_tick(struct lane *l, int64_t now_us, double dt_s);
/* Adds a mark: a refusal at this time, and the weight accepted until then. Replaces the oldest. */
void auto_marks_add(struct auto_marks *m, int64_t at_us, double accepted);

#endif
