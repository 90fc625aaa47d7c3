/* Judges answers, and decides what happens to the tasks that they answer. */
#ifndef SLUICE_CORE_ANSWER_H
#define SLUICE_CORE_ANSWER_H

#include "api/response.h"

struct attempt;
struct engine;

/* The situation when an answer came. */
struct answer_context {
	bool limited;    /* the answer is the refusal of a limit */
	int64_t wait_us; /* how long another task of the same request waits; 0: none does yet */
	bool breaker_was_open; /* the breaker of its endpoint was open before the answer */
	bool tail; /* no other attempt is left that could show whether the server is at fault */
};

/* Completes the verdict: settles the cost of the attempt, checks what is expected of its content,
 * and takes secrets out of the verdict. */
void answer_settle(
	struct engine *e, struct attempt *a, const struct answer *answer, struct verdict *v);
/* Decides what happens to the task, reports it to the work, and drops the attempt. The verdict is
 * settled.
 */
void answer_end(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *v, const struct answer_context *context);
/* Ends the attempt as if it had not been sent: its task is ready again and keeps all its attempts.
 * Drops the attempt. */
void answer_requeue(
	struct engine *e, struct attempt *a, const struct answer *answer, const struct verdict *v);

#endif
