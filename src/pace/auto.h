/* The adaptive controller of a lane: finds the server's limit by itself and stays at it. Two
 * brakes, of which the tighter binds: the send rate and the number in flight. docs/pacing.md tells
 * what it does and why; this is who does what:
 *
 *   auto.c          what the lane calls: sent, answered, tick; the weight of an attempt
 *   auto_refused.c  what one refusal means: which of the following it is, and the first cut
 *   auto_number.c   is it the number in flight?
 *   auto_hold.c     is everything refused? hold, probe, come back
 *   auto_trial.c    did the cut lower the share of refusals: a limit, or noise?
 *   auto_rate.c     the rate itself: its states, and upwards again
 *   auto_window.c   the number in flight grows while it buys throughput
 *   auto_headers.c  what the server tells of its limits, as feed-forward
 *   auto_words.c    what it decided and believes, for people
 *
 * Everything of the past is a start or a target; nothing of it is a ceiling.
 *
 * Rates are in weight per second. The weight of an attempt is 1, until refusals are seen to hit
 * large attempts more than small ones; from then on it is its estimated tokens over their mean. */
#ifndef SLUICE_PACE_AUTO_H
#define SLUICE_PACE_AUTO_H

#include "base/clock.h"
#include "pace/lane.h"

/* So long ago that everything since then is over. */
#define LONG_AGO_US (-(INT64_C(1) << 60))

#define AUTO_RATE_START   10.0 /* after the first ten, which go at once */
#define AUTO_RATE_LEAST   0.05
#define AUTO_RATE_MOST    1e6
#define AUTO_CUT_NO_BURST 0.96 /* of a lone refusal where no burst is taken */
#define AUTO_NOISE_MOST   0.15 /* a larger share of refusals is never noise */
#define AUTO_CLIMB_S      4.0  /* from a cut back to the ceiling, at least; */
#define AUTO_REST_S       10.0 /* at most, while the limit is new */
#define AUTO_WAIT_MOST_S                                                                           \
	120.0 /* the longest Retry-After heeded here; the breaker takes longer ones */

enum {
	AUTO_BURST = 10,
	AUTO_WINDOW_START = 64,
	AUTO_SENDS = 2048, /* of so many the refused ones are known */
	AUTO_MARKS = 16,
	AUTO_POINTS = 4,
	AUTO_ROUNDS = 8,
	AUTO_MOMENTS = 8,
	AUTO_IN_AIR = 16,
	AUTO_HALVES = 96,
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
	double rate;
	double cut_rate;  /* where the last cut led */
	double ceiling;   /* where to be careful; 0: nowhere */
	double good;      /* the last good rate: where to come back to; 0: not known */
	int64_t since_us; /* the state's own clock: stands still while the rate does not bind */
	double climb_s;
	int burst;     /* attempts that may still go without pacing */
	bool no_burst; /* the server refused the second of them */
	enum brake brake;
	int64_t brake_us;       /* BRAKE_RATE: it holds the next send back until then */
	double bound;           /* smoothed share of time in which the rate bound */
	double sent;            /* weight since the last tick */
	double per_s10, per_s2; /* weight sent per second, over 10 and 2 s */
	double sent_sum, refused_sum, answered_sum; /* weight since the start */
	double refusal_s;                           /* mean round trip of a refusal */
	uint32_t refusals;
	int64_t refused_us; /* the last */
	int64_t born_us;    /* the first send; LONG_AGO_US: none yet */
	int64_t tick_us;
};

/* Times of refusals and what was accepted until then: what a bucket accepts between two of them is
 * its limit. */
struct auto_marks {
	struct {
		int64_t at_us;
		double accepted;
	} at[AUTO_MARKS];
	unsigned first, n;
	double limit;  /* accepted per second between two; 0: not known */
	double before; /* the same at the cut before; 0 */
	double spread; /* mean change of it from cut to cut, as a share */
	double rest_s; /* the longest climb: what held for long is rarely tried */
};

/* One rate that was tried, and the share refused there. */
struct auto_point {
	double rate, sends, refused;
};

/* What is counted since the last mark, and the chain of cuts that tells a limit from noise. */
struct auto_trial {
	uint64_t mark_seq;
	int64_t mark_us;
	double refused;   /* since the mark */
	uint64_t cut_seq; /* refusals of what was sent up to here belong to the past */
	double share;     /* of refusals, at the last cut */
	double chain_rate, before_rate; /* before the first cut of this chain, of this episode */
	int steps;
	struct auto_point point[AUTO_POINTS];
	int points;
	bool tried;      /* the measured limit */
	double noise;    /* share of refusals known as noise */
	int64_t test_us; /* when to test whether it still is; negative: never yet */
};

/* Sends of CLIMB below the limit that was measured and from it on, and how many episodes began
 * there: a limit refuses nothing below itself, noise does. */
struct auto_strays {
	float below, above;
	float below_refused, above_refused;
	bool last_below; /* the last episode began there */
};

