/* "Why am I not going faster?": for how long each bound held the sending back in the last minute.
 * Pure; the caller reports each change of the bound. */
#ifndef SLUICE_PACE_WHY_H
#define SLUICE_PACE_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

enum { WHY_SECONDS = 60 };

struct why {
	enum bound bound;                /* in force since at_us */
	int64_t at_us;                   /* the slots hold everything up to here */
	bool idle;                       /* nothing is left to do */
	int64_t session_us[BOUND_COUNT]; /* since why_init(), without idle time */
	int64_t second;                  /* number of the newest slot */
	uint32_t slot_us[WHY_SECONDS][BOUND_COUNT];
};

/* Begins at now with BOUND_NONE. */
void why_init(struct why *w, int64_t now_us);
/* This bound is in force from now on. */
void why_set(struct why *w, int64_t now_us, enum bound bound);
/* Idle time, while nothing is left to do, counts for no bound of the session. */
void why_idle(struct why *w, int64_t now_us, bool idle);
/* Each bound's share of the last minute, or of the time since why_init() when that is shorter. They
 * sum to 1, or are all 0 when no time has passed. */
void why_shares(struct why *w, int64_t now_us, double share[BOUND_COUNT]);
/* The bound that was in force for most of the last one to two seconds. */
enum bound why_now(struct why *w, int64_t now_us);
/* How long each bound was in force since why_init(), idle time left out. */
void why_session_times(struct why *w, int64_t now_us, int64_t us[BOUND_COUNT]);
/* Each bound's share of the time since why_init(), idle time left out. */
void why_session_shares(struct why *w, int64_t now_us, double share[BOUND_COUNT]);

#endif
