/* A token bucket with debt: an estimate is reserved before the real cost is known and settled when
 * the answer tells it, so the level may go below zero and a wait is plain arithmetic. Pure: every
 * function takes `now`. */
#ifndef SLUICE_PACE_BUCKET_H
#define SLUICE_PACE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	double rate;  /* refill per second; 0: no limit */
	double burst; /* what it holds when full */
	double level; /* may be negative: debt */
	int64_t at_us;
	bool spread; /* no bursts */
};

/* A limit per minute; 0 or negative: none. The bucket holds one second's worth, at least
 * `min_burst`: providers enforce a minute's limit over much shorter spans, and a bucket of a whole
 * minute would let two minutes' worth through in the first. A changed limit keeps a debt; a limit
 * that is new starts full. */
void bucket_set(struct bucket *b, int64_t now_us, double per_minute, double min_burst);
/* When this amount may be taken: <= now means now. An amount above the burst may go as soon as the
 * bucket is full, and leaves a debt. */
int64_t bucket_ready_us(const struct bucket *b, int64_t now_us, double amount);
/* Takes the amount, whatever the level. */
void bucket_take(struct bucket *b, int64_t now_us, double amount);
/* What was reserved turned out to cost `real`. That leaves a debt of at most a minute's worth,
 * however wrong the figure is; a larger one of what was taken stays. */
void bucket_settle(struct bucket *b, int64_t now_us, double reserved, double real);
/* From now on it holds a twentieth of a second's worth, at least one: the server refuses bursts. */
void bucket_spread(struct bucket *b, int64_t now_us);

#endif
