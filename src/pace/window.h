/* A sliding window: at most so many sends within any span of a length. Sends are counted in 64
 * slots of a 60th of the window each, so that any window takes 300 bytes; a slot is forgotten when
 * all of it has left the window, so the limit is never exceeded and up to 1/60 below it is lost. */
#ifndef SLUICE_PACE_WINDOW_H
#define SLUICE_PACE_WINDOW_H

#include <stdint.h>

enum { WINDOW_SLOTS = 64 };

struct window {
	uint32_t limit; /* 0: off */
	uint32_t used;  /* sum of the slots */
	int64_t slot_us;
	int64_t gap_us;  /* between any two sends; 0: none */
	int64_t next_us; /* none before */
	int64_t newest;  /* number of the newest slot: time / slot_us */
	uint32_t slot[WINDOW_SLOTS];
};

/* A limit of `count` sends in `span_us`; 0 for either: off. Forgets what was sent. */
void window_set(struct window *w, int64_t now_us, uint32_t count, int64_t span_us);
/* When the next send may go: <= now means now. */
int64_t window_ready_us(struct window *w, int64_t now_us);
void window_take(struct window *w, int64_t now_us);
/* From now on sends are spread evenly over the window: the server refuses bursts. */
void window_spread(struct window *w);

#endif
