/* "Why am I not going faster?": how long each bound held the sending back during the last minute.
 * Pure; fed with every change of what binds. */
#ifndef SLUICE_PACE_WHY_H
#define SLUICE_PACE_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

enum { WHY_SECONDS = 60 };

struct why {
	enum bound bound; /* in force since at_us */
	int64_t at_us;    /* up to here everything is in the slots */
	bool idle;
	int64_t session_us[BOUND_COUNT]; /* since why_init(), without the idle */
	int64_t second;                  /* number of the newest slot */
	uint32_t slot_us[WHY_SECONDS][BOUND_COUNT];
};

/* Nothing binds and nothing ran before `now`. */
void why_init(struct why *w, int64_t now_us);
/* From now on this binds. */
void why_set(struct why *w, int64_t now_us, enum bound bound);
/* Is there nothing left to do? From now on, until there is, time is none of the session's. */
void why_idle(struct why *w, int64_t now_us, bool idle);
/* The shares of the last minute (of the time since why_init() when that is less); they sum to 1, or
 * are all 0 when no time has passed. */
void why_shares(struct why *w, int64_t now_us, double share[BOUND_COUNT]);
/* The same of all the time since why_init() that was no rest. */
void why_session_shares(struct why *w, int64_t now_us, double share[BOUND_COUNT]);

#endif
