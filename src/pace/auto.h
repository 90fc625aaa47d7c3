/* The adaptive controller of a lane: finds the server's limit by itself and stays at it. It has two
 * brakes, the send rate and the number in flight; the tighter one binds. docs/pacing.md explains
 * what it does and why. Each part has a header and a file of its own:
 *
 *   auto.c          the calls of the lane: sent, answered, tick; the weight of an attempt
 *   auto_init.c     what it begins with
 *   auto_refused.c  what one refusal means: which of the following it is, and the first cut
 *   auto_number.c   does the server limit the number in flight?
 *   auto_hold.c     everything is refused: hold, probe, resume
 *   auto_trial.c    did the cut lower the share of refusals: a limit, or noise?
 *   auto_rate.c     the rate itself: its states, and how it rises again
 *   auto_window.c   the number in flight grows while it buys throughput
 *   auto_headers.c  the limits that the server reports, as feed-forward
 *   auto_remaining.c  what is left of the windows that it reports
 *   auto_words.c    what it decided and believes, in words for people
 *
 * What it learned is a start or a target, never a ceiling.
 *
 * The controller is a part of the lane, which owns it; only the files of the lane call it. Rates
 * are in weight per second. The weight of an attempt is 1 until refusals are seen to hit large
 * attempts more than small ones; from then on it is its estimated tokens over their mean. */
#ifndef SLUICE_PACE_AUTO_H
#define SLUICE_PACE_AUTO_H

#include "base/clock.h"
#include "pace/auto_headers.h"
#include "pace/auto_hold.h"
#include "pace/auto_number.h"
#include "pace/auto_rate.h"
#include "pace/auto_timeouts.h"
#include "pace/auto_trial.h"
#include "pace/auto_window.h"
#include "pace/lane.h"

enum { AUTO_SENDS = 2048 }; /* of so many sends the refused ones are known */

struct auto_weight {
	double mean; /* estimated tokens of an attempt; 0: none yet */
	double bias; /* of those refused, over the mean */
	int refusals;
};

struct auto_pace {
	struct auto_rate rate;
	uint8_t refused[AUTO_SENDS / 8]; /* by seq modulo AUTO_SENDS */
	struct auto_marks marks;
	struct auto_trial trial;
	struct auto_strays strays;
	struct auto_hold hold;
	struct auto_window window;
	struct auto_timeouts timeouts;
	struct auto_number number;
	struct auto_weight weight;
	struct auto_headers headers;
};

/* Begins anew, with nothing known: in auto_init.c. */
void auto_init(struct lane *l, int64_t now_us);
/* The controller's own send rate now, weight per second. */
double auto_rate_now(const struct lane *l);
/* The controller's own number in flight now. */
int auto_window_now(const struct lane *l);
/* The weight of an attempt of this estimated cost in tokens. */
double auto_weigh(const struct lane *l, double tokens);
/* An attempt was sent; fills the ticket's members for the controller. */
void auto_sent(struct lane *l, int64_t now_us, struct lane_ticket *t);
/* A brake held the next send back: BRAKE_RATE until until_us, the others until an answer comes. */
void auto_held_back(struct lane *l, enum brake brake, int64_t until_us);
/* An attempt ended. refused: by a limit, as lane_answered() decided. */
void auto_answered(struct lane *l, int64_t now_us, const struct lane_ticket *t,
	const struct lane_answer *a, bool refused);
/* The part of auto_answered() for refusals, in auto_refused.c. */
void auto_refused(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, const struct lane_answer *a);
/* To be called by lane_tick(). */
void auto_tick(struct lane *l, int64_t now_us);

/* Weight accepted since the start, as far as no refusal has come yet. */
static inline double auto_accepted(const struct auto_pace *a)
{
	return a->rate.sent_sum - a->rate.refused_sum;
}

#endif
