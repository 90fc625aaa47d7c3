/* Attempts: one HTTP request each, made for a task; several tasks may share one. */
#ifndef SLUICE_CORE_ATTEMPT_H
#define SLUICE_CORE_ATTEMPT_H

#include "core/queue.h"

struct attempt;
struct engine;

/* Makes an attempt of what the queue has prepared, in flight from then on, without a transfer yet:
 * counts it, reserves its cost, and has the work note it. route: the one that it takes. */
struct attempt *attempt_begin(struct engine *e, struct queue *q, int route);
/* The same for a task that shares the leader's request, behind `last` of those that do. */
struct attempt *attempt_join(
	struct engine *e, struct queue *q, struct attempt *leader, struct attempt *last);
/* It is over: gives its memory back. */
void attempt_drop(struct engine *e, struct attempt *a);
/* Frees all. */
void attempts_free(struct engine *e);

/* The task of an attempt: its retries are counted there. */
struct item *attempt_task(const struct attempt *a);
/* The attempt of an item in flight, the oldest of several; NULL. */
struct attempt *attempt_of(const struct engine *e, uint32_t item);
/* Cuts off what is in flight for the item, which is to be cancelled. A request that others share
 * goes on. Returns how many attempts it has. */
int attempts_cancel(struct engine *e, uint32_t item);
/* Requests under way: fewer than attempts when tasks share them. */
int attempts_requests(const struct engine *e);

#endif
