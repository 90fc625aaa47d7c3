/* The adaptive controller of a lane: finds the server's limit by itself and stays at it. Two
 * brakes, of which the tighter binds: the send rate (auto_cut.c, auto_grow.c) and the attempts in
 * flight (auto_conc.c). Beside them the door (auto_door.c), which closes when everything is
 * refused, and the server's own headers as feed-forward (auto_headers.c). A brake moves only while
 * it is the one that binds: a trickle of successes proves nothing about a limit that was not
 * exercised.
 *
 * Rates are in weight per second. The weight of an attempt is 1, until refusals are seen to hit
 * large attempts more than small ones; from then on it is its estimated tokens over their mean. */
#ifndef SLUICE_PACE_AUTO_H
#define SLUICE_PACE_AUTO_H

#include "pace/lane.h"

/* So long ago that everything since then is over. */
#define LONG_AGO_US (-(INT64_C(1) << 60))

enum { AUTO_BURST = 10, AUTO_ROUNDS = 16, AUTO_PEAK_SECONDS = 20 };

/* What kept the last send back. */
enum brake { BRAKE_RATE, BRAKE_WINDOW, BRAKE_OTHER };

struct auto_rate {
	double rate;
	double ceiling;   /* the best guess at the limit; 0: none was met yet */
	int64_t cut_us;   /* the last cut; moves on while the rate does not bind */
	double climb_s;   /* from a cut back to the ceiling */
	double refusal_s; /* mean round trip of a refusal */
	enum brake brake;
	int64_t brake_us;        /* BRAKE_RATE: it holds the next send back until then */
	double bound;            /* smoothed share of time the rate bound */
	double sent;             /* weight since the last tick */
	double per_s10, per_s30; /* weight sent per second, smoothed over 10 and 30 s */
	double sent_sum, refused_sum, accepted_sum; /* weight since the start */
	int64_t start_us, tick_us;
	int burst;         /* attempts that may still go without pacing */
	bool small_bucket; /* some of those were refused */
};

/* Refusals close to each other are one event: one cut, then further ones only on new evidence. */
struct auto_episode {
	int64_t last_us, first_us; /* of its refusals */
	uint64_t cut_seq;          /* attempts up to here were sent before the last cut */
	int cuts, more_cuts;
	uint64_t refused, seq_min, seq_max;
	double rate;       /* at which it began */
	bool cold;         /* it is the first ever */
	double start_mean; /* weight accepted per second until the first cut ever */
	/* since the last cut */
	int64_t mark_us;      /* in active time: see auto_active_us() */
	int64_t mark_wall_us; /* in all time */
	double mark_sent, mark_refused;
	uint64_t mark_refusals;
	/* from the start of one episode to the next: the accepted rate, the best guess at a limit
	 */
	bool cycle_begun;
	int64_t cycle_us;
	double cycle_accepted;
	double cycle_rate; /* 0: not known */
};

struct auto_door {
	bool closed;
	int status; /* which closed it */
	int64_t close_us, open_us;
	int64_t since_us; /* last opening, and the weight accepted until then */
	double accepted;
	double probe_gap_s;
	uint64_t probe_seq; /* in flight; 0: none */
	int64_t probe_us, next_probe_us;
	/* Retry-After holds; those that cost throughput are left out of measured time */
	int64_t hold_us, held_us;
	bool hold_costs, reopen; /* reopen: a long hold ends through opened() */
};

enum conc_mode {
	CONC_GROW,    /* like TCP, while the window binds */
	CONC_CONFIRM, /* a round bought no throughput: stand still and look again */
	CONC_PLATEAU, /* the server is saturated: stay, and try more now and then */
	CONC_PROBE,
	CONC_CUBIC /* a limit in flight is known: creep around it */
};

struct auto_round {
	double window, per_s;
};

struct auto_conc {
	double window;
	enum conc_mode mode;
	double ceiling; /* CONC_CUBIC: the number in flight that was refused */
	int64_t cut_us;
	bool on_trial; /* the ceiling may be wrong: the rate may be to blame */
	int trial_cuts;
	int64_t trial_us, acquitted_until_us;
	double trial_rate, acquittal_s;
	/* most in flight among the accepted of the last 20 s */
	uint32_t peak, second_peak[AUTO_PEAK_SECONDS], second_count[AUTO_PEAK_SECONDS];
	int64_t second;
	/* a round: as many answers as the window */
	int64_t round_us;
	int answers, bound_answers;
	double round_window;
	struct auto_round round[AUTO_ROUNDS];
	int rounds;
	double plateau_per_s, before_probe;
	int64_t next_probe_us;
	double latency_s;   /* mean of successes; 0: none yet */
	double error_share; /* of 500, 502, 504 */
	double timeout_share;
};

