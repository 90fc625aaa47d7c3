/* Tasks that wait for the same thing to send them: an endpoint, or any of several. A queue knows
 * which task goes next, which wait for their time, which are held because the endpoint refuses us,
 * and has the next one prepared. It decides by `now` alone and sends nothing. */
#ifndef SLUICE_CORE_QUEUE_H
#define SLUICE_CORE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"
#include "base/buf.h"
#include "core/budget.h"
#include "core/early_abort.h"
#include "core/items.h"
#include "core/scheduler.h"

enum { MODEL_SIZE = 48 };

struct queue;

/* A handle: the table of the queue holds the task's 40 bytes at this place. */
struct task {
	struct queue *queue;
	uint32_t i;
};

/* The next task of a queue, ready to go as soon as something lets it. */
struct prepared {
	bool there;
	bool known_asked; /* start_known() has asked whether it needs a request */
	uint32_t i;       /* the task's place in the table */
	uint32_t item;    /* the item that it works for */
	double tokens;    /* estimated cost */
	struct spending spending;
	char model[MODEL_SIZE];
	struct buf text; /* the line of input; the spans point into it, */
	struct buf made; /* or into text that was made of it */
	struct request_line line;
};

struct queue {
	struct items *tasks;        /* borrowed */
	const char *name;           /* borrowed; "": the run has one queue */
	const char *member;         /* of journal records that tell the name; NULL: none does */
	int route;                  /* the only one its tasks may take; ROUTE_NONE: any */
	int max_attempts;           /* of a task; 0: as the run's option says */
	struct scheduler scheduler; /* what is ready, what waits for its time */
	struct prepared prepared;
	uint32_t *held; /* in order of their holding; some may have left by hand */
	size_t first_held, n_held, cap_held;
	struct early_abort early;
};

/* Empty. tasks and name must outlive it. */
void queue_init(struct queue *q, struct items *tasks, const char *name, int route);
void queue_free(struct queue *q);

static inline struct item *task_item(struct task t)
{
	return items_at(t.queue->tasks, t.i);
}

/* Makes the task ready, at the front for retries, which are older than what stands there. It stands
 * nowhere else. */
void queue_ready(struct queue *q, uint32_t i, bool front);
/* The task is ready again at due_us. */
void queue_wait(struct queue *q, uint32_t i, int64_t due_us);
/* Sets the task aside until it is released. */
void queue_hold(struct queue *q, uint32_t i);
/* Makes the task ready that was held first; ITEM_NONE: none is held. */
uint32_t queue_release_one(struct queue *q);
/* Is a task set aside? */
bool queue_any_held(struct queue *q);
/* Takes a task that is not in flight out of where it stands; the caller sets its state. */
void queue_take_out(struct queue *q, uint32_t i);
/* Takes back what was prepared; the task stands in front. */
void queue_put_back(struct queue *q);

/* Was every task that is ready or waits refused by a limit once? */
bool queue_all_refused(const struct queue *q);

#endif
