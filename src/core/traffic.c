#include "core/traffic.h"

#include <math.h>

#include "base/clock.h"

void traffic_started(struct traffic *t)
{
	t->in_flight++;
	t->started++;
}

/* Closes the seconds that have passed. */
static void seconds_advance(struct traffic_seconds *s, int64_t now_us)
{
	if (!s->second_us || now_us - s->second_us > 2 * TRAFFIC_MINUTE_S * US_PER_S)
		*s = (struct traffic_seconds){.second_us = now_us};
	while (now_us - s->second_us >= US_PER_S) {
		s->second_us += US_PER_S;
		s->newest = (s->newest + 1) % (TRAFFIC_MINUTE_S + 1);
		s->at[s->newest].answered = s->at[s->newest].rate_limited = 0;
	}
}

void traffic_answered(struct traffic *t, int64_t now_us, enum outcome outcome)
{
	struct traffic_seconds *s = &t->seconds;

	t->in_flight--;
	seconds_advance(s, now_us);
	if (outcome == OUTCOME_CANCELLED)
		return;
	t->answered++;
	s->at[s->newest].answered++;
	if (outcome == OUTCOME_OK)
		t->ok++;
	if (outcome == OUTCOME_OK || !t->passed_us)
		t->passed_us = now_us;
	if (outcome != OUTCOME_RATE_LIMITED)
		return;
	t->rate_limited++;
	s->at[s->newest].rate_limited++;
}

uint32_t traffic_in_minute(const struct traffic *t, int64_t now_us)
{
	struct traffic_seconds s = t->seconds;
	uint32_t n = 0;

	if (!s.second_us)
		return 0;
	seconds_advance(&s, now_us);
	for (int i = 0; i <= TRAFFIC_MINUTE_S; i++)
		n += s.at[i].answered;
	return n;
}

void traffic_rates(const struct traffic *t, int64_t now_us, int64_t elapsed_us,
	double *answers_per_s, double *refused_in_minute)
{
	enum { SECONDS = TRAFFIC_MINUTE_S + 1 };
	struct traffic_seconds s = t->seconds;
	int64_t span_us;

	*answers_per_s = *refused_in_minute = 0;
	if (!s.second_us)
		return;
	seconds_advance(&s, now_us);
	for (int i = 0; i < SECONDS; i++) {
		int place = (s.newest + SECONDS - i) % SECONDS;

		if (i <= TRAFFIC_RATE_S)
			*answers_per_s += s.at[place].answered;
		*refused_in_minute += s.at[place].rate_limited;
	}
	span_us = TRAFFIC_RATE_S * US_PER_S + now_us - s.second_us;
	if (span_us > elapsed_us)
		span_us = elapsed_us;
	*answers_per_s *= (double)US_PER_S / fmax((double)span_us, US_PER_S / 5.0);
}
