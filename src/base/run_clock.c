#include "base/run_clock.h"

#include "base/clock.h"

/* The longest time between two readings of a watched clock, and the least excess of one after a
 * suspension. */
#define READ_EVERY_US (100 * US_PER_MS)
#define SUSPENDED_US  (2 * US_PER_S)

void run_clock_watch(struct run_clock *c, int64_t mono_us)
{
	c->mono_us = mono_us;
	c->watched = true;
}

void run_clock_unwatch(struct run_clock *c)
{
	c->watched = false;
}

int64_t run_clock_at(struct run_clock *c, int64_t mono_us)
{
	int64_t late_us = mono_us - c->mono_us - READ_EVERY_US;

	c->mono_us = mono_us;
	if (c->watched && late_us > SUSPENDED_US)
		c->suspended_us += late_us;
	return mono_us - c->suspended_us;
}

int64_t run_clock_now_us(struct run_clock *c)
{
	return run_clock_at(c, clock_mono_us());
}
