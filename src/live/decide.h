/* What happens to a live call whose attempt failed, and what its client is told. Pure. The table of
 * outcomes and the backing off are those of batches; the difference is that somebody waits: nothing
 * is held, and no wait is longer than the client's patience. */
#ifndef SLUICE_LIVE_DECIDE_H
#define SLUICE_LIVE_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"
#include "base/rng.h"
#include "live/live.h"

/* What a call has tried so far. */
struct live_tries {
	int failures; /* attempts that count for it */
	int refusals; /* by limits: count for nothing */
	int avoid;    /* the route that failed last, + 1; 0: none */
};

/* A failed attempt. */
struct live_failure {
	const struct verdict *verdict;
	bool limited;  /* its lane takes it for a limit's refusal */
	bool alone;    /* refused for a cause that may be its own or everybody's: key, model */
	bool fallback; /* another endpoint can take it now */
	bool renews;   /* its key was refused, and another one is in use or being fetched */
	bool headed;   /* the client has a part of the answer */
	int max_attempts;
	int64_t until_us; /* the end of the client's patience */
};

/* When to try again; negative: never. Counts the failure. */
int64_t live_decide(
	struct live_tries *t, const struct live_failure *f, struct rng *rng, int64_t now_us);

/* What the client is told of a failure that has no answer fit for it. */
void live_tell(const struct verdict *v, struct live_problem *out);
/* Is the endpoint's own answer fit for the client? One that refuses the service's key is not: it is
 * not the client's. */
bool live_answer_is_fit(const struct verdict *v);

#endif
