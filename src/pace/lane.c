#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "pace/aimd.h"
#include "pace/auto_words.h"
#include "pace/lane_impl.h"

#define REFUSALS_TOO_MANY 0.05
#define WARN_AGAIN_US     (60 * US_PER_S)
/* A connection turned away within this time of another answer counts as refused by a limit. */
#define OTHERS_ANSWERED_US (10 * US_PER_S)

_Static_assert(sizeof(struct lane) < 4096, "a lane stays small: there may be many");

static struct lane *new_lane(struct limits *limits, int64_t now_us)
{
	struct lane *l = xcalloc(1, sizeof(*l));

	l->limits = limits;
	LIST_INSERT_HEAD(&limits->lanes, l, others);
	limits->n_lanes++;
	fair_init(&l->fair);
	l->pacer.at_us = now_us;
	l->aimd_rate = AIMD_START;
	l->breaker.since_us = now_us;
	l->passed_us = LONG_AGO_US;
	auto_init(l, now_us);
	return l;
}

struct lane *lane_new(const struct lane_config *config, int64_t now_us)
{
	return new_lane(limits_new(config, now_us), now_us);
}

void lane_set_model_rpm(struct lane *l, int64_t now_us, double rpm)
{
	l->rpm = rpm > 0 ? rpm : 0;
	bucket_set(&l->requests, now_us, l->rpm, 1);
	if (l->limits->spread)
		bucket_spread(&l->requests, now_us);
}

struct lane *lane_beside(struct lane *l, int64_t now_us)
{
	struct lane *other = new_lane(l->limits, now_us);

	breaker_follow(&other->breaker, &l->breaker, now_us);
	return other;
}

void lane_free(struct lane *l)
{
	if (!l)
		return;
	LIST_REMOVE(l, others);
	if (!--l->limits->n_lanes)
		limits_free(l->limits);
	free(l);
}

int lane_most_in_flight(const struct lane *l)
{
	return l->limits->config.most_in_flight;
}

int lane_concurrency(const struct lane *l)
{
	const struct limits *m = l->limits;
	int n = limits_most_in_flight(m);

	if (m->concurrency > 0 || m->config.mode != PACE_AUTO)
		return n;
	return auto_window_now(l) < n ? auto_window_now(l) : n;
}

double lane_rate(const struct lane *l)
{
	if (l->limits->rate > 0)
		return l->limits->rate;
	if (l->limits->config.mode == PACE_AUTO)
		return auto_rate_now(l);
	return l->limits->config.mode == PACE_AIMD ? l->aimd_rate : 0;
}

/* A rate set by hand is that of all lanes together. */
static struct pacer *pacer_of(struct lane *l)
{
	return l->limits->rate > 0 ? &l->limits->pacer : &l->pacer;
}

double lane_tpm(const struct lane *l)
{
	return l->limits->tpm;
}

int lane_in_flight(const struct lane *l)
{
	return l->in_flight;
}

/* The first attempts of a lane go at once at any rate, so that small batches do not wait. */
static bool in_first_burst(const struct lane *l)
{
	return l->limits->config.mode == PACE_AUTO && l->limits->rate <= 0 &&
	       l->adapt.rate.burst > 0;
}

bool lane_is_closed(const struct lane *l)
{
	return l->limits->config.mode == PACE_AUTO && l->adapt.rate.state == RATE_HELD;
}

bool lane_probing(const struct lane *l)
{
	return l->breaker.reason != BREAKER_CLOSED || lane_is_closed(l);
}

/* The bound to name when the rate holds the next send back. */
static enum bound bound_of_rate(const struct lane *l, int64_t now_us)
{
	const struct auto_pace *a = &l->adapt;

	if (l->limits->rate > 0 || l->limits->config.mode != PACE_AUTO)
		return BOUND_ADAPTIVE;
	if (a->headers.rate > 0 && a->headers.rate < a->rate.rate)
		return BOUND_SERVER;
	return auto_is_shared(a, now_us) ? BOUND_SHARED : BOUND_ADAPTIVE;
}

/* The lane has a number of its own while the controller chooses it. */
static bool has_room(const struct lane *l)
{
	const struct limits *m = l->limits;

	if (m->in_flight >= limits_most_in_flight(m))
		return false;
	return m->concurrency > 0 || m->config.mode != PACE_AUTO ||
	       l->in_flight < auto_window_now(l);
}

/* The two brakes: the rate, then the number in flight. */
static struct lane_verdict ask_brakes(struct lane *l, int64_t now_us, double tokens)
{
	struct lane_verdict v = {now_us, BOUND_NONE};
	double rate = lane_rate(l);
	bool burst = in_first_burst(l);

