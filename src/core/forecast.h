/* The time left: what remains over the pace to expect. That is the pace of the last minute, or
 * since it changed, and never more than the limits in force allow. Pure. */
#ifndef SLUICE_CORE_FORECAST_H
#define SLUICE_CORE_FORECAST_H

#include "core/stats.h"

/* What is known besides the statistics. */
struct prospect {
	double remaining;   /* items */
	double requests;    /* a second that the limits in force allow; HUGE_VAL: none is known */
	double with_flight; /* and that the limit in flight allows, too, at the latency so far */
	bool rows;          /* both are rows of a pipeline a second, no requests */
	double share;       /* of the last minute's answers: over lanes that may still send */
	int64_t changed_us; /* when a limit in force was changed; 0: never */
	int64_t wait_us;    /* until anything may start again; 0: now */
};

/* The mean time of an attempt, and its tokens, over the last minute; 0: not known. */
double forecast_latency_s(const struct stats *s);
double forecast_tokens(const struct stats *s);
/* The share of recently ended items that took an attempt, as an estimate for the rest; 1 when none
 * ended. */
double forecast_sent_share(const struct stats *s);
/* The slowest and the fastest pace to expect, items a second; 0: not known. */
struct forecast_pace {
	double slow, fast;
};

struct forecast_pace forecast_pace(const struct stats *s, int64_t now_us, const struct prospect *p);
/* Sets the range of the time left at this pace; -1: not known. */
void forecast_times(const struct forecast_pace *pace, const struct prospect *p, int64_t *low_us,
	int64_t *high_us);
/* Both in one. */
void forecast(const struct stats *s, int64_t now_us, const struct prospect *p, int64_t *low_us,
	int64_t *high_us);

#endif
