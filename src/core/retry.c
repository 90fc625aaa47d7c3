#include "core/retry.h"

#include "api/outcome.h"
#include "pace/backoff.h"

struct retry_decision retry_decide(
	const struct verdict *v, int failures, int max_attempts, struct rng *rng, int64_t now_us)
{
	enum retry_budget budget = outcome_info(v->outcome)->budget;

	if (v->should_retry == 0 && budget != RETRY_HOLD)
		budget = RETRY_NEVER;
	if (v->should_retry == 1 && v->outcome == OUTCOME_CLIENT_ERROR)
		budget = RETRY_ATTEMPTS;
	if (budget == RETRY_HOLD)
		return (struct retry_decision){RETRY_HELD, 0};
	if (budget == RETRY_NEVER || failures >= max_attempts)
		return (struct retry_decision){RETRY_FINAL, 0};
	/* "At once" is for one request; a batch that takes it at its word spins. */
	return (struct retry_decision){
		RETRY_LATER, now_us + (v->wait_us > 0 ? v->wait_us : backoff_us(rng, failures))};
}

struct retry_decision retry_refused(const struct verdict *v, struct rng *rng, int64_t now_us)
{
	int64_t wait_us = backoff_refused_us(rng);

	return (struct retry_decision){
		RETRY_LATER, now_us + (v->wait_us > wait_us ? v->wait_us : wait_us)};
}
