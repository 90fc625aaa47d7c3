/* Tasks that are set aside: by a circuit breaker, because the endpoint refuses us, or by the
 * operator. They spend no attempts. */
#ifndef SLUICE_CORE_HELD_H
#define SLUICE_CORE_HELD_H

#include "api/response.h"
#include "core/queue.h"

struct engine;

struct holds {
	uint64_t by_hand; /* items that the operator holds */
	int64_t since_us; /* when the breaker first held a task that is still refused; 0: none is */
	enum outcome outcome; /* what the last of them was refused with */
};

/* Sets a task aside; outcome: what the endpoint refused it with. */
void held_add(struct engine *e, struct task t, enum outcome outcome);
/* Makes the one ready that its queue has held the longest; false: none is held. */
bool held_release_one(struct engine *e, struct queue *q);
/* Makes all ready that the breaker holds; returns how many. */
uint64_t held_release_all(struct engine *e);
/* Do all endpoints that the queue may use refuse it? */
bool held_queue_is_refused(const struct engine *e, const struct queue *q);
/* To be called once a turn: releases what is held once the endpoint answers again, and stops a
 * headless run whose key or quota is refused from its first answer on. */
void held_check(struct engine *e);
/* Sets the item, which stands in no queue, aside by the operator's hand. */
void held_by_hand(struct engine *e, uint32_t item);
/* To be called once a turn: stops a headless run of which only such items are left, since nobody
 * is there to release them. */
void held_check_by_hand(struct engine *e);

#endif
