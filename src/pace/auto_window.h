/* The number in flight while no limit of it is known: it grows while it binds and while that buys
 * throughput. Private to the controller, see auto.h. */
#ifndef SLUICE_PACE_AUTO_WINDOW_H
#define SLUICE_PACE_AUTO_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

enum {
	AUTO_WINDOW_START = 64,
	AUTO_ROUNDS = 8,
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
	int64_t cut_us;     /* of the latest cut */
	double latency_s;   /* mean of the successes; 0: none yet */
	double error_share; /* smoothed share of 500, 502, 504 */
	/* The round under way: as many answers as the window. */
	int64_t round_us;
	int answers, bound_answers;
	double round_window;
	struct auto_round round[AUTO_ROUNDS];
	int rounds;
	double plateau_per_s, before_probe;
	int64_t next_probe_us;
};

/* Begins at AUTO_WINDOW_START, or at the ceiling when that is lower. */
void auto_window_init(struct lane *l, int64_t now_us);
/* The ceiling of the number in flight: max_concurrency of the lane's config, else 1024. */
double auto_window_most(const struct lane *l);
/* A request succeeded after latency_s seconds. */
void auto_window_success(struct lane *l, int64_t now_us, double latency_s);
/* Cuts the number, since more were too many for the server. */
void auto_window_cut(struct lane *l, int64_t now_us, double to);
/* Restores the number from before cuts that helped nothing; it grows on from there. */
void auto_window_restore(struct lane *l, int64_t now_us, double to);

#endif
