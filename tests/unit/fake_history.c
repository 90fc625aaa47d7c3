#include "fake_history.h"

#include <math.h>
#include <string.h>

struct history_second fake_history_second(int t, double scale)
{
	struct history_second h = {.latency_p50_ms = -1};
	int cycle = t % 120;
	double limit = 64 * scale / 8 * (cycle < 60 ? 1 + cycle / 30 : 2.0 - (cycle >= 80));
	double wave = 0.75 + 0.25 * sin(t / 7.0);

	if (t < 3)
		return h;
	h.mark = cycle == 30    ? MARK_GREW
		 : cycle == 60  ? MARK_LATENCY
		 : cycle == 80  ? MARK_REFUSED
		 : cycle == 100 ? MARK_OPERATOR
				: MARK_NONE;
	h.concurrency = (uint32_t)(limit > 1 ? limit : 1);
	h.in_flight = (uint32_t)(h.concurrency * wave);
	h.ok = (uint32_t)(5 * scale * wave);
	h.rate_limited = cycle >= 78 && cycle < 84 ? (uint32_t)(scale + 1) : 0;
	h.answered = h.ok + h.rate_limited;
	h.latency_p50_ms = (int32_t)(3100 * (1.5 - wave));
	h.tokens = h.ok * 340;
	return h;
}

void fake_history(struct snapshot *s, int seconds, double scale)
{
	static const uint32_t bins[] = {1, 0, 4, 12, 31, 58, 74, 49, 30, 17, 9, 4, 2, 1};
	int first = (int)(s->elapsed_us / 1000000) - seconds;

	s->history_len = seconds;
	for (int i = 0; i < seconds; i++)
		s->history[i] = fake_history_second(first + i, scale);
	memset(s->latency_bins, 0, sizeof(s->latency_bins));
	for (size_t i = 0; i < sizeof(bins) / sizeof(bins[0]); i++)
		s->latency_bins[18 + i] = (uint32_t)(bins[i] * scale);
}

void fake_history_add(struct snapshot *s, double scale)
{
	if (s->history_len == HISTORY_SECONDS)
		memmove(s->history, s->history + 1, (HISTORY_SECONDS - 1) * sizeof(s->history[0]));
	else
		s->history_len++;
	s->history[s->history_len - 1] =
		fake_history_second((int)(s->elapsed_us / 1000000) - 1, scale);
}
