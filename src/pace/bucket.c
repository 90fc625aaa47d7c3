#include "pace/bucket.h"

#include <math.h>

#include "base/clock.h"

#define SPREAD_S 0.05

static double level_at(const struct bucket *b, int64_t now_us)
{
	double refilled = b->level;

	if (now_us > b->at_us)
		refilled += (double)(now_us - b->at_us) / US_PER_S * b->rate;
	return fmin(refilled, b->burst);
}

static void refill(struct bucket *b, int64_t now_us)
{
	b->level = level_at(b, now_us);
	if (now_us > b->at_us)
		b->at_us = now_us;
}

void bucket_set(struct bucket *b, int64_t now_us, double per_minute, double min_burst)
{
	bool was_on = b->rate > 0;

	if (was_on)
		refill(b, now_us);
	b->rate = per_minute > 0 ? per_minute / 60 : 0;
	b->burst = fmax(b->spread ? SPREAD_S * b->rate : b->rate, min_burst);
	b->level = was_on ? fmin(b->level, b->burst) : b->burst;
	b->at_us = now_us;
}

int64_t bucket_ready_us(const struct bucket *b, int64_t now_us, double amount)
{
	double missing, wait_us;

	if (b->rate <= 0)
		return now_us;
	missing = fmin(amount, b->burst) - level_at(b, now_us);
	wait_us = ceil(missing / b->rate * US_PER_S - 1e-3); /* forgives rounding */
	return wait_us > 0 ? now_us + (int64_t)wait_us : now_us;
}

void bucket_take(struct bucket *b, int64_t now_us, double amount)
{
	if (b->rate <= 0)
		return;
	refill(b, now_us);
	b->level -= amount;
}

void bucket_settle(struct bucket *b, int64_t now_us, double reserved, double real)
{
	double owed = real - reserved, floor = -60 * b->rate;

	if (b->rate <= 0)
		return;
	refill(b, now_us);
	/* an earlier debt is kept, none is forgiven */
	if (owed > 0)
		b->level = fmin(b->level, fmax(b->level - owed, floor));
	else
		b->level = fmin(b->level - owed, b->burst);
}

void bucket_spread(struct bucket *b, int64_t now_us)
{
	b->spread = true;
	bucket_set(b, now_us, b->rate * 60, 1);
}
