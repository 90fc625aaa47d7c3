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
	l->warned_us = l->passed_us = LONG_AGO_US;
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

double lane_tpm(const struct lane *l)
{
	return l->tpm;
}

int lane_in_flight(const struct lane *l)
{
	return l->in_flight;
}

/* Keeps the later of the verdict so far and another limit's time. */
static void bind(struct lane_verdict *v, int64_t now_us, int64_t ready_us, enum bound bound)
{
	if (ready_us > now_us && ready_us > v->at_us)
		*v = (struct lane_verdict){ready_us, bound};
}

/* The first attempts of a lane go at once at any rate, so that small batches do not wait. */
static bool in_first_burst(const struct lane *l)
{
	return l->config.mode == PACE_AUTO && l->manual_rate <= 0 && l->adapt.rate.burst > 0;
}

static bool is_held(const struct lane *l)
{
	return l->config.mode == PACE_AUTO && l->adapt.rate.state == RATE_HELD;
}

bool lane_probing(const struct lane *l)
{
	return l->breaker.reason != BREAKER_CLOSED || is_held(l);
}

/* The bound to name when the rate holds the next send back. */
static enum bound bound_of_rate(const struct lane *l, int64_t now_us)
{
	const struct auto_pace *a = &l->adapt;

	if (l->manual_rate > 0 || l->config.mode != PACE_AUTO)
		return BOUND_ADAPTIVE;
	if (a->headers.rate > 0 && a->headers.rate < a->rate.rate)
		return BOUND_SERVER;
	return auto_is_shared(a, now_us) ? BOUND_SHARED : BOUND_ADAPTIVE;
}

/* The two brakes: the rate, then the number in flight. */
static struct lane_verdict ask_brakes(struct lane *l, int64_t now_us, double tokens)
{
	struct lane_verdict v = {now_us, BOUND_NONE};
	double rate = lane_rate(l);
	bool burst = in_first_burst(l);

	if (rate > 0 && !burst) {
		bind(&v, now_us, pacer_ready_us(&l->pacer, now_us, rate, auto_weigh(l, tokens)),
			bound_of_rate(l, now_us));
		if (v.bound != BOUND_NONE) {
			auto_held_back(l, l->manual_rate > 0 ? BRAKE_OTHER : BRAKE_RATE, v.at_us);
			return v;
		}
	}
	if (l->in_flight < lane_concurrency(l))
		return v;
	if (!burst)
		auto_held_back(
			l, l->in_flight >= auto_window_now(l) ? BRAKE_WINDOW : BRAKE_OTHER, now_us);
	return (struct lane_verdict){NEVER_US, BOUND_CONCURRENCY};
}

struct lane_verdict lane_ask(struct lane *l, int64_t now_us, double tokens)
{
	struct lane_verdict v = {now_us, BOUND_NONE};

	bind(&v, now_us, breaker_ready_us(&l->breaker, now_us), BOUND_HOLD);
	bind(&v, now_us, l->hold.until_us, BOUND_HOLD);
	if (l->config.mode == PACE_AUTO)
		bind(&v, now_us, l->adapt.headers.hold_us, BOUND_SERVER);
	if (is_held(l))
		bind(&v, now_us, auto_probe_us(l, now_us), auto_hold_bound(&l->adapt, now_us));
	if (v.bound != BOUND_NONE)
		return v;
	bind(&v, now_us, bucket_ready_us(&l->requests, now_us, 1), BOUND_RPM);
	bind(&v, now_us, bucket_ready_us(&l->tokens, now_us, tokens), BOUND_TPM);
	bind(&v, now_us, window_ready_us(&l->window, now_us), BOUND_WINDOW);
	if (v.bound != BOUND_NONE) {
		auto_held_back(l, BRAKE_OTHER, now_us);
		return v;
	}
	return lane_probing(l) ? v : ask_brakes(l, now_us, tokens);
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
	if (rate > 0)
		pacer_take(&l->pacer, now_us, rate, ticket->weight);
	bucket_take(&l->requests, now_us, 1);
	bucket_take(&l->tokens, now_us, tokens);
	window_take(&l->window, now_us);
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
	bucket_settle(&l->tokens, now_us, ticket->tokens, real);
}

/* Without the adaptive pace each Retry-After holds the lane. With it only the refused task waits,
 * and the source is kept for the screen. */
static void hold_for_wait(struct lane *l, int64_t now_us, const struct lane_answer *a)
{
	const char *source = a->wait_source ? a->wait_source : "server";
	int64_t wait_us = a->wait_us < BREAKER_WAIT_US ? a->wait_us : BREAKER_WAIT_US;

	if (l->config.mode == PACE_AUTO) {
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
	bool by_hand =
		l->manual_rate > 0 || l->concurrency_by_hand || l->rpm_by_hand || l->tpm_by_hand;

	l->refusal_share += 0.02 * (refused - l->refusal_share);
	if (!by_hand || l->refusal_share <= REFUSALS_TOO_MANY ||
		now_us - l->warned_us < WARN_AGAIN_US)
		return;
	l->warned_us = now_us;
	lane_decide(l, now_us, REFUSED_BY_HAND, -1, 100 * l->refusal_share, 0, 0);
}

/* When the server refuses although the limits set by hand hold, it enforces them over shorter
 * spans: bursts are off from now on. */
static void spread_by_hand(struct lane *l, int64_t now_us)
{
	if (l->spread || (l->rpm <= 0 && l->tpm <= 0 && !l->window.limit))
		return;
	l->spread = true;
	lane_spread(l, now_us);
	lane_decide(l, now_us, SPREAD_BY_HAND, -1, -1, 0, 0);
}

static void update_breaker(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a, bool limited)
{
	enum breaker_reason before = l->breaker.reason;
	/* a refusal by a limit is no failure, whatever its status */
	enum outcome outcome = limited ? OUTCOME_RATE_LIMITED : a->outcome;

	if (!breaker_answered(
		    &l->breaker, now_us, ticket->seq, ticket->sent_us, outcome, a->wait_us))
		return;
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
	return a->cut_off && (is_held(l) || now_us - l->passed_us < OTHERS_ANSWERED_US);
}

bool lane_answered(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a)
{
	bool refused, limited;

	refused = is_refusal(l, now_us, a);
	/* without the adaptive pace only the breaker stops in an outage */
	limited = refused && (l->config.mode == PACE_AUTO || a->outcome == OUTCOME_RATE_LIMITED);
	if (a->status && !refused)
		l->passed_us = now_us;
	l->in_flight--;
	settle_tokens(l, now_us, ticket, a);
	if (refused && a->wait_us > 0)
		hold_for_wait(l, now_us, a);
	if (refused)
		spread_by_hand(l, now_us);
	if (l->config.mode == PACE_AUTO)
		auto_answered(l, now_us, ticket, a, refused);
	l->aimd_rate = aimd_next(l->aimd_rate, a->outcome);
	update_breaker(l, now_us, ticket, a, limited);
	warn_by_hand(l, now_us, refused);
	return limited;
}

void lane_tick(struct lane *l, int64_t now_us)
{
	if (l->hold.until_us && l->hold.until_us <= now_us)
		l->hold = (struct hold){0};
	if (l->config.mode == PACE_AUTO)
		auto_tick(l, now_us);
}
