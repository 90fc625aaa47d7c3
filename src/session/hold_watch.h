/* Is a run held for so long that somebody should be told? Pure. */
#ifndef SLUICE_SESSION_HOLD_WATCH_H
#define SLUICE_SESSION_HOLD_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "port.h"

/* Shorter holds, such as Retry-After of a busy server, are its usual pace. */
#define HOLD_LONG_US (10 * US_PER_S)

/* Zeroed: a run that is not held. */
struct hold_watch {
	int64_t since_us; /* of the run's clock; 0: it is not held */
	bool told;        /* of this hold */
	uint64_t ok;      /* attempts that were ok when the run was last held */
};

/* To be called about once a second. True, once for each hold: the run is held, by the server, a
 * full disk or itself, for HOLD_LONG_US or longer, or will be. What the operator does is no hold. A
 * hold goes on, though single probes are sent, until an attempt is ok. */
bool hold_watch_look(struct hold_watch *w, const struct snapshot *s);

#endif
