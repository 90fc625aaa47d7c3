/* The past of a made-up run, for plots: the same every time. */
#ifndef SLUICE_TESTS_FAKE_HISTORY_H
#define SLUICE_TESTS_FAKE_HISTORY_H

#include "port.h"

/* The second `t` of the story. */
struct history_second fake_history_second(int t, double scale);
/* Fills history and latency bins with the last `seconds` seconds: a start, a limit that is found,
 * cut by refusals and set by hand; `scale` times five answers a second. */
void fake_history(struct snapshot *s, int seconds, double scale);
/* One second more. */
void fake_history_add(struct snapshot *s, double scale);

#endif
