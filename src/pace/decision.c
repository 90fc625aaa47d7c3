#include "pace/decision.h"

#include <stdio.h>
#include <string.h>

#include "pace/breaker.h"
#include "pace/lane_impl.h"

/* For each decision: the figure it changes, whether the operator made it, whether it is a detail.
 */
static const struct {
	const char *what;
	bool by_hand, detail;
} kinds[DECISIONS] = {
	[HAND_CONCURRENCY] = {"concurrency", true, false},
	[HAND_RPM] = {"rpm", true, false},
	[HAND_TPM] = {"tpm", true, false},
	[HAND_RATE] = {"rate", true, false},
	[HAND_HOLD] = {"hold", true, false},
	[RATE_LEARNED] = {"rate", false, false},
	[RATE_CUT] = {"rate", false, false},
	[RATE_CUT_AGAIN] = {"rate", false, true},
	[RATE_PROVEN] = {"rate", false, true},
	[RATE_NOISE] = {"rate", false, false},
	[RATE_NOISE_TEST] = {"rate", false, true},
	[RATE_WINDOW] = {"rate", false, true},
	[RATE_SMALL] = {"rate", false, true},
	[RATE_SPIKE] = {"rate", false, true},
	[RATE_RELAPSE] = {"rate", false, true},
	[RATE_OTHERS] = {"rate", false, false},
	[HOLD_CLOSED] = {"hold", false, false},
	[HOLD_ERRORS] = {"hold", false, false},
	[HOLD_VAIN] = {"hold", false, true},
	[HOLD_HEADERS] = {"hold", false, false},
	[HOLD_REPORTED] = {"hold", false, false},
	[NUMBER_FOUND] = {"concurrency", false, false},
	[NUMBER_LOWER] = {"concurrency", false, false},
	[NUMBER_HIGHER] = {"concurrency", false, true},
	[NUMBER_ACQUITTED] = {"concurrency", false, false},
	[WINDOW_SATURATED] = {"concurrency", false, false},
	[WINDOW_TRIES] = {"concurrency", false, true},
	[WINDOW_WORTH_IT] = {"concurrency", false, true},
	[WINDOW_IN_VAIN] = {"concurrency", false, true},
	[WINDOW_ACQUITTED] = {"concurrency", false, false},
	[WINDOW_TIMEOUTS] = {"concurrency", false, false},
	[BREAKER_TRIPPED] = {"breaker", false, false},
	[BREAKER_RESET] = {"breaker", false, false},
	[LIMIT_CHANGED] = {"server limit", false, false},
	[REFUSED_BY_HAND] = {"refusals", false, false},
	[SPREAD_BY_HAND] = {"burst", false, false},
};

#define AGE_KNOWN_S 1e8 /* earlier releases wrote no age */

#define SEEN(...)  snprintf(out->evidence, sizeof(out->evidence), __VA_ARGS__)
#define TAKEN(...) snprintf(out->hypothesis, sizeof(out->hypothesis), __VA_ARGS__)

static void describe_rate(const struct lane_record *r, struct lane_change *out)
{
	double percent = 100 * (double)r->a, a = (double)r->a, b = (double)r->b;

	switch (r->decision) {
	case RATE_LEARNED:
		if (a >= 0 && a < AGE_KNOWN_S)
			SEEN("learned %.0f s ago", a);
		else
			SEEN("learned in an earlier session");
		TAKEN("a start, no ceiling");
		break;
	case RATE_CUT:
		SEEN("%.3g %% refused", percent);
		if (b > 0)
			TAKEN("a limit near %.3g/s", b);
		else
			TAKEN("a limit, or noise");
		break;
	case RATE_CUT_AGAIN:
		SEEN("still %.3g %% refused", percent);
		if (b > 0)
			TAKEN("the limit is %.3g/s", b);
		else
			TAKEN("unclear: lower it to distinguish a limit from noise");
		break;
	case RATE_PROVEN:
		SEEN("%.3g %% refused before, less since", percent);
		TAKEN("a limit of the rate");
		break;
	case RATE_NOISE:
		SEEN("%.3g %% refused at any rate", percent);
		TAKEN("noise: ignored");
		break;
	default:
		SEEN("%.3g %% refused as before", percent);
		TAKEN("still unclear: lower it again");
	}
}

/* The rate at which a lane resumes when a hold ends. */
static void describe_resumed(const struct lane_record *r, struct lane_change *out)
{
	double a = (double)r->a, b = (double)r->b;

	switch (r->decision) {
	case RATE_WINDOW:
		SEEN("open again, %.0f accepted in %.3g s", a, b);
		TAKEN("a window of that size");
		break;
	case RATE_SMALL:
		SEEN("open again, a few accepted at a time");
		TAKEN("a limit near %.3g/s", a);
		break;
	case RATE_SPIKE:
		SEEN("open again after %.2g s", a);
		TAKEN("too fast for a moment");
		break;
	case RATE_RELAPSE:
		SEEN("open again, only %.0f accepted", a);
		TAKEN("opened too early");
		break;
	default:
		SEEN("open again, %.0f accepted in %.3g s", a, b);
		if (a < 10)
			TAKEN("another client used the limit, or the server was down");
		else /* the first cycle of a window appears the same */
			TAKEN("a window, or another client used the limit");
	}
}

