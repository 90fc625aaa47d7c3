/* The operator's commands to a lane, its view, and what it learned. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pace/aimd.h"
#include "pace/auto_words.h"
#include "pace/lane_hand.h"
#include "pace/lane_impl.h"

/* The learned rate is only a start, however high it was; after an hour nothing else counts. */
#define LEARNED_RATE_MOST 64.0
#define LEARNED_FRESH_US  (60 * US_PER_MIN)

static double or_none(double v)
{
	return v > 0 ? v : -1;
}

void lane_set_concurrency(struct lane *l, int64_t now_us, int n)
{
	int before = lane_concurrency(l);

	l->limits->concurrency = n > 0 ? n : 0;
	l->limits->concurrency_by_hand = n > 0;
	lane_decide(l, now_us, HAND_CONCURRENCY, before, or_none(n), 0, 0);
}

void lane_set_rpm(struct lane *l, int64_t now_us, double rpm)
{
	struct limits *m = l->limits;
	double before = m->rpm;

	m->rpm = rpm > 0 ? rpm : 0;
	m->rpm_by_hand = true;
	bucket_set(&m->requests, now_us, m->rpm, 1);
	lane_decide(l, now_us, HAND_RPM, or_none(before), or_none(rpm), 0, 0);
}

void lane_set_tpm(struct lane *l, int64_t now_us, double tpm)
{
	struct limits *m = l->limits;
	double before = m->tpm;

	m->tpm = tpm > 0 ? tpm : 0;
	m->tpm_by_hand = true;
	bucket_set(&m->tokens, now_us, m->tpm, 1);
	lane_decide(l, now_us, HAND_TPM, or_none(before), or_none(tpm), 0, 0);
}

void lane_set_rate(struct lane *l, int64_t now_us, double per_second)
{
	struct limits *m = l->limits;
	double before = m->rate;

	if (before <= 0)
		m->pacer = (struct pacer){.at_us = now_us};
	m->rate = per_second > 0 ? per_second : 0;
	lane_decide(l, now_us, HAND_RATE, or_none(before), or_none(per_second), 0, 0);
}

void lane_auto(struct lane *l, int64_t now_us)
{
	struct limits *m = l->limits;

	if (m->concurrency_by_hand)
		lane_set_concurrency(l, now_us, m->config.concurrency);
	if (m->rpm_by_hand)
		lane_set_rpm(l, now_us, m->config.rpm);
	if (m->tpm_by_hand)
		lane_set_tpm(l, now_us, m->config.tpm);
	if (m->rate > 0)
		lane_set_rate(l, now_us, 0);
	m->concurrency_by_hand = m->rpm_by_hand = m->tpm_by_hand = false;
}

void lane_hand(const struct lane *l, struct lane_hand *out)
{
	const struct limits *m = l->limits;

	*out = (struct lane_hand){m->rpm, m->tpm, m->rate, m->concurrency, m->rpm_by_hand,
		m->tpm_by_hand, m->concurrency_by_hand};
}

void lane_set_hand(struct lane *l, int64_t now_us, const struct lane_hand *to)
{
	struct limits *m = l->limits;

	if (m->concurrency != to->concurrency)
		lane_set_concurrency(l, now_us, to->concurrency);
	if (m->rpm != to->rpm)
		lane_set_rpm(l, now_us, to->rpm);
	if (m->tpm != to->tpm)
		lane_set_tpm(l, now_us, to->tpm);
	if (m->rate != to->rate)
		lane_set_rate(l, now_us, to->rate);
	m->rpm_by_hand = to->rpm_by_hand;
	m->tpm_by_hand = to->tpm_by_hand;
	m->concurrency_by_hand = to->concurrency_by_hand;
}

void lane_forget(struct lane *l, int64_t now_us)
{
	double before = lane_rate(l);

	lane_skip_hold(l, now_us);
	auto_init(l, now_us);
	l->aimd_rate = AIMD_START;
	l->limits->at_once = 0;
	lane_decide(l, now_us, HAND_RATE, or_none(before), or_none(lane_rate(l)), 0, 0);
}

