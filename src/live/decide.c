#include "live/decide.h"

#include <stdio.h>

#include "api/outcome.h"
#include "base/clock.h"
#include "core/retry.h"
#include "pace/backoff.h"

enum {
	REFUSED_ALONE =
		20, /* refusals that may be those of a limit, before they count for a call */
	UNAUTHORIZED = 401,
	REFUSED = 400,
	LIMITED = 429,
	BAD_GATEWAY = 502,
	UNAVAILABLE = 503,
	GATEWAY_TIMEOUT = 504,
};

/* A call that a limit refused waits no longer than this if another endpoint can take it. */
#define PATIENCE_US (2 * US_PER_S)

static int64_t decide_limited(
	struct live_tries *t, const struct live_failure *f, struct rng *rng, int64_t now_us)
{
	struct retry_decision d = retry_refused(f->verdict, rng, now_us);

	t->refusals++;
	return f->fallback && d.due_us - now_us > PATIENCE_US ? now_us : d.due_us;
}

/* Does it count as a limit's refusal? Those that are none by their words may be the call's own. */
static bool is_limited(const struct live_tries *t, const struct live_failure *f)
{
	return f->limited && f->verdict->should_retry != 0 &&
	       (f->verdict->outcome == OUTCOME_RATE_LIMITED || t->refusals < REFUSED_ALONE);
}

int64_t live_decide(
	struct live_tries *t, const struct live_failure *f, struct rng *rng, int64_t now_us)
{
	const struct verdict *v = f->verdict;
	struct retry_decision d;
	int64_t due_us;

	if (f->headed || v->outcome == OUTCOME_CANCELLED)
		return -1;
	if (is_limited(t, f)) {
		due_us = decide_limited(t, f, rng, now_us);
	} else {
		t->failures++;
		d = retry_decide(v, t->failures, f->max_attempts, rng, now_us);
		due_us = d.action == RETRY_LATER ? d.due_us : -1;
		/* an error of one endpoint may not be one of another: another model, another
		 * filter */
		if (f->renews && t->failures < f->max_attempts)
			due_us = now_us + backoff_us(rng, t->failures);
		if ((due_us < 0 || f->alone) && f->fallback && t->failures < f->max_attempts &&
			(f->alone || verdict_blames_input(v) || v->outcome == OUTCOME_QUOTA))
			due_us = now_us;
	}
	return due_us > f->until_us ? -1 : due_us;
}

bool live_answer_is_fit(const struct verdict *v)
{
	return v->status >= REFUSED && v->status != UNAUTHORIZED && v->json.at;
}

static int status_of(const struct verdict *v)
{
	switch (v->outcome) {
	case OUTCOME_RATE_LIMITED:
	case OUTCOME_QUOTA:
		return v->status >= REFUSED ? v->status : LIMITED;
	case OUTCOME_TIMEOUT:
		return GATEWAY_TIMEOUT;
	case OUTCOME_CANCELLED:
		return UNAVAILABLE;
	case OUTCOME_BAD_INPUT:
		return REFUSED;
	case OUTCOME_AUTH:
		return v->status > UNAUTHORIZED ? v->status : BAD_GATEWAY;
	default:
		return v->status >= REFUSED ? v->status : BAD_GATEWAY;
	}
}

static const char *code_of(enum outcome o)
{
	switch (o) {
	case OUTCOME_RATE_LIMITED:
		return "rate_limit_exceeded";
	case OUTCOME_QUOTA:
		return "insufficient_quota";
	case OUTCOME_TIMEOUT:
		return "upstream_timeout";
	case OUTCOME_BAD_INPUT:
		return "invalid_request";
	case OUTCOME_CANCELLED:
		return "service_stopping";
	case OUTCOME_AUTH:
		return "upstream_auth";
	default:
		return "upstream_error";
	}
}

void live_tell(const struct verdict *v, struct live_problem *out)
{
	bool key = v->outcome == OUTCOME_AUTH && v->status == UNAUTHORIZED;

	*out = (struct live_problem){.status = status_of(v), .code = code_of(v->outcome)};
	if (v->wait_us > 0)
		out->retry_after_s = (int)((v->wait_us + US_PER_S - 1) / US_PER_S);
	if (v->outcome == OUTCOME_CANCELLED) {
		snprintf(out->message, sizeof(out->message), "The service is stopping.");
		return;
	}
	snprintf(out->message, sizeof(out->message), "%s%s",
		key                                  ? "The endpoint rejects the service's key: "
		: v->outcome == OUTCOME_CLIENT_ERROR ? ""
						     : "The endpoint did not answer: ",
		v->message[0] ? v->message : outcome_label(v->outcome));
}
