#include "pace/why.h"

#include <string.h>

#include "base/clock.h"

void why_init(struct why *w, int64_t now_us)
{
	memset(w, 0, sizeof(*w));
	w->at_us = now_us;
	w->second = now_us / US_PER_S;
}

static uint32_t *slot_of(struct why *w, int64_t second)
{
	return w->slot_us[second % WHY_SECONDS];
}

/* Adds the time up to now to the slots, second by second. */
static void advance(struct why *w, int64_t now_us)
{
	int64_t second = now_us / US_PER_S;

	if (now_us > w->at_us && !w->idle)
		w->session_us[w->bound] += now_us - w->at_us;
	if (second - w->second > WHY_SECONDS) { /* only the last minute of a long time counts */
		w->second = second - WHY_SECONDS;
		w->at_us = w->second * US_PER_S;
		memset(w->slot_us, 0, sizeof(w->slot_us));
	}
	while (w->at_us < now_us) {
		int64_t end_us = (w->second + 1) * US_PER_S;

		if (end_us > now_us)
			end_us = now_us;
		slot_of(w, w->second)[w->bound] += (uint32_t)(end_us - w->at_us);
		w->at_us = end_us;
		if (end_us == (w->second + 1) * US_PER_S) {
			w->second++;
			memset(slot_of(w, w->second), 0, sizeof(w->slot_us[0]));
		}
	}
}

void why_set(struct why *w, int64_t now_us, enum bound bound)
{
	advance(w, now_us);
	w->bound = bound;
}

void why_idle(struct why *w, int64_t now_us, bool idle)
{
	advance(w, now_us);
	w->idle = idle;
}

/* Turns times into shares. */
static void normalise(double share[BOUND_COUNT])
{
	double sum = 0;

	for (int b = 0; b < BOUND_COUNT; b++)
		sum += share[b];
	for (int b = 0; b < BOUND_COUNT && sum > 0; b++)
		share[b] /= sum;
}

void why_shares(struct why *w, int64_t now_us, double share[BOUND_COUNT])
{
	advance(w, now_us);
	for (int b = 0; b < BOUND_COUNT; b++) {
		share[b] = 0;
		for (int i = 0; i < WHY_SECONDS; i++)
			share[b] += w->slot_us[i][b];
	}
	normalise(share);
}

enum bound why_now(struct why *w, int64_t now_us)
{
	enum bound best = w->bound;
	uint32_t most = 0;

	advance(w, now_us);
	for (int b = 0; b < BOUND_COUNT; b++) {
		uint32_t us = slot_of(w, w->second)[b];

		if (w->second > 0)
			us += slot_of(w, w->second - 1)[b];
		if (us > most) {
			most = us;
			best = (enum bound)b;
		}
	}
	return best;
}

void why_session_times(struct why *w, int64_t now_us, int64_t us[BOUND_COUNT])
{
	advance(w, now_us);
	memcpy(us, w->session_us, sizeof(w->session_us));
}

void why_session_shares(struct why *w, int64_t now_us, double share[BOUND_COUNT])
{
	advance(w, now_us);
	for (int b = 0; b < BOUND_COUNT; b++)
		share[b] = (double)w->session_us[b];
	normalise(share);
}
