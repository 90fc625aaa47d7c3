/* Tasks that are held, by a circuit breaker because their endpoint refuses them, or by the
 * operator. Holding spends none of their attempts. */
#ifndef SLUICE_CORE_HELD_H
#define SLUICE_CORE_HELD_H

#include "api/response.h"
#include "core/queue.h"

struct engine;

struct holds {
	uint64_t by_hand;  /* items that the operator holds */
	int64_t since_us;  /* when the breaker held the first task of this outage; 0: no outage */
	bool put_back_due; /* see refusals.h */
};

/* Holds a task whose endpoint refused it with this outcome. */
void held_add(struct engine *e, struct task t, enum outcome outcome);
/* Makes the task ready that the queue has held the longest, and reports it to the work. False: none
 * is held. */
bool held_release_one(struct engine *e, struct queue *q);
/* Makes all tasks ready that breakers hold; returns how many. */
uint64_t held_release_all(struct engine *e);
/* Are the breakers of all endpoints open that the queue may use? */
bool held_queue_is_refused(const struct engine *e, const struct queue *q);
/* May a held task of the queue go now, as a probe, when nothing else is ready? */
bool held_may_probe(const struct engine *e, const struct queue *q);
/* To be called once a turn: releases held tasks once their endpoint answers again. Stops a headless
 * run whose key or quota was refused from the first answer on. */
void held_check(struct engine *e);
/* Holds the item for the operator. It must stand in no queue. */
void held_by_hand(struct engine *e, uint32_t item);
/* To be called once a turn: stops a headless run in which the operator holds all that is left, or
 * has paused all endpoints or stages that have work, as nobody is there to let it go on. */
void held_check_by_hand(struct engine *e);

#endif