	if (rate > 0 && !burst) {
		verdict_bind(&v, now_us,
			pacer_ready_us(pacer_of(l), now_us, rate, auto_weigh(l, tokens)),
			bound_of_rate(l, now_us));
		if (v.bound != BOUND_NONE) {
			auto_held_back(l, l->limits->rate > 0 ? BRAKE_OTHER : BRAKE_RATE, v.at_us);
			return v;
		}
	}
	if (has_room(l))
		return v;
	if (!burst)
		auto_held_back(
			l, l->in_flight >= auto_window_now(l) ? BRAKE_WINDOW : BRAKE_OTHER, now_us);
	return (struct lane_verdict){NEVER_US, BOUND_CONCURRENCY};
}

/* While the key is rejected, one lane of the endpoint probes for all. */
static bool other_probes(const struct lane *l)
{
	const struct lane *other;

	if (l->breaker.reason != BREAKER_AUTH || l->limits->n_lanes == 1)
		return false;
	LIST_FOREACH (other, &l->limits->lanes, others)
		if (other != l && breaker_probes(&other->breaker, BREAKER_AUTH))
			return true;
	return false;
}

struct lane_verdict lane_ask(struct lane *l, int64_t now_us, double tokens)
{
	struct lane_verdict v = {now_us, BOUND_NONE}, limits;

	verdict_bind(&v, now_us, breaker_ready_us(&l->breaker, now_us), BOUND_HOLD);
	if (other_probes(l))
		verdict_bind(&v, now_us, NEVER_US, BOUND_HOLD);
	verdict_bind(&v, now_us, l->hold.until_us, BOUND_HOLD);
	if (l->limits->config.mode == PACE_AUTO) {
		auto_headers_follow(l, now_us);
		verdict_bind(&v, now_us, l->adapt.headers.hold_us, BOUND_SERVER);
	}
	if (lane_is_closed(l))
		verdict_bind(
			&v, now_us, auto_probe_us(l, now_us), auto_hold_bound(&l->adapt, now_us));
	if (v.bound != BOUND_NONE)
		return v;
	limits = limits_ready(l->limits, now_us, tokens);
	verdict_bind(&v, now_us, bucket_ready_us(&l->requests, now_us, 1), BOUND_RPM);
	verdict_bind(&v, now_us, limits.at_us, limits.bound);
	if (v.bound != BOUND_NONE) {
		auto_held_back(l, BRAKE_OTHER, now_us);
		return v;
	}
	return lane_probing(l) ? v : ask_brakes(l, now_us, tokens);
}

bool lane_refused_by_limits(const struct lane *l, int64_t now_us, enum bound bound)
{
	const struct limits *m = l->limits;

	switch (bound) {
	case BOUND_TPM:
	case BOUND_WINDOW:
		return true;
	case BOUND_RPM:
		return bucket_ready_us(&l->requests, now_us, 1) <= now_us;
	case BOUND_CONCURRENCY:
		return m->in_flight >= limits_most_in_flight(m);
	case BOUND_ADAPTIVE:
		return m->rate > 0;
	default:
		return false;
	}
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
	if (l->limits->config.mode == PACE_AUTO)
		auto_sent(l, now_us, ticket);
	if (rate > 0)
		pacer_take(pacer_of(l), now_us, rate, ticket->weight);
	bucket_take(&l->requests, now_us, 1);
	limits_take(l->limits, now_us, tokens);
}

/* Replaces the reserved estimate by the real cost. A refusal costs nothing; an answer without usage
 * keeps the estimate. */
static void settle_tokens(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a)
{
	double real = ticket->tokens;

	if (a->tokens >= 0)
		real = (double)a->tokens;
	else if (a->outcome == OUTCOME_RATE_LIMITED || a->outcome == OUTCOME_AUTH ||
		 a->outcome == OUTCOME_QUOTA || a->outcome == OUTCOME_CLIENT_ERROR ||
		 (a->outcome == OUTCOME_TOO_LARGE && a->status >= 400))
		real = 0;
	limits_settle(l->limits, now_us, ticket->tokens, real);
}

/* Without the adaptive pace each Retry-After holds the lane. With it only the refused task waits,
 * and the source is kept for the screen. */
static void hold_for_wait(struct lane *l, int64_t now_us, const struct lane_answer *a)
{
	const char *source = a->wait_source ? a->wait_source : "server";
	int64_t wait_us = a->wait_us < BREAKER_WAIT_US ? a->wait_us : BREAKER_WAIT_US;

	if (l->limits->config.mode == PACE_AUTO) {
		text_sanitise(l->hold.source, sizeof(l->hold.source), source, strlen(source));
		return;
	}
	if (now_us + wait_us <= l->hold.until_us)
		return;
	text_sanitise(l->hold.source, sizeof(l->hold.source), source, strlen(source));
	if (l->hold.until_us <= now_us && wait_us >= US_PER_S)
		lane_decide(l, now_us, HOLD_REPORTED, -1, s_from_us(wait_us), 0, 0);
	l->hold.until_us = now_us + wait_us;
}

