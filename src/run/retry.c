#include "run/retry.h"

#include "api/outcome.h"
#include "pace/backoff.h"

struct retry_decision retry_decide(const struct retry_policy *policy, const struct verdict *v,
	int real, int rated, struct rng *rng, int64_t now_us)
{
	enum retry_budget budget = outcome_info(v->outcome)->budget;
	int failures;

	if (v->should_retry == 0 && budget != RETRY_HOLD)
		return (struct retry_decision){RETRY_FINAL, 0};
	if (v->should_retry == 1 && budget == RETRY_NEVER && v->outcome == OUTCOME_CLIENT_ERROR)
		budget = RETRY_ATTEMPTS;
	switch (budget) {
	case RETRY_NEVER:
		return (struct retry_decision){RETRY_FINAL, 0};
	case RETRY_HOLD:
		return (struct retry_decision){RETRY_SET_ASIDE, 0};
	case RETRY_ATTEMPTS:
		if (real >= policy->max_attempts)
			return (struct retry_decision){RETRY_FINAL, 0};
		failures = real;
		break;
	case RETRY_RATE:
	default:
		if (rated >= policy->rate_budget)
			return (struct retry_decision){RETRY_FINAL, 0};
		failures = rated;
		break;
	}
	return (struct retry_decision){
		RETRY_LATER, now_us + (v->wait_us >= 0 ? v->wait_us : backoff_us(rng, failures))};
}
