/* The operator's hand on a lane, and what it shows. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pace/lane_impl.h"

static void note_by_hand(
	struct lane *l, int64_t now_us, const char *what, double before, double after)
{
	lane_note(l, now_us, what, before, after, "operator");
	l->change[(l->first_change + l->changes - 1) % LANE_CHANGES].by_hand = true;
}

static double or_none(double v)
{
	return v > 0 ? v : -1;
}

void lane_set_concurrency(struct lane *l, int64_t now_us, int n)
{
	int before = lane_concurrency(l);

	l->manual_concurrency = n > 0 ? n : 0;
	l->concurrency_by_hand = n > 0;
	note_by_hand(l, now_us, "concurrency", before, or_none(n));
}

void lane_set_rpm(struct lane *l, int64_t now_us, double rpm)
{
	double before = l->rpm;

	l->rpm = rpm > 0 ? rpm : 0;
	l->rpm_by_hand = true;
	bucket_set(&l->requests, now_us, l->rpm, 1);
	note_by_hand(l, now_us, "rpm", or_none(before), or_none(rpm));
}

void lane_set_tpm(struct lane *l, int64_t now_us, double tpm)
{
	double before = l->tpm;

	l->tpm = tpm > 0 ? tpm : 0;
	l->tpm_by_hand = true;
	bucket_set(&l->tokens, now_us, l->tpm, 1);
	note_by_hand(l, now_us, "tpm", or_none(before), or_none(tpm));
}

void lane_set_rate(struct lane *l, int64_t now_us, double per_second)
{
	double before = l->manual_rate;

	l->manual_rate = per_second > 0 ? per_second : 0;
	note_by_hand(l, now_us, "rate", or_none(before), or_none(per_second));
}

void lane_auto(struct lane *l, int64_t now_us)
{
	if (l->concurrency_by_hand)
		lane_set_concurrency(l, now_us, l->config.concurrency);
	if (l->rpm_by_hand)
		lane_set_rpm(l, now_us, l->config.rpm);
	if (l->tpm_by_hand)
		lane_set_tpm(l, now_us, l->config.tpm);
	if (l->manual_rate > 0)
		lane_set_rate(l, now_us, 0);
	l->concurrency_by_hand = l->rpm_by_hand = l->tpm_by_hand = false;
}

void lane_forget(struct lane *l, int64_t now_us)
{
	lane_skip_hold(l, now_us);
}

void lane_skip_hold(struct lane *l, int64_t now_us)
{
	if (l->hold.until_us <= now_us)
		return;
	note_by_hand(l, now_us, "hold", (double)(l->hold.until_us - now_us) / US_PER_S, -1);
	l->hold = (struct hold){0};
}

void lane_view(const struct lane *l, int64_t now_us, struct snapshot *out)
{
	out->concurrency = lane_concurrency(l);
	out->concurrency_auto = l->manual_concurrency == 0;
	out->concurrency_cap = l->config.max_concurrency;
	out->rpm = (struct limit_view){or_none(l->rpm), -1, or_none(l->rpm), l->rpm_by_hand};
	out->tpm = (struct limit_view){or_none(l->tpm), -1, or_none(l->tpm), l->tpm_by_hand};
	out->rate = (struct limit_view){
		or_none(l->manual_rate), -1, or_none(l->manual_rate), l->manual_rate > 0};
	out->hold_until_us = l->hold.until_us > now_us ? l->hold.until_us : 0;
	out->hold_source[0] = '\0';
	if (out->hold_until_us)
		snprintf(out->hold_source, sizeof(out->hold_source), "%s", l->hold.source);
}
