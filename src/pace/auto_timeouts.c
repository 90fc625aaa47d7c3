#include "pace/auto_timeouts.h"

#include <math.h>

#include "pace/lane_impl.h"

#define SMOOTH       0.03
#define SHARE_MOST   0.1  /* more timeouts than that, or than are tolerated, cut the number */
#define CUT          0.7  /* to this part */
#define FREE_CUTS    3    /* so many cuts need no judgement: an overload ends quickly */
#define NO_FEWER     0.6  /* timeouts stayed: this part of their share or more */
#define COSTLY       0.75 /* throughput fell: below this part */
#define TOLERATE     1.5  /* times the share that was found not to change */
#define TOLERATE_MAX 0.95
#define PERIOD_LEAST (2 * US_PER_S)
#define SAMPLE       24 /* answers that a judgement takes at least */

static int64_t period_us(const struct lane *l)
{
	return l->limits->config.timeout_us > PERIOD_LEAST ? l->limits->config.timeout_us
							   : PERIOD_LEAST;
}

static double most(const struct auto_timeouts *t)
{
	return fmax(SHARE_MOST, (double)t->tolerated);
}

/* What the first period behind the first cut brought was sent before it: all later ones are
 * compared with that. */
static void note_base(struct auto_timeouts *t)
{
	t->base_per_s = t->period.ok_per_s;
	t->base_share = t->period.share;
	t->based = true;
}

static void end_period(struct auto_timeouts *t, int64_t now_us)
{
	struct auto_period *p = &t->period;
	double s = s_from_us(now_us - p->start_us);

	p->ok_per_s = (float)((p->answers - p->timeouts) / s);
	p->share = (float)p->timeouts / (float)p->answers;
	t->periods += t->periods < UINT16_MAX;
	p->start_us = now_us;
	p->answers = p->timeouts = 0;
	if (t->before > 0 && !t->based)
		note_base(t);
}

void auto_timeouts_count(struct lane *l, int64_t now_us, bool timeout)
{
	struct auto_timeouts *t = &l->adapt.timeouts;
	struct auto_period *p = &t->period;

	t->share += (float)SMOOTH * ((float)timeout - t->share);
	if (!p->start_us)
		p->start_us = now_us;
	p->answers++;
	p->timeouts += timeout;
	if (now_us - p->start_us >= period_us(l) && p->answers >= SAMPLE)
		end_period(t, now_us);
}

static void cut(struct lane *l, int64_t now_us)
{
	struct auto_timeouts *t = &l->adapt.timeouts;
	struct auto_window *w = &l->adapt.window;
	double before = w->window;

	if (t->before <= 0) {
		t->before = (float)before;
		t->based = false;
		t->cuts = 0;
	}
	t->cuts += t->cuts < UINT8_MAX;
	if (t->cuts == 1 || t->based) {
		t->period.start_us = 0;
		t->period.answers = t->period.timeouts = 0;
	}
	t->periods = 0;
	auto_window_cut(l, now_us, fmax(1, CUT * before));
	lane_decide(l, now_us, WINDOW_TIMEOUTS, before, w->window, (double)t->share, 0);
}

static void acquit(struct lane *l, int64_t now_us)
{
	struct auto_timeouts *t = &l->adapt.timeouts;
	double cut = l->adapt.window.window;

	t->tolerated =
		(float)fmin(TOLERATE_MAX, TOLERATE * (double)fmaxf(t->share, t->period.share));
	auto_window_restore(l, now_us, (double)t->before);
	lane_decide(
		l, now_us, WINDOW_ACQUITTED, cut, (double)t->before, (double)t->period.share, 0);
	t->before = 0;
	t->periods = 0;
}

void auto_timeouts_judge(struct lane *l, int64_t now_us, const struct lane_ticket *ticket)
{
	struct auto_timeouts *t = &l->adapt.timeouts;
	const struct auto_period *p = &t->period;

	if ((double)t->share <= most(t) || ticket->sent_us < l->adapt.window.cut_us)
		return;
	if (t->before > 0 && l->adapt.window.window >= (double)t->before)
		t->before = 0; /* it has grown back meanwhile */
	if (t->before <= 0 || t->cuts < FREE_CUTS) {
		cut(l, now_us);
		return;
	}
	/* the first period holds what was sent before the cut */
	if (t->periods < 2 || !t->based)
		return;
	if ((double)p->share >= NO_FEWER * (double)t->base_share &&
		(double)p->ok_per_s < COSTLY * (double)t->base_per_s)
		acquit(l, now_us);
	else
		cut(l, now_us);
}
