/* Decides what happens to a task after a failed attempt. Pure. */
#ifndef SLUICE_CORE_RETRY_H
#define SLUICE_CORE_RETRY_H

#include <stdint.h>

#include "api/response.h"
#include "base/rng.h"

enum retry_action {
	RETRY_FINAL, /* the task failed */
	RETRY_LATER, /* again at due_us */
	RETRY_HELD,  /* held: the endpoint refuses every task */
	/* retry_decide() does not return these */
	RETRY_BY_HAND, /* held by the operator */
	RETRY_AGAIN,   /* ready at once, as if it had not been sent */
};

struct retry_decision {
	enum retry_action action;
	int64_t due_us;
};

/* failures: of the task itself, this one included, of max_attempts. The task waits as long as the
 * server says, else by exponential backoff with full jitter (base 0.5 s, cap 60 s). */
struct retry_decision retry_decide(
	const struct verdict *v, int failures, int max_attempts, struct rng *rng, int64_t now_us);
/* After the refusal of a limit, which concerns the rate and not the task: there is no limit of
 * attempts. The task waits as long as the server says, and 0.5 to 1.5 s at least. */
struct retry_decision retry_refused(const struct verdict *v, struct rng *rng, int64_t now_us);

#endif
