#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "pace/aimd.h"
#include "pace/lane_impl.h"

#define REFUSALS_TOO_MANY 0.05
#define WARN_AGAIN_US     (60 * US_PER_S)

_Static_assert(sizeof(struct lane) < 4096, "a lane stays small: there may be many");

struct lane *lane_new(const struct lane_config *config, int64_t now_us)
{
	struct lane *l = xcalloc(1, sizeof(*l));

	l->config = *config;
	l->manual_concurrency = config->concurrency > 0 ? config->concurrency : 0;
	l->rpm = config->rpm > 0 ? config->rpm : 0;
	l->tpm = config->tpm > 0 ? config->tpm : 0;
	bucket_set(&l->requests, now_us, l->rpm, 1);
	bucket_set(&l->tokens, now_us, l->tpm, 1);
	if (config->window_count > 0)
		window_set(&l->window, now_us, (uint32_t)config->window_count, config->window_us);
	l->pacer.at_us = now_us;
	l->aimd_rate = AIMD_START;
	l->breaker.since_us = now_us;
	l->warned_us = LONG_AGO_US;
	auto_init(l, now_us);
	return l;
}

void lane_free(struct lane *l)
{
	free(l);
}

static int wanted_concurrency(const struct lane *l)
{
	if (l->manual_concurrency > 0)
		return l->manual_concurrency;
	if (l->config.mode == PACE_AUTO)
		return auto_window_now(l);
	if (l->config.mode == PACE_AIMD && l->config.max_concurrency > 0)
		return l->config.max_concurrency;
	return LANE_FIXED_CONCURRENCY;
}

int lane_most_in_flight(const struct lane *l)
{
	return l->config.most_in_flight;
}

int lane_concurrency(const struct lane *l)
{
	int n = wanted_concurrency(l), most = l->config.most_in_flight;

	return most > 0 && n > most ? most : n;
}

double lane_rate(const struct lane *l)
{
	if (l->manual_rate > 0)
		return l->manual_rate;
	if (l->config.mode == PACE_AUTO)
		return auto_rate_now(l);
	return l->config.mode == PACE_AIMD ? l->aimd_rate : 0;
}

bool lane_is_refusal(const struct lane_answer *a)
{
	return a->outcome == OUTCOME_RATE_LIMITED || a->status == 503 || a->status == 529;
}

double lane_tpm(const struct lane *l)
{
	return l->tpm;
}

int lane_in_flight(const struct lane *l)
{
	return l->in_flight;
}

/* The later of what was found so far and another limit's time. */
static void bind(struct lane_verdict *v, int64_t now_us, int64_t ready_us, enum bound bound)
{
	if (ready_us > now_us && ready_us > v->at_us)
		*v = (struct lane_verdict){ready_us, bound};
}

/* The first attempts of a lane go at once, whatever the rate: small batches are not punished. */
static bool in_first_burst(const struct lane *l)
{
	return l->config.mode == PACE_AUTO && l->manual_rate <= 0 && l->adapt.rate.burst > 0;
}

bool lane_probing(const struct lane *l)
{
	return l->breaker.reason != BREAKER_PASSING ||
	       (l->config.mode == PACE_AUTO && l->adapt.door.closed);
}

/* The two brakes: the rate, then the number in flight. */
static struct lane_verdict ask_brakes(struct lane *l, int64_t now_us)
{
	struct lane_verdict v = {now_us, BOUND_NONE};
	double rate = lane_rate(l);

	if (rate > 0 && !in_first_burst(l)) {
		bind(&v, now_us, pacer_ready_us(&l->pacer, now_us, rate), BOUND_ADAPTIVE);
		if (v.bound != BOUND_NONE) {
			auto_held_back(l, l->manual_rate > 0 ? BRAKE_OTHER : BRAKE_RATE, v.at_us);
			return v;
		}
	}
	if (l->in_flight >= lane_concurrency(l)) {
		v = (struct lane_verdict){NEVER_US, BOUND_CONCURRENCY};
		auto_held_back(
			l, l->in_flight >= auto_window_now(l) ? BRAKE_WINDOW : BRAKE_OTHER, now_us);
	}
	return v;
}

struct lane_verdict lane_ask(struct lane *l, int64_t now_us, double tokens)
{
	struct lane_verdict v = {now_us, BOUND_NONE};

	bind(&v, now_us, breaker_ready_us(&l->breaker, now_us), BOUND_HOLD);
	bind(&v, now_us, l->hold.until_us, BOUND_HOLD);
	if (l->config.mode == PACE_AUTO) {
		bind(&v, now_us, l->adapt.headers.hold_us, BOUND_HOLD);
		if (l->adapt.door.closed)
			bind(&v, now_us, auto_probe_us(l, now_us), BOUND_HOLD);
	}
	if (v.bound != BOUND_NONE)
		return v;
	bind(&v, now_us, bucket_ready_us(&l->requests, now_us, 1), BOUND_RPM);
	bind(&v, now_us, bucket_ready_us(&l->tokens, now_us, tokens), BOUND_TPM);
	bind(&v, now_us, window_ready_us(&l->window, now_us), BOUND_WINDOW);
	if (v.bound != BOUND_NONE) {
		auto_held_back(l, BRAKE_OTHER, now_us);
		return v;
	}
	if (lane_probing(l))
		return v;
	if (l->config.mode == PACE_AUTO && l->adapt.door.reopen) {
		l->adapt.door.reopen = false;
		auto_opened(l, now_us);
	}
	return ask_brakes(l, now_us);
}

