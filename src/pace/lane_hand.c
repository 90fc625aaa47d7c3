/* The operator's hand on a lane, and what it shows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pace/aimd.h"
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
	double before = lane_rate(l);

	lane_skip_hold(l, now_us);
	auto_init(l, now_us);
	l->aimd_rate = AIMD_START;
	note_by_hand(l, now_us, "rate", or_none(before), or_none(lane_rate(l)));
}

void lane_skip_hold(struct lane *l, int64_t now_us)
{
	if (l->hold.until_us > now_us)
		note_by_hand(l, now_us, "hold", (double)(l->hold.until_us - now_us) / US_PER_S, -1);
	l->hold = (struct hold){0};
	breaker_probe_now(&l->breaker, now_us);
	auto_hold_skipped(l, now_us);
}

bool lane_parked(const struct lane *l)
{
	return l->breaker.reason != BREAKER_PASSING;
}

bool lane_held(const struct lane *l, int64_t now_us)
{
	return lane_probing(l) || l->hold.until_us > now_us ||
	       (l->config.mode == PACE_AUTO && l->adapt.headers.hold_us > now_us);
}

/* The hold in force that ends last. */
static void view_hold(const struct lane *l, int64_t now_us, struct snapshot *out)
{
	int64_t probe_us = breaker_ready_us(&l->breaker, now_us);
	const char *source = l->hold.source;
	int64_t until_us = l->hold.until_us;

	if (l->config.mode == PACE_AUTO && l->adapt.headers.hold_us > until_us) {
		until_us = l->adapt.headers.hold_us;
		source = "rate-limit headers";
	}
	if (l->config.mode == PACE_AUTO && l->adapt.door.closed &&
		l->adapt.door.next_probe_us > until_us) {
		until_us = l->adapt.door.next_probe_us;
		source = "everything is refused";
	}
	if (l->breaker.reason != BREAKER_PASSING) {
		until_us = probe_us == NEVER_US ? now_us + 1 : probe_us;
		source = breaker_reason_text(l->breaker.reason);
	}
	out->hold_until_us = until_us > now_us ? until_us : 0;
	snprintf(
		out->hold_source, sizeof(out->hold_source), "%s", out->hold_until_us ? source : "");
}

void lane_view(const struct lane *l, int64_t now_us, struct snapshot *out)
{
	const struct auto_header *told = l->adapt.headers.dim;

	out->concurrency = lane_concurrency(l);
	out->concurrency_auto = l->manual_concurrency == 0;
	out->concurrency_cap = l->config.max_concurrency;
	out->rpm = (struct limit_view){or_none(l->rpm), or_none(told[DIM_REQUESTS].limit),
		or_none(l->rpm), l->rpm_by_hand};
	out->tpm = (struct limit_view){
		or_none(l->tpm), or_none(told[DIM_TOKENS].limit), or_none(l->tpm), l->tpm_by_hand};
	out->rate = (struct limit_view){or_none(l->manual_rate), or_none(l->adapt.headers.rate),
		or_none(lane_rate(l)), l->manual_rate > 0};
	view_hold(l, now_us, out);
}

void lane_learnt(const struct lane *l, struct lane_learnt *out)
{
	const struct auto_pace *a = &l->adapt;

	*out = (struct lane_learnt){a->rate.rate, a->rate.ceiling, a->conc.window,
		a->conc.mode == CONC_CUBIC ? a->conc.ceiling : 0};
}

void lane_warm_start(struct lane *l, int64_t now_us, const struct lane_learnt *learnt)
{
	struct auto_pace *a = &l->adapt;
	double most = l->config.max_concurrency > 0 ? l->config.max_concurrency : learnt->window;

	if (!(learnt->ceiling > 0 && learnt->rate > 0 && learnt->window >= 1) ||
		!isfinite(learnt->ceiling + learnt->rate + learnt->window))
		return;
	a->rate.ceiling = learnt->ceiling;
	a->rate.rate = fmin(learnt->rate, 0.9 * learnt->ceiling);
	a->rate.cut_us = now_us;
	a->episode.cold = false;
	auto_set_climb(l, 0);
	a->conc.window = a->conc.round_window = fmin(learnt->window, most);
	if (learnt->window_ceiling >= 1) {
		a->conc.mode = CONC_CUBIC;
		a->conc.ceiling = learnt->window_ceiling;
		a->conc.cut_us = a->conc.trial_us = now_us;
	}
	lane_note(l, now_us, "rate", -1, a->rate.rate, "learnt in an earlier session");
}