static void describe_hold(
	const struct lane_record *r, const char *hold_source, struct lane_change *out)
{
	double a = (double)r->a, b = (double)r->b;
	char reported[48] = "";

	if (b > 0)
		snprintf(reported, sizeof(reported), ", the server says wait %.3g s", b);
	switch (r->decision) {
	case HOLD_CLOSED:
		SEEN("%.0f refused side by side%s", a, reported);
		TAKEN("everything is refused");
		break;
	case HOLD_ERRORS:
		SEEN("%.0f errors side by side%s", a, reported);
		TAKEN("the server is down, or full");
		break;
	case HOLD_VAIN:
		SEEN("%.0f probe%s refused%s", a, a > 1 ? "s" : "", reported);
		TAKEN("still closed");
		break;
	case HOLD_HEADERS:
		SEEN("rate-limit headers: 0 of %.0f left", a);
		TAKEN("the window is used up");
		break;
	default:
		SEEN("%s", hold_source);
	}
}

static void describe_number(const struct lane_record *r, struct lane_change *out)
{
	double a = (double)r->a, b = (double)r->b;

	switch (r->decision) {
	case NUMBER_FOUND:
		SEEN("refused %.0f times, each with %.0f or more in flight", b, a);
		TAKEN("the server accepts %.0f at once", a);
		break;
	case NUMBER_LOWER:
		SEEN("%.0f refused below it", a);
		TAKEN("the server accepts fewer now");
		break;
	case NUMBER_HIGHER:
		SEEN("more were accepted");
		break;
	case NUMBER_ACQUITTED:
		SEEN("fewer in flight cost throughput");
		TAKEN("not a limit in flight");
		break;
	case WINDOW_SATURATED:
		SEEN("more in flight bought no throughput");
		TAKEN("the server is saturated");
		break;
	case WINDOW_TRIES:
		SEEN("two minutes at this level");
		TAKEN("maybe there is room now");
		break;
	case WINDOW_WORTH_IT:
		SEEN("more in flight bought throughput");
		break;
	case WINDOW_IN_VAIN:
		SEEN("the trial bought no throughput");
		break;
	case WINDOW_ACQUITTED:
		SEEN("%.0f %% of answers time out with fewer in flight, too", 100 * a);
		TAKEN("not the number in flight");
		break;
	default:
		SEEN("%.0f %% of answers timed out", 100 * a);
		TAKEN("too many at once for the server");
	}
}

static void describe_limit(const struct lane_record *r, struct lane_change *out)
{
	static const char *const slots[LIMIT_SLOTS] = {[LIMIT_REQUESTS] = "requests",
		[LIMIT_REQUESTS_SECOND] = "requests a second",
		[LIMIT_REQUESTS_MINUTE] = "requests a minute",
		[LIMIT_REQUESTS_HOUR] = "requests an hour",
		[LIMIT_REQUESTS_DAY] = "requests a day",
		[LIMIT_TOKENS] = "tokens",
		[LIMIT_TOKENS_SECOND] = "tokens a second",
		[LIMIT_TOKENS_HOUR] = "tokens an hour",
		[LIMIT_INPUT_TOKENS] = "input tokens",
		[LIMIT_OUTPUT_TOKENS] = "output tokens",
		[LIMIT_TOKENS_MINUTE] = "tokens a minute",
		[LIMIT_TOKENS_DAY] = "tokens a day"};
	int slot = (int)r->a;

	SEEN("rate-limit headers name another limit of %s",
		slot >= 0 && slot < LIMIT_SLOTS && slots[slot] ? slots[slot] : "requests");
}

/* Puts a record into words. hold_source: for HOLD_REPORTED. */
static void describe(const struct lane_record *r, const char *hold_source, struct lane_change *out)
{
	*out = (struct lane_change){.at_us = r->at_us,
		.what = kinds[r->decision].what,
		.before = (double)r->before,
		.after = (double)r->after,
		.by_hand = kinds[r->decision].by_hand,
		.detail = kinds[r->decision].detail};
	if (out->by_hand)
		SEEN("operator");
	else if (r->decision < RATE_WINDOW)
		describe_rate(r, out);
	else if (r->decision <= RATE_OTHERS)
		describe_resumed(r, out);
	else if (r->decision <= HOLD_REPORTED)
		describe_hold(r, hold_source, out);
	else if (r->decision <= WINDOW_TIMEOUTS)
		describe_number(r, out);
	else if (r->decision == BREAKER_TRIPPED)
		SEEN("%s", breaker_reason_text((enum breaker_reason)(int)r->a));
	else if (r->decision == BREAKER_RESET)
		SEEN("a probe passed: going on");
	else if (r->decision == LIMIT_CHANGED)
		describe_limit(r, out);
	else if (r->decision == REFUSED_BY_HAND)
		SEEN("%% refused at the values set by hand");
	else
		SEEN("a limit set by hand was refused: from now on without bursts");
}

void lane_decide(struct lane *l, int64_t now_us, enum decision kind, double before, double after,
	double a, double b)
{
	struct lane_record *r = &l->change[l->changes++ % LANE_CHANGES];

	if (kinds[kind].by_hand && kind != HAND_HOLD)
		l->limits->changed_us = now_us;
	else if (kind == LIMIT_CHANGED)
		l->changed_us = now_us;
	*r = (struct lane_record){
		now_us, (float)before, (float)after, (float)a, (float)b, (uint8_t)kind};
}

uint64_t lane_changes(const struct lane *l)
{
	return l->changes;
}

size_t lane_take_changes(const struct lane *l, uint64_t *seen, struct lane_change *out, size_t n)
{
	size_t taken = 0;

	if (l->changes - *seen > LANE_CHANGES)
		*seen = l->changes - LANE_CHANGES;
	for (; taken < n && *seen < l->changes; ++*seen)
		describe(&l->change[*seen % LANE_CHANGES], l->hold.source, &out[taken++]);
	return taken;
}
