/* Holds that the server asks for, and the door: when everything is refused, one probe at a time
 * goes out until one comes through. This is what saves fixed windows and outages. */
#include <math.h>

#include "base/clock.h"
#include "pace/auto.h"
#include "pace/lane_impl.h"

#define PROBE_FIRST_S 0.5
#define PROBE_MOST_S  4.0 /* so that it goes on within 5 s of the cure */
#define RATE_MIN      0.05
/* A hold of this length ends through auto_opened(). */
#define LONG_HOLD_US (3 * US_PER_S)
#define HOLD_MOST_US (120 * US_PER_S)

static int64_t seconds(double s)
{
	return (int64_t)(s * US_PER_S);
}

void auto_hold(struct lane *l, int64_t now_us, int64_t wait_us, int status)
{
	struct auto_door *d = &l->adapt.door;
	int64_t until_us;

	if (wait_us > HOLD_MOST_US)
		wait_us = HOLD_MOST_US;
	until_us = now_us + wait_us;
	if (until_us > d->hold_us) {
		d->hold_costs = (double)wait_us / US_PER_S * l->adapt.rate.rate >= 5;
		if (d->hold_costs)
			d->held_us += until_us - (now_us > d->hold_us ? now_us : d->hold_us);
		d->hold_us = until_us;
	}
	if (wait_us >= LONG_HOLD_US) {
		if (!d->reopen)
			d->close_us = now_us;
		d->reopen = true;
		d->status = status;
	}
}

void auto_hold_skipped(struct lane *l, int64_t now_us)
{
	struct auto_door *d = &l->adapt.door;

	if (d->hold_us > now_us) {
		if (d->hold_costs)
			d->held_us -= d->hold_us - now_us;
		d->hold_us = now_us;
	}
	l->adapt.headers.hold_us = 0;
	d->next_probe_us = now_us;
}

void auto_close(struct lane *l, int64_t now_us, int status)
{
	struct auto_door *d = &l->adapt.door;

	d->closed = true;
	d->status = status;
	d->close_us = now_us;
	d->probe_gap_s = PROBE_FIRST_S;
	d->next_probe_us = now_us + seconds(d->probe_gap_s);
	d->probe_seq = 0;
	lane_note(l, now_us, "door", 1, 0, "everything is refused: one probe at a time");
}

int64_t auto_probe_us(const struct lane *l, int64_t now_us)
{
	const struct auto_door *d = &l->adapt.door;
	int64_t verdict_us;

	if (!d->probe_seq)
		return d->next_probe_us;
	verdict_us = d->probe_us + seconds(fmax(0.4, 3 * l->adapt.rate.refusal_s));
	return verdict_us > now_us + 50 * US_PER_MS ? verdict_us : now_us + 50 * US_PER_MS;
}

void auto_probe_refused(struct lane *l, int64_t now_us)
{
	struct auto_door *d = &l->adapt.door;

	d->probe_gap_s = fmin(PROBE_MOST_S, 2 * d->probe_gap_s);
	d->next_probe_us = d->probe_us + seconds(d->probe_gap_s);
	if (d->next_probe_us < now_us)
		d->next_probe_us = now_us;
	d->probe_seq = 0;
}

void auto_door_tick(struct lane *l, int64_t now_us)
{
	struct auto_door *d = &l->adapt.door;
	double silence_s = fmax(0.4, 3 * l->adapt.rate.refusal_s);

	if (!d->probe_seq || now_us - d->probe_us <= seconds(silence_s))
		return;
	d->closed = false;
	d->probe_seq = 0;
	auto_opened(l, now_us);
}

/* Where to resume: after an outage where we were; after a used-up window at the mean accepted from
 * opening to opening. */
static double resume_rate(const struct lane *l, int64_t now_us, double mean)
{
	const struct auto_door *d = &l->adapt.door;
	const struct auto_episode *e = &l->adapt.episode;

	if (d->status != 429)
		return e->rate * (now_us - d->open_us > 10 * US_PER_S ? 0.9 : 0.5);
	if (now_us - d->close_us >= 2 * US_PER_S)
		return fmin(e->rate, fmax(0.2 * e->rate, 1.02 * mean));
	if (e->cold)
		return 0.7 * e->rate;
	return fmin(0.9 * e->rate, fmax(0.5 * e->rate, 1.02 * mean));
}

void auto_opened(struct lane *l, int64_t now_us)
{
	struct auto_pace *a = &l->adapt;
	struct auto_door *d = &a->door;
	struct auto_episode *e = &a->episode;
	double accepted = a->rate.sent_sum - a->rate.refused_sum;
	double s = (double)(now_us - d->since_us) / US_PER_S;
	double mean = s > 0 ? (accepted - d->accepted) / s : a->rate.rate;
	double before = a->rate.rate;

	a->rate.rate = fmax(RATE_MIN, resume_rate(l, now_us, mean));
	e->rate = a->rate.ceiling = a->rate.rate;
	e->cold = false;
	a->rate.cut_us = d->open_us = e->last_us = now_us;
	auto_set_climb(l, 0);
	e->cuts = 1;
	e->seq_min = e->seq_max = l->seq + 1;
	e->refused = 0;
	e->cycle_begun = false;
	d->since_us = now_us;
	d->accepted = accepted;
	auto_mark(l, now_us);
	lane_note(l, now_us, "rate", before, a->rate.rate, "sending again");
}
