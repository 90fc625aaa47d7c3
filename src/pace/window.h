/* A sliding window: at most so many sends within any span of a given length. Sends are counted in
 * 64 slots of 1/60 of the window each, so any window takes 300 bytes. A slot is dropped when all of
 * it has left the window: the limit is never exceeded, and up to 1/60 of it goes unused. Pure. */
#ifndef SLUICE_PACE_WINDOW_H
#define SLUICE_PACE_WINDOW_H

#include <stdint.h>

enum { WINDOW_SLOTS = 64 };

struct window {
	uint32_t limit; /* 0: off */
	uint32_t used;  /* sum of the slots */
	int64_t slot_us;
	int64_t gap_us;  /* least time between two sends; 0: none */
	int64_t next_us; /* earliest next send */
	int64_t newest;  /* number of the newest slot: time / slot_us */
	uint32_t slot[WINDOW_SLOTS];
};

/* Sets a limit of count sends in span_us; 0 for either: off. Forgets earlier sends. */
void window_set(struct window *w, int64_t now_us, uint32_t count, int64_t span_us);
/* When the next send may go; <= now means now. */
int64_t window_ready_us(struct window *w, int64_t now_us);
/* Counts a send. */
void window_take(struct window *w, int64_t now_us);
/* Spreads sends evenly over the window from now on, because the server refuses bursts. */
void window_spread(struct window *w);

#endif
