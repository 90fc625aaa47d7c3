#include "run/retry.h"

#include "api/outcome.h"
#include "pace/backoff.h"

struct retry_decision retry_decide(const struct retry_policy *policy, const struct verdict *v,
	int real, int rated, struct rng *rng, int64_t now_us)
{
	enum retry_budget budget = outcome_info(v->outcome)->budget;
	int64_t wait_us;

	if (v->should_retry == 0 && budget != RETRY_HOLD)
		budget = RETRY_NEVER;
	if (v->should_retry == 1 && v->outcome == OUTCOME_CLIENT_ERROR)
		budget = RETRY_ATTEMPTS;
	if (budget == RETRY_HOLD)
		return (struct retry_decision){RETRY_SET_ASIDE, 0};
	if (budget == RETRY_NEVER || (budget == RETRY_ATTEMPTS && real >= policy->max_attempts) ||
		(budget == RETRY_RATE && rated >= policy->rate_budget))
		return (struct retry_decision){RETRY_FINAL, 0};
	wait_us = v->wait_us;
	/* "At once" is for one request; a batch that takes it at its word spins. */
	if (wait_us <= 0)
		wait_us = budget == RETRY_RATE ? backoff_refused_us(rng, rated)
					       : backoff_us(rng, real);
	return (struct retry_decision){RETRY_LATER, now_us + wait_us};
}