void lane_sent(struct lane *l, int64_t now_us, double tokens, struct lane_ticket *ticket)
{
	double rate = lane_rate(l);

	l->in_flight++;
	memset(ticket, 0, sizeof(*ticket));
	ticket->sent_us = now_us;
	ticket->seq = ++l->seq;
	ticket->tokens = (float)tokens;
	ticket->weight = 1;
	ticket->in_flight = (uint32_t)l->in_flight;
	breaker_sent(&l->breaker, ticket->seq);
	if (l->config.mode == PACE_AUTO)
		auto_sent(l, now_us, ticket);
	if (rate > 0 && !in_first_burst(l)) /* the last of the burst pays for all */
		pacer_take(&l->pacer, now_us, rate, ticket->weight);
	bucket_take(&l->requests, now_us, 1);
	bucket_take(&l->tokens, now_us, tokens);
	window_take(&l->window, now_us);
}

/* The reserved estimate becomes the real cost: a refusal cost nothing; an answer without usage
 * leaves the estimate. */
static void settle_tokens(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a)
{
	double real = ticket->tokens;

	if (a->tokens >= 0)
		real = (double)a->tokens;
	else if (a->outcome == OUTCOME_RATE_LIMITED || a->outcome == OUTCOME_AUTH ||
		 a->outcome == OUTCOME_QUOTA || a->outcome == OUTCOME_CLIENT_ERROR)
		real = 0;
	bucket_settle(&l->tokens, now_us, ticket->tokens, real);
}

static void set_hold(struct lane *l, int64_t now_us, const struct lane_answer *a)
{
	const char *source = a->wait_source ? a->wait_source : "server";
	int64_t wait_us = a->wait_us < BREAKER_WAIT_US ? a->wait_us : BREAKER_WAIT_US;

	if (now_us + wait_us <= l->hold.until_us)
		return;
	if (l->hold.until_us <= now_us && wait_us >= US_PER_S)
		lane_note(l, now_us, "hold", -1, (double)wait_us / US_PER_S, source);
	l->hold.until_us = now_us + wait_us;
	text_sanitise(l->hold.source, sizeof(l->hold.source), source, strlen(source));
}

/* A value set by hand wins, but not silently. */
static void watch_hand(struct lane *l, int64_t now_us, bool refused)
{
	bool by_hand =
		l->manual_rate > 0 || l->concurrency_by_hand || l->rpm_by_hand || l->tpm_by_hand;

	l->refusal_share += 0.02 * (refused - l->refusal_share);
	if (!by_hand || l->refusal_share <= REFUSALS_TOO_MANY ||
		now_us - l->warned_us < WARN_AGAIN_US)
		return;
	l->warned_us = now_us;
	lane_note(l, now_us, "refusals", -1, 100 * l->refusal_share,
		"% refused at the values set by hand");
}

static void tell_breaker(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a)
{
	enum breaker_reason before = l->breaker.reason;

	if (!breaker_answered(
		    &l->breaker, now_us, ticket->seq, ticket->sent_us, a->outcome, a->wait_us))
		return;
	if (l->breaker.reason == BREAKER_PASSING)
		lane_note(l, now_us, "breaker", 0, 1, "a probe passed: going on");
	else if (l->breaker.reason != before)
		lane_note(l, now_us, "breaker", 1, 0, breaker_reason_text(l->breaker.reason));
}

bool lane_answered(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a)
{
	bool refused = lane_is_refusal(a);

	l->in_flight--;
	settle_tokens(l, now_us, ticket, a);
	if (l->config.mode == PACE_AUTO)
		auto_answered(l, now_us, ticket, a);
	l->aimd_rate = aimd_next(l->aimd_rate, a->outcome);
	if (refused && a->wait_us > 0)
		set_hold(l, now_us, a);
	tell_breaker(l, now_us, ticket, a);
	watch_hand(l, now_us, refused);
	return refused;
}

void lane_tick(struct lane *l, int64_t now_us)
{
	if (l->hold.until_us && l->hold.until_us <= now_us)
		l->hold = (struct hold){0};
	if (l->config.mode == PACE_AUTO)
		auto_tick(l, now_us);
}

void lane_shift(struct lane *l, int64_t us)
{
	bucket_shift(&l->requests, us);
	bucket_shift(&l->tokens, us);
	window_shift(&l->window, us);
	pacer_shift(&l->pacer, us);
	breaker_shift(&l->breaker, us);
	auto_shift(l, us);
	if (l->hold.until_us)
		l->hold.until_us += us;
}

void lane_note(struct lane *l, int64_t now_us, const char *what, double before, double after,
	const char *reason)
{
	struct lane_change *c = &l->change[(l->first_change + l->changes) % LANE_CHANGES];

	if (l->changes < LANE_CHANGES)
		l->changes++;
	else
		l->first_change = (l->first_change + 1) % LANE_CHANGES;
	*c = (struct lane_change){.at_us = now_us, .what = what, .before = before, .after = after};
	text_sanitise(c->reason, sizeof(c->reason), reason, strlen(reason));
}

size_t lane_take_changes(struct lane *l, struct lane_change *out, size_t n)
{
	size_t i;

	for (i = 0; i < n && l->changes > 0; i++, l->changes--) {
		out[i] = l->change[l->first_change];
		l->first_change = (l->first_change + 1) % LANE_CHANGES;
	}
	return i;
}
