/* What becomes of an item after a failed attempt. Pure. */
#ifndef SLUICE_RUN_RETRY_H
#define SLUICE_RUN_RETRY_H

#include <stdint.h>

#include "api/response.h"
#include "base/rng.h"

enum {
	/* A rate limit is the server's word on our speed, not on the item: far more patience. */
	RETRY_RATE_BUDGET = 50,
};

struct retry_policy {
	int max_attempts; /* requests that may fail for real */
	int rate_budget;  /* requests that may be refused by a rate limit */
};

enum retry_action {
	RETRY_FINAL,     /* the item failed */
	RETRY_LATER,     /* again at due_us */
	RETRY_SET_ASIDE, /* held: the endpoint refuses us, not the item */
	RETRY_BY_HAND,   /* held: the operator wants it; never of retry_decide() */
};

struct retry_decision {
	enum retry_action action;
	int64_t due_us;
};

/* real and rated: how many attempts of the item failed so far by each budget, this one included.
 * The server's own wait goes first; without one full-jitter exponential backoff (base 0.5 s, cap 60
 * s). */
struct retry_decision retry_decide(const struct retry_policy *policy, const struct verdict *v,
	int real, int rated, struct rng *rng, int64_t now_us);

#endif