struct auto_weight {
	double mean; /* estimated tokens of an attempt; 0: none yet */
	double bias; /* of those refused, over the mean */
	int refusals;
};

enum auto_dim { DIM_REQUESTS, DIM_TOKENS, DIM_COUNT };

/* One limit as the server reports it. */
struct auto_header {
	bool seen;
	int64_t at_us, reset_us;
	double limit, remaining;
	double window_share; /* moving share of signs that it is a fixed window, not a bucket */
	double refill;       /* of the bucket, weight per second; 0: not known */
};

struct auto_headers {
	struct auto_header dim[DIM_COUNT];
	double rate;     /* 0: headers tell nothing usable */
	int64_t at_us;   /* of the last that did */
	int64_t read_us; /* when headers were last looked at */
	double headroom; /* of that dimension, 0 to 1 */
	int64_t hold_us; /* a window is used up until then */
};

struct auto_pace {
	struct auto_rate rate;
	struct auto_episode episode;
	struct auto_door door;
	struct auto_conc conc;
	struct auto_weight weight;
	struct auto_headers headers;
};

/* auto.c: what the lane calls. */
void auto_init(struct lane *l, int64_t now_us);
/* The send rate in force by itself, weight per second. */
double auto_rate_now(const struct lane *l);
int auto_window_now(const struct lane *l);
void auto_sent(struct lane *l, int64_t now_us, struct lane_ticket *t);
/* The send was held back by a brake, until then (BRAKE_RATE). */
void auto_held_back(struct lane *l, enum brake brake, int64_t until_us);
void auto_answered(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, const struct lane_answer *a);
void auto_tick(struct lane *l, int64_t now_us);
void auto_shift(struct lane *l, int64_t us);
/* Time not spent in holds that cost throughput. */
int64_t auto_active_us(const struct lane *l, int64_t now_us);

/* auto_cut.c */
void auto_refused(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, const struct lane_answer *a);
/* Measuring starts anew here; refusals of what was sent so far belong to the past. */
void auto_mark(struct lane *l, int64_t now_us);
void auto_set_climb(struct lane *l, double hold_s);
/* At the start of an episode: the mean accepted since the start of the last one. */
void auto_cycle(struct lane *l, const struct lane_ticket *t);

/* auto_grow.c */
void auto_grow(struct lane *l, int64_t now_us, double dt_s);
/* The start: what the server delivers sets the pace until the first refusal. */
void auto_grow_cold(struct lane *l, int64_t now_us, const struct lane_ticket *t);

/* auto_door.c */
void auto_hold(struct lane *l, int64_t now_us, int64_t wait_us, int status);
void auto_hold_skipped(struct lane *l, int64_t now_us);
void auto_close(struct lane *l, int64_t now_us, int status);
void auto_opened(struct lane *l, int64_t now_us);
/* With the door closed: when the next probe may go (<= now: now). */
int64_t auto_probe_us(const struct lane *l, int64_t now_us);
void auto_probe_refused(struct lane *l, int64_t now_us);
/* A probe that was not refused within a refusal's time opens the door. */
void auto_door_tick(struct lane *l, int64_t now_us);

/* auto_conc.c */
void auto_conc_init(struct lane *l, int64_t now_us);
/* Tests a refusal as a limit in flight; true when that explains it for now. */
bool auto_conc_refused(struct lane *l, int64_t now_us, const struct lane_ticket *t, bool *first);
void auto_conc_success(
	struct lane *l, int64_t now_us, const struct lane_ticket *t, double latency_s);
void auto_conc_timeout(struct lane *l, int64_t now_us, const struct lane_ticket *t);
void auto_conc_tick(struct lane *l, int64_t now_us, int64_t dt_us);
/* Once a second, whatever binds. */
void auto_conc_peak_tick(struct lane *l, int64_t now_us);

/* auto_headers.c */
void auto_headers_read(struct lane *l, int64_t now_us, const struct lane_answer *a);

#endif