struct auto_hold {
	int64_t until_us;
	double gap_s; /* to the next probe */
	int vain;
	uint64_t probe_seq; /* in flight; 0: none */
	int64_t probe_us;
	int extra; /* 1: an extra probe after an earlier request was answered; 2: it was in vain */
	int64_t extra_back_us;    /* when the next probe was due without it */
	bool others;             /* somebody else used the limit: coming back from that */
	bool only_errors;        /* 503 and resets alone closed it: the server is down */
	bool reported;           /* by a Retry-After */
	bool reported_too_short; /* which was too short once */
	int64_t close_us, open_us;
	int64_t vain_us;      /* the last probe known to be in vain was sent */
	double open_accepted; /* weight accepted until the last opening */
	double rate;          /* really sent, when it closed */
	double length_s;      /* of the last one */
	/* from one opening to the next */
	double accepted, cycle_s; /* 0: not known */
	bool cycle_known;
	bool merged;           /* the last was a short relapse, within the cycle before it */
	double mean;           /* accepted per second; 0 */
	double quota, quota_s; /* a window seen twice; 0: none */
	int similar, relapses;
	double climb_s; /* to probe the edge of a window */
	int proofs;     /* rates proven since the window closed last */
};

enum window_mode {
	WINDOW_GROW,    /* while the window binds */
	WINDOW_CONFIRM, /* a round bought no throughput: stand still and see again */
	WINDOW_PLATEAU, /* the server is saturated: stay, and try more now and then */
	WINDOW_PROBE,
	WINDOW_LIMIT /* the server takes a number at once: auto_number.c */
};

struct auto_round {
	double window, per_s;
};

struct auto_window {
	double window;
	enum window_mode mode;
	int64_t cut_us;
	double latency_s;   /* mean of successes; 0: none yet */
	double error_share; /* of 500, 502, 504 */
	double timeout_share;
	/* a round: as many answers as the window */
	int64_t round_us;
	int answers, bound_answers;
	double round_window;
	struct auto_round round[AUTO_ROUNDS];
	int rounds;
	double plateau_per_s, before_probe;
	int64_t next_probe_us;
};

/* The most in flight among those accepted in one half second of sending, and the highest rate they
 * were sent at. Packed: there are many. */
struct auto_half {
	uint16_t turn; /* which round of the ring it is of; in_flight 0: none */
	uint16_t in_flight;
	uint16_t rate; /* its logarithm */
};

/* The number in flight that the server takes. */
struct auto_number {
	double limit; /* 0: none is known */
	double best;  /* ever */
	bool fresh;   /* found just now: throughput may still show that it was wrong */
	double fresh_per_s, fresh_accepted;
	int64_t fresh_us;
	int wrong, downs;
	double down; /* where the last cut of it led */
	/* refusals side by side below the number */
	int low, low_accepted;
	double low_in_flight;
	uint64_t low_seq;
	int64_t low_us;
	int64_t try_us; /* when to try more */
	double try_wait_s, step;
	uint64_t try_seq;
	int64_t clear_us; /* not suspected until then */
	double clear_s;
	struct {
		int64_t at_us;
		double in_flight, rate; /* the least */
	} moment[AUTO_MOMENTS];         /* of refusals */
	unsigned first_moment, moments;
	/* refused ones on their way: when sent, and how long each took */
	int64_t air_sent_us[AUTO_IN_AIR];
	uint32_t air_trip_us[AUTO_IN_AIR];
	unsigned next_air;
	struct auto_half half[AUTO_HALVES];
};

struct auto_weight {
	double mean; /* estimated tokens of an attempt; 0: none yet */
	double bias; /* of those refused, over the mean */
	int refusals;
};

/* One limit as the server tells it. */
struct auto_header {
	int64_t at_us, reset_us;
	double limit, remaining;
	float window_share; /* moving share of signs that it is a window, not a bucket; negative:
			       nothing was reported yet */
	float refill;       /* of the bucket, weight per second; 0: not known */
};

struct auto_headers {
	struct auto_header slot[LIMIT_SLOTS];
	double rate;           /* 0: headers tell nothing usable */
	int64_t at_us;         /* of the last that did */
	int64_t read_us;       /* when headers were last read */
	int64_t hold_us;       /* a window is used up until then */
	enum limit_slot binds; /* whose rate that is, */
	double left;           /* what remained of it */
	int64_t reset_us;      /* until then */
};

struct auto_pace {
	struct auto_rate rate;
	uint8_t refused[AUTO_SENDS / 8]; /* by seq modulo AUTO_SENDS */
	struct auto_marks marks;
	struct auto_trial trial;
	struct auto_strays strays;
	struct auto_hold hold;
	struct auto_window window;
	struct auto_number number;
	struct auto_weight weight;
	struct auto_headers headers;
};

/* ---- auto.c: what the lane calls ---- */

