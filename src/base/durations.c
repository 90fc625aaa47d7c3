#include "base/durations.h"

enum { FIRST_US = 6250 };

void durations_add(struct durations *d, int64_t us)
{
	uint64_t times;
	int i = 0;

	if (us > FIRST_US) {
		times = (uint64_t)(us - 1) / FIRST_US;
		i = 64 - __builtin_clzll(times);
	}
	d->step[i < DURATION_STEPS ? i : DURATION_STEPS]++;
	d->sum_us += us > 0 ? (uint64_t)us : 0;
}

void durations_merge(struct durations *d, const struct durations *from)
{
	for (int i = 0; i <= DURATION_STEPS; i++)
		d->step[i] += from->step[i];
	d->sum_us += from->sum_us;
}

uint64_t durations_count(const struct durations *d)
{
	uint64_t n = 0;

	for (int i = 0; i <= DURATION_STEPS; i++)
		n += d->step[i];
	return n;
}

int64_t durations_bound_us(int i)
{
	return (int64_t)FIRST_US << i;
}
