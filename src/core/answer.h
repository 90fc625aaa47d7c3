/* What becomes of a task when an answer comes. */
#ifndef SLUICE_CORE_ANSWER_H
#define SLUICE_CORE_ANSWER_H

#include "api/response.h"

struct attempt;
struct engine;

/* How things stood when an answer came. */
struct answer_context {
	bool limited;    /* the answer is a limit's refusal */
	int64_t wait_us; /* what another task of the same request waits; 0: there is none yet */
	bool breaker_was_open; /* the breaker of its endpoint was open before the answer */
	bool tail;             /* nothing else is left of the run that could show who is at fault */
};

/* What an answered attempt cost, and whether its content is as expected: the verdict's last word.
 */
void answer_settle(
	struct engine *e, struct attempt *a, const struct answer *answer, struct verdict *v);
/* What becomes of its task; the attempt is gone then. */
void answer_end(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *v, const struct answer_context *context);
/* The attempt ends as if it had not been sent: its task is ready again, and has spent nothing. */
void answer_requeue(
	struct engine *e, struct attempt *a, const struct answer *answer, const struct verdict *v);
#endif