static int64_t later_us(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The end of the last hold in force and its source; 0: there is none. While a probe is due or in
 * flight nothing else is sent, which counts as a hold too. */
static int64_t hold_until(const struct lane *l, int64_t now_us, char *source, size_t size)
{
	int64_t until_us = l->hold.until_us, probe_us = breaker_ready_us(&l->breaker, now_us);
	bool adapts = l->limits->config.mode == PACE_AUTO;

	snprintf(source, size, "%s", l->hold.source);
	if (adapts && l->adapt.headers.hold_us > until_us) {
		until_us = l->adapt.headers.hold_us;
		snprintf(source, size, "rate-limit headers");
	}
	if (adapts && l->adapt.rate.state == RATE_HELD) {
		until_us = later_us(until_us, later_us(l->adapt.hold.until_us, now_us + 1));
		auto_hold_source(l, now_us, source, size);
	}
	if (l->breaker.reason != BREAKER_CLOSED) {
		until_us = probe_us == NEVER_US ? now_us + 1 : later_us(probe_us, now_us + 1);
		snprintf(source, size, "%s", breaker_reason_text(l->breaker.reason));
	}
	return until_us > now_us ? until_us : 0;
}

void lane_skip_hold(struct lane *l, int64_t now_us)
{
	char source[sizeof(((struct lane_view *)0)->hold_source)];
	int64_t until_us;

	until_us = hold_until(l, now_us, source, sizeof(source));
	if (until_us)
		lane_decide(l, now_us, HAND_HOLD, s_from_us(until_us - now_us), -1, 0, 0);
	l->hold = (struct hold){0};
	breaker_probe_now(&l->breaker, now_us);
	auto_hold_skipped(l, now_us);
}

bool lane_breaker_is_open(const struct lane *l)
{
	return l->breaker.reason != BREAKER_CLOSED;
}

bool lane_held(const struct lane *l, int64_t now_us)
{
	return lane_probing(l) || l->hold.until_us > now_us ||
	       (l->limits->config.mode == PACE_AUTO && l->adapt.headers.hold_us > now_us);
}

bool lane_hold_ends(const struct lane *l, int64_t now_us)
{
	const struct auto_hold *h = &l->adapt.hold;

	if (!lane_held(l, now_us) || l->breaker.reason != BREAKER_CLOSED)
		return false;
	return !lane_probing(l) || (h->reported && !h->vain);
}

void lane_view(const struct lane *l, int64_t now_us, struct lane_view *out)
{
	const struct limits *m = l->limits;

	*out = (struct lane_view){0};
	out->concurrency = lane_concurrency(l);
	out->concurrency_auto = m->concurrency == 0;
	out->concurrency_manual = m->concurrency_by_hand;
	out->concurrency_cap = m->config.max_concurrency;
	out->rpm = (struct limit_view){or_none(m->rpm),
		or_none(auto_header_per_min(l, now_us, false)), or_none(m->rpm), m->rpm_by_hand};
	out->tpm = (struct limit_view){or_none(m->tpm),
		or_none(auto_header_per_min(l, now_us, true)), or_none(m->tpm), m->tpm_by_hand};
	out->rate = (struct limit_view){or_none(m->rate), or_none(l->adapt.headers.rate),
		or_none(lane_rate(l)), m->rate > 0};
	out->breaker_open = l->breaker.reason != BREAKER_CLOSED;
	out->model_rpm = or_none(l->rpm);
	out->hold_until_us = hold_until(l, now_us, out->hold_source, sizeof(out->hold_source));
	if (!out->hold_until_us)
		out->hold_source[0] = '\0';
	out->belief_of =
		auto_believe(l, now_us, out->belief, sizeof(out->belief), &out->belief_of_all);
}

void lane_learned(const struct lane *l, struct lane_learned *out)
{
	const struct auto_pace *a = &l->adapt;
	double rate = a->rate.good > 0 ? a->rate.good : a->rate.rate;

	*out = (struct lane_learned){.kind = LEARNED_NOTHING, .spread = l->limits->spread};
	if (l->limits->config.mode != PACE_AUTO || a->rate.refusals == 0)
		return;
	out->rate = rate;
	out->kind = LEARNED_RATE;
	if (a->window.mode == WINDOW_LIMIT) {
		out->kind = LEARNED_CONCURRENCY;
		out->count = a->number.limit;
	} else if (a->hold.quota > 0) {
		out->kind = LEARNED_WINDOW;
		out->count = a->hold.quota;
		out->window_us = us_from_s(a->hold.quota_s);
	}
}

void lane_warm_start(struct lane *l, int64_t now_us, const struct lane_learned *learned)
{
	struct auto_pace *a = &l->adapt;

	if (l->seq)
		return;
	if (learned->spread && !l->limits->spread)
		limits_spread(l->limits, now_us);
	if (l->limits->config.mode != PACE_AUTO || learned->kind == LEARNED_NOTHING ||
		!(learned->rate > 0) || !isfinite(learned->rate))
		return;
	a->rate.rate = fmin(fmax(AUTO_RATE_START, learned->rate / 2), LEARNED_RATE_MOST);
	lane_decide(l, now_us, RATE_LEARNED, -1, a->rate.rate, s_from_us(learned->age_us), 0);
	/* A number in flight is found again within a few refusals, while growing out of an outdated
	 * low one would take long. */
	if (learned->kind != LEARNED_WINDOW || learned->window_us <= 0 || learned->age_us < 0 ||
		learned->age_us > LEARNED_FRESH_US || !(learned->count >= 1) ||
		!isfinite(learned->count))
		return;
	a->hold.quota = learned->count;
	a->hold.quota_s = s_from_us(learned->window_us);
}
