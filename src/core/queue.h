/* Tasks that wait for one endpoint, or for any of several, to send them. A queue knows which task
 * is next, which tasks wait for their time and which are held because the endpoint refuses them,
 * and it has the next task prepared. It decides by the time it is given, and sends nothing. */
#ifndef SLUICE_CORE_QUEUE_H
#define SLUICE_CORE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"
#include "base/buf.h"
#include "core/budget.h"
#include "core/early_abort.h"
#include "core/items.h"
#include "core/route.h"
#include "core/scheduler.h"

struct queue;

/* A handle of a task: its 40 bytes stand at place i in the table of the queue. */
struct task {
	struct queue *queue;
	uint32_t i; /* the place of the task in the table */
};

/* The next task of a queue, ready to be sent. */
struct prepared {
	bool there;       /* a task is prepared; else nothing below counts */
	bool known_asked; /* start_known() has asked whether it needs a request */
	uint32_t i;       /* the task's place in the table */
	uint32_t item;    /* the item that the task belongs to */
	double tokens;    /* estimated, in and out */
	struct spending spending;
	char model[MODEL_SIZE];
	int cost_row;      /* of the model, in the costs by model */
	struct buf text;   /* the input line; the spans of `line` point into it */
	struct buf made;   /* or into this text, which was made of the input line */
	struct buf edited; /* or its body into this one, which the operator wrote: see edits.h */
	struct request_line line;
};

struct queue {
	struct items *tasks;   /* borrowed */
	const char *name;      /* borrowed; "" for the queues of a plain run */
	const char *member;    /* of journal records, for the name; NULL: records have no name */
	int route;             /* the only route of its tasks; ROUTE_NONE: those of `to` */
	struct destination to; /* of its tasks */
	bool mixed; /* its tasks have several destinations: it hands them to queues split off it */
	struct queue *home; /* has the waiting tasks: itself, or the queue it was split off */
	bool has_lanes;     /* those of `to` were looked up */
	uint64_t refused;   /* the turn in which its next task was refused last */
	uint64_t served;    /* the start that took a task last */
	int max_attempts;   /* of a task; 0: the option of the run */
	struct scheduler scheduler; /* the ready and the waiting tasks */
	struct prepared prepared;
	enum outcome refused_by; /* of the last task that was held */
	uint32_t *held;          /* in the order of holding; some may have left since */
	size_t first_held, n_held, cap_held;
	struct early_abort early;
};

/* Makes an empty queue for any route if route is ROUTE_NONE; it is its own home. tasks and name are
 * borrowed and must outlive it. */
void queue_init(struct queue *q, struct items *tasks, const char *name, int route);
void queue_free(struct queue *q);

/* The 40 bytes of a task. */
static inline struct item *task_item(struct task t)
{
	return items_at(t.queue->tasks, t.i);
}

/* Makes the task ready. front: before the other ready tasks, for retries, which are older. The task
 * must stand nowhere else. */
void queue_ready(struct queue *q, uint32_t i, bool front);
/* Was it split off another queue? */
static inline bool queue_is_split_off(const struct queue *q)
{
	return q->home != q;
}

/* The set of routes of all tasks that it may have. */
uint32_t queue_all_routes(const struct queue *q);
/* Does it have neither a prepared task nor a ready one? */
bool queue_is_empty(const struct queue *q);
/* Makes the task wait until due_us, in the home of the queue. It must stand nowhere else. */
void queue_wait(struct queue *q, uint32_t i, int64_t due_us);
/* When a waiting task is due. */
int64_t queue_due_of(const struct queue *q, uint32_t i);
/* Holds the task until it is released. It must stand nowhere else. */
void queue_hold(struct queue *q, uint32_t i);
/* Makes the task ready that has been held the longest, and returns it; ITEM_NONE: no task is held.
 */
uint32_t queue_release_one(struct queue *q);
/* Is a task held? */
bool queue_any_held(struct queue *q);
/* Takes a task that is not in flight out of its place; the caller sets its state. */
void queue_take_out(struct queue *q, uint32_t i);
/* Makes the prepared task ready again, in front. */
void queue_put_back(struct queue *q);

/* Was every ready and waiting task refused by a limit at least once? */
bool queue_all_refused(const struct queue *q);

#endif
