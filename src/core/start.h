/* Starts requests: prepares the next task of each queue, and sends it when the budget, the endpoint
 * and the lane allow it. */
#ifndef SLUICE_CORE_START_H
#define SLUICE_CORE_START_H

#include "core/work.h"
#include "words.h"

struct engine;

/* Starts requests, at most a bounded number. Returns what bounds the sending then. Sets *wake_us to
 * a time when more may start, if that is earlier than *wake_us. */
enum bound start_ready(struct engine *e, int64_t *wake_us);
/* Prepares the next ready task of a queue in q->prepared. PREPARE_NONE: the task has ended without
 * a request or was handed to another queue, ask for the next. PREPARE_STOP: no task is ready. */
enum prepare start_prepare(struct engine *e, struct queue *q);
/* Hands the next ready task of a mixed queue to the queue for its destination, or ends it. False:
 * the queue is not mixed, or has none. */
bool start_hand_on(struct engine *e, struct queue *q);
/* Does the prepared task need no request of its own? Then it is not prepared any more. */
bool start_known(struct engine *e, struct queue *q);
/* Fails a task that makes no request, without an attempt. item: the item it belongs to. p: what was
 * prepared of it; NULL: nothing. why: the message. */
void start_refused(struct engine *e, struct task t, uint32_t item, const struct prepared *p,
	enum outcome outcome, const char *why);

#endif
