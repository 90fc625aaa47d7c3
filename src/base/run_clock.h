/* The clock of a run: monotonic time less the time for which the process was suspended (SIGSTOP,
 * ^Z, a frozen machine). By it no timeout runs out and no allowance fills up while nobody could
 * act. The suspension is noticed by the first reading after it, whoever reads: no timer has to be
 * moved, and nobody sees the late time. One thread reads it. */
#ifndef SLUICE_BASE_RUN_CLOCK_H
#define SLUICE_BASE_RUN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: a clock that is not watched. */
struct run_clock {
	int64_t mono_us;      /* the latest reading of the monotonic clock */
	int64_t suspended_us; /* in all, as far as noticed */
	bool watched;
};

/* From mono_us on the clock is read every 100 ms or more often, so that a gap of seconds between
 * two readings is a suspension. */
void run_clock_watch(struct run_clock *c, int64_t mono_us);
/* From here on gaps mean nothing: work that blocks the loop begins. */
void run_clock_unwatch(struct run_clock *c);

/* The time of the run when the monotonic clock reads mono_us; it never goes back. */
int64_t run_clock_at(struct run_clock *c, int64_t mono_us);
/* The time of the run now. */
int64_t run_clock_now_us(struct run_clock *c);

#endif