/* A value set by hand wins, but the operator is warned when it is refused too often. */
static void warn_by_hand(struct lane *l, int64_t now_us, bool refused)
{
	struct limits *m = l->limits;

	m->refusal_share += 0.02 * (refused - m->refusal_share);
	if (!limits_by_hand(m) || m->refusal_share <= REFUSALS_TOO_MANY ||
		now_us - m->warned_us < WARN_AGAIN_US)
		return;
	m->warned_us = now_us;
	lane_decide(l, now_us, REFUSED_BY_HAND, -1, 100 * m->refusal_share, 0, 0);
}

/* When the server refuses although the limits set by hand hold, it enforces them over shorter
 * spans: bursts are off from now on. */
static void spread_by_hand(struct lane *l, int64_t now_us)
{
	struct limits *m = l->limits;

	if (l->rpm > 0)
		bucket_spread(&l->requests, now_us);
	if (m->spread || (m->rpm <= 0 && m->tpm <= 0 && !m->window.limit))
		return;
	limits_spread(m, now_us);
	lane_decide(l, now_us, SPREAD_BY_HAND, -1, -1, 0, 0);
}

/* The other models have the same key: what was found out about it counts for them, too. */
static void tell_others(struct lane *l, int64_t now_us)
{
	struct lane *other;

	LIST_FOREACH (other, &l->limits->lanes, others)
		if (other != l)
			breaker_follow(&other->breaker, &l->breaker, now_us);
}

static void update_breaker(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a, bool limited)
{
	enum breaker_reason before = l->breaker.reason;
	const struct breaker_answer answer = {.seq = ticket->seq,
		.sent_us = ticket->sent_us,
		/* a refusal by a limit is no failure, whatever its status */
		.outcome = limited ? OUTCOME_RATE_LIMITED : a->outcome,
		.one_task = a->one_task,
		.wait_us = a->wait_us};

	if (!breaker_answered(&l->breaker, now_us, &answer))
		return;
	if (l->breaker.reason == BREAKER_AUTH ? a->of_all_models : before == BREAKER_AUTH)
		tell_others(l, now_us);
	if (l->breaker.reason == BREAKER_CLOSED)
		lane_decide(l, now_us, BREAKER_RESET, 0, 1, 0, 0);
	else if (l->breaker.reason != before)
		lane_decide(l, now_us, BREAKER_TRIPPED, 1, 0, l->breaker.reason, 0);
}

/* A refusal is 429, 503, 529, or a connection turned away while the server answers others. */
static bool is_refusal(const struct lane *l, int64_t now_us, const struct lane_answer *a)
{
	if (a->outcome == OUTCOME_RATE_LIMITED || a->status == 503 || a->status == 529)
		return true;
	return a->cut_off && (lane_is_closed(l) || now_us - l->passed_us < OTHERS_ANSWERED_US);
}

bool lane_answered(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a)
{
	bool refused, limited;

	refused = is_refusal(l, now_us, a);
	/* without the adaptive pace only the breaker stops in an outage */
	limited = refused &&
		  (l->limits->config.mode == PACE_AUTO || a->outcome == OUTCOME_RATE_LIMITED);
	if (a->status && !refused)
		l->passed_us = now_us;
	l->in_flight--;
	fair_changed(&l->fair);
	fair_changed(&l->limits->fair);
	settle_tokens(l, now_us, ticket, a);
	if (refused && a->wait_us > 0)
		hold_for_wait(l, now_us, a);
	if (refused)
		spread_by_hand(l, now_us);
	if (refused && a->of_all_models)
		limits_refused_at_once(l->limits);
	else if (a->outcome == OUTCOME_OK)
		limits_passed(l->limits);
	if (l->limits->config.mode == PACE_AUTO)
		auto_answered(l, now_us, ticket, a, refused);
	l->aimd_rate = aimd_next(l->aimd_rate, a->outcome);
	update_breaker(l, now_us, ticket, a, limited);
	warn_by_hand(l, now_us, refused);
	return limited;
}

void lane_refuse(struct lane *l, int64_t now_us)
{
	breaker_refuse(&l->breaker, now_us);
	lane_decide(l, now_us, BREAKER_TRIPPED, 1, 0, BREAKER_REFUSED, 0);
}

void lane_probe_soon(struct lane *l, int64_t now_us)
{
	breaker_probe_now(&l->breaker, now_us);
}

void lane_try_key(struct lane *l, int64_t now_us)
{
	if (l->breaker.reason == BREAKER_AUTH)
		lane_probe_soon(l, now_us);
}

bool lane_in_question(const struct lane *l)
{
	return l->breaker.open_question > 0;
}

bool lane_refuses(const struct lane *l)
{
	return l->breaker.reason == BREAKER_REFUSED;
}

void lane_tick(struct lane *l, int64_t now_us)
{
	if (l->hold.until_us && l->hold.until_us <= now_us)
		l->hold = (struct hold){0};
	if (l->limits->config.mode == PACE_AUTO)
		auto_tick(l, now_us);
}
