/* The clock of a run: monotonic time minus the time for which the process was suspended (SIGSTOP,
 * ^Z, a frozen machine), so that no timeout runs out and no allowance fills up meanwhile. The first
 * reading after a suspension notices it: no timer has to be moved, and no reader sees the late
 * time. Only one thread may read it. */
#ifndef SLUICE_BASE_RUN_CLOCK_H
#define SLUICE_BASE_RUN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: a clock that is not watched. */
struct run_clock {
	int64_t mono_us;      /* last reading of the monotonic clock */
	int64_t suspended_us; /* all suspensions noticed so far */
	bool watched;
};

/* Begins to watch: from mono_us on the clock is read at least every 100 ms, so a gap of seconds
 * between two readings is a suspension. */
void run_clock_watch(struct run_clock *c, int64_t mono_us);
/* Ends the watch before work that blocks the loop: gaps count as time. */
void run_clock_unwatch(struct run_clock *c);

/* The run's time in us when the monotonic clock reads mono_us; it never goes back. */
int64_t run_clock_at(struct run_clock *c, int64_t mono_us);
/* The run's time now, in us. */
int64_t run_clock_now_us(struct run_clock *c);

#endif
