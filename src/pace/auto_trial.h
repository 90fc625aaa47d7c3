/* After a cut: did it lower the share of refusals? A limit refuses what is beyond it, so its share
 * falls with the rate; noise refuses the same share at any rate. Private to the controller, see
 * auto.h. */
#ifndef SLUICE_PACE_AUTO_TRIAL_H
#define SLUICE_PACE_AUTO_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

#define AUTO_NOISE_MOST 0.15 /* a larger share of refusals is never noise */

enum { AUTO_POINTS = 4 };

struct auto_pace;

/* One rate that was tried: how many were sent and how many refused. */
struct auto_point {
	double rate, sends, refused;
};

/* The counts since the last mark, and the chain of cuts that distinguishes a limit from noise. */
struct auto_trial {
	uint64_t mark_seq;
	int64_t mark_us;
	double refused;                 /* since the mark */
	uint64_t cut_seq;               /* refusals of requests sent up to here are ignored */
	double share;                   /* of refusals, at the last cut */
	double chain_rate, before_rate; /* before the first cut of this chain, of this episode */
	int steps;                      /* cuts in this chain beyond the first */
	struct auto_point point[AUTO_POINTS];
	int points;
	bool tried;      /* a cut went to the measured limit */
	double noise;    /* share of refusals known as noise; 0: none */
	int64_t test_us; /* when to test the noise again; negative: no test yet */
};

/* In CLIMB: sends below and above the measured limit, and the episodes of refusals that began
 * there. A limit refuses nothing below itself, noise does. */
struct auto_strays {
	float below, above;
	float below_refused, above_refused;
	bool last_below; /* the last episode began below */
};

/* In TRIAL: decides whether the cut helped, and cuts again, climbs, or takes the refusals for
 * noise. Does nothing while the answers seen do not suffice. */
void auto_judge(struct lane *l, int64_t now_us);
/* Cuts again. share: of refusals; limit: the likely one per second, 0: not known; sends: how many
 * the share is taken from. */
void auto_cut_again(struct lane *l, int64_t now_us, double share, double limit, double sends);
/* Sends since the mark whose refusal would be known by now. */
double auto_settled_sends(const struct lane *l);
/* In CLIMB with known noise: begins a trial that shows whether it still is noise. */
void auto_test_noise(struct lane *l, int64_t now_us);
/* In CLIMB: counts a send, below the measured limit or above it. */
void auto_strays_sent(struct auto_pace *a);
/* An episode of refusals begins at the rate in force. */
void auto_strays_begin(struct auto_pace *a);

#endif
