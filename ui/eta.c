#include "eta.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "figures_text.h"
#include "phrases.h"

/* A new estimate counts fully after some of these; one that is far off
 * counts at once: the limits have changed. */
#define DRIFT_S 10.0
#define FAR     0.15

static double drift(double from, double to, double left_s, double dt_s)
{
	if (fabs(to - from) > FAR * fmax(left_s, 1))
		return to;
	return from + (to - from) * (1 - exp(-dt_s / DRIFT_S));
}

void eta_update(struct eta *e, const struct snapshot *s)
{
	double now_s = (double)s->elapsed_us / US_PER_S, dt_s;
	double low_s = now_s + (double)s->eta_low_us / US_PER_S,
	       high_s = now_s + (double)s->eta_high_us / US_PER_S;

	if (s->eta_low_us < 0 || s->eta_high_us < s->eta_low_us) {
		e->known = false;
		return;
	}
	dt_s = e->known ? (double)(s->now_us - e->at_us) / US_PER_S : 0;
	e->low_s = e->known ? drift(e->low_s, low_s, e->low_s - now_s, dt_s) : low_s;
	e->high_s = e->known ? drift(e->high_s, high_s, e->high_s - now_s, dt_s) : high_s;
	e->at_us = s->now_us;
	e->known = true;
}

static int64_t left_us(double end_s, const struct snapshot *s)
{
	return (int64_t)fmax(end_s * US_PER_S - (double)s->elapsed_us, 0);
}

const char *eta_text(const struct eta *e, const struct snapshot *s, char *out)
{
	bool known = e->known && !s->standstill && s->state != RUN_HELD && s->state != RUN_PAUSED;
	char text[PHRASE_SIZE];

	if (phrase_over(s) || s->replay.on)
		out[0] = '\0';
	else if (phrase_until(s, text)[0])
		snprintf(out, 32, "%.31s", text);
	else if (known)
		snprintf(out, 32, "ETA %.20s",
			figures_eta(left_us(e->low_s, s), left_us(e->high_s, s), text));
	else
		snprintf(out, 32, "ETA -");
	return out;
}

const char *eta_left_out(const struct eta *e, const struct snapshot *s, char *out)
{
	char n[16];

	out[0] = '\0';
	if (e->known && s->left_out && s->state == RUN_RUNNING)
		snprintf(out, 32, "without %s", text_count((double)s->left_out, n, sizeof(n)));
	return out;
}
