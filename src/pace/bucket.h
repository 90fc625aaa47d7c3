/* A token bucket with debt: an estimate is reserved before the real cost is known, and settled when
 * the answer reports it. So the level may go below zero, and a wait is plain arithmetic. Pure. */
#ifndef SLUICE_PACE_BUCKET_H
#define SLUICE_PACE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	double rate;  /* refill per second; 0: no limit */
	double burst; /* level when full */
	double level; /* may be negative: debt */
	int64_t at_us;
	bool spread; /* bursts are off */
};

/* Sets a limit per minute; 0 or negative: none. The bucket holds one second's worth, at least
 * min_burst: providers enforce a limit per minute over much shorter spans, and a bucket of a whole
 * minute would let two minutes' worth through in the first. A changed limit keeps its debt; a new
 * limit starts full. */
void bucket_set(struct bucket *b, int64_t now_us, double per_minute, double min_burst);
/* When this amount may be taken; <= now means now. An amount above the burst may go as soon as the
 * bucket is full, and leaves a debt. */
int64_t bucket_ready_us(const struct bucket *b, int64_t now_us, double amount);
/* Takes the amount, whatever the level. */
void bucket_take(struct bucket *b, int64_t now_us, double amount);
/* Replaces a reserved amount by the real one. This leaves a debt of at most a minute's worth,
 * however wrong the figure is; a larger debt from bucket_take() stays. */
void bucket_settle(struct bucket *b, int64_t now_us, double reserved, double real);
/* Turns bursts off, because the server refuses them: the bucket holds a twentieth of a second's
 * worth from now on, at least 1. */
void bucket_spread(struct bucket *b, int64_t now_us);

#endif
