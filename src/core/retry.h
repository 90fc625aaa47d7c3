/* What becomes of an item after a failed attempt. Pure. */
#ifndef SLUICE_CORE_RETRY_H
#define SLUICE_CORE_RETRY_H

#include <stdint.h>

#include "api/response.h"
#include "base/rng.h"

enum retry_action {
	RETRY_FINAL,     /* the task failed */
	RETRY_LATER,     /* again at due_us */
	RETRY_SET_ASIDE, /* held: the endpoint refuses us, not the task */
	/* never of retry_decide() */
	RETRY_BY_HAND, /* held: the operator wants it */
	RETRY_AGAIN,   /* ready at once, as if it had not been sent */
};

struct retry_decision {
	enum retry_action action;
	int64_t due_us;
};

/* After so many failures of the item's own, this one included, of max_attempts: the server's own
 * wait goes first, else full-jitter exponential backoff (base 0.5 s, cap 60 s). */
struct retry_decision retry_decide(
	const struct verdict *v, int failures, int max_attempts, struct rng *rng, int64_t now_us);
/* A limit's refusal is the server's word on our speed, not on the item: it goes back in line for
 * ever, after the server's own wait and 0.5 to 1.5 s at least. */
struct retry_decision retry_refused(const struct verdict *v, struct rng *rng, int64_t now_us);

#endif