void auto_init(struct lane *l, int64_t now_us);
/* The send rate in force by itself, weight per second. */
double auto_rate_now(const struct lane *l);
int auto_window_now(const struct lane *l);
double auto_weigh(const struct lane *l, double tokens);
void auto_sent(struct lane *l, int64_t now_us, struct lane_ticket *t);
/* The send was held back by a brake, until then (BRAKE_RATE). */
void auto_held_back(struct lane *l, enum brake brake, int64_t until_us);
/* refused: by a limit, as lane_answered() tells. */
void auto_answered(struct lane *l, int64_t now_us, const struct lane_ticket *t,
	const struct lane_answer *a, bool refused);
void auto_tick(struct lane *l, int64_t now_us);

/* Weight accepted since the start, as far as no refusal has come yet. */
static inline double auto_accepted(const struct auto_pace *a)
{
	return a->rate.sent_sum - a->rate.refused_sum;
}

/* ---- auto_rate.c ---- */

/* Not refused by then: accepted. */
double auto_silence_s(const struct auto_rate *r);
/* Counting starts anew here. */
void auto_mark(struct lane *l, int64_t now_us);
void auto_begin_chain(struct lane *l, double rate);
/* Down to a rate, which stands still in TRIAL; from there on careful at the ceiling. */
void auto_cut(struct lane *l, int64_t now_us, double rate, double ceiling);
/* Doubling from this rate. */
void auto_ramp(struct lane *l, int64_t now_us, double rate);
/* The start: what the server delivers sets the pace until the first refusal. */
void auto_follow_delivery(struct lane *l, const struct lane_ticket *t, double latency_s);
void auto_rate_tick(struct lane *l, int64_t now_us, double dt_s);
/* The mark of a refusal's time. */
void auto_marks_add(struct auto_marks *m, int64_t at_us, double accepted);

/* ---- auto_trial.c ---- */

/* TRIAL: did the cut lower the share of refusals? */
void auto_judge(struct lane *l, int64_t now_us);
/* Cut again: refused is the share, limit the likely one (0: not known), of sends. */
void auto_cut_again(struct lane *l, int64_t now_us, double share, double limit, double sends);
/* Sends since the mark whose refusal would be known by now. */
double auto_settled_sends(const struct lane *l);
/* CLIMB with noise: is it still noise? */
void auto_test_noise(struct lane *l, int64_t now_us);
/* Something is sent: on which side of the limit? */
void auto_strays_sent(struct auto_pace *a);
/* An episode begins at the rate in force. */
void auto_strays_begin(struct auto_pace *a);

/* ---- auto_hold.c ---- */

void auto_close(struct lane *l, int64_t now_us, double wait_s, bool only_errors, int in_row);
/* HELD: when the next probe may go (<= now: now). */
int64_t auto_probe_us(const struct lane *l, int64_t now_us);
void auto_held_refused(struct lane *l, int64_t now_us, const struct lane_ticket *t, double wait_s);
/* HELD: something sent earlier, or the probe, was answered. */
void auto_held_answered(struct lane *l, int64_t now_us, const struct lane_ticket *t);
/* A probe that was not refused within a refusal's time opens it. */
void auto_held_tick(struct lane *l, int64_t now_us);
void auto_hold_skipped(struct lane *l, int64_t now_us);

/* ---- auto_number.c ---- */

void auto_number_forget(struct auto_number *n);
/* Notes a refusal; true when the number in flight explains it. */
bool auto_number_refused(struct lane *l, int64_t now_us, const struct lane_ticket *t);
/* Notes what was accepted; true when no refused one was in the air beside it. */
bool auto_number_accepted(struct lane *l, const struct lane_ticket *t);
/* WINDOW_LIMIT: a success. */
void auto_number_success(struct lane *l, int64_t now_us, const struct lane_ticket *t, bool clean);
void auto_number_tick(struct lane *l, int64_t now_us);

/* ---- auto_window.c ---- */

void auto_window_init(struct lane *l, int64_t now_us);
/* The ceiling of the number in flight. */
double auto_window_most(const struct lane *l);
void auto_window_success(struct lane *l, int64_t now_us, double latency_s);
void auto_window_timeout(struct lane *l, int64_t now_us, const struct lane_ticket *t);

/* ---- auto_refused.c ---- */

void auto_refused(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, const struct lane_answer *a);

/* ---- auto_words.c ---- */

/* Is less let through than was good, because somebody else uses the limit? */
bool auto_is_shared(const struct auto_pace *a, int64_t now_us);
/* What keeps everything back, in HELD; and who says so. */
enum bound auto_hold_bound(const struct auto_pace *a, int64_t now_us);
void auto_hold_source(const struct lane *l, int64_t now_us, char *out, size_t size);
/* What the controller believes now, as one line: "limit about 50/s"; "" for other paces. Returns
 * the bound that this is about. */
enum bound auto_believe(const struct lane *l, int64_t now_us, char *out, size_t size);

/* ---- auto_headers.c ---- */

void auto_headers_read(struct lane *l, int64_t now_us, const struct reported_limits *limits);

#endif
