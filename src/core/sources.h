/* Where the core gets its tasks: the chain of sources of work, and the queues that the tasks stand
 * in. */
#ifndef SLUICE_CORE_SOURCES_H
#define SLUICE_CORE_SOURCES_H

#include "core/route.h"
#include "core/work.h"

enum { FIGURES_MAX = 4 };

/* Two counts that a source of work keeps, for the record of the session's end. */
struct figures {
	const char *name[2];
	const uint64_t *n[2];
};

struct sources {
	struct work *work; /* owned */
	/* Later ones are served first. Borrowed from the work, or split off and owned. */
	struct queue **queue;
	int n_queues, cap_queues;
	struct queue *entry;  /* of new items; not one of `queue` if tasks are not items */
	bool tasks_are_items; /* else an item has several tasks, and each answer is recorded */
	uint64_t starts;      /* of tasks, of all queues */
	uint64_t waiters;   /* queued items in no queue: they wait for the answer of another item */
	uint64_t unwritten; /* tasks that wait until the journal is written */
	struct figures figures[FIGURES_MAX];
	int n_figures;
};

/* Adds a queue of the work, borrowed. entry: new items go there. sends: its tasks are sent, before
 * those of queues that were added earlier. */
void sources_add_queue(struct sources *s, struct queue *q, bool entry, bool sends);
/* The queue for a task of the queue `home` with this line. Tasks for each set of routes and each
 * model have a queue of their own, so that none waits for the lane of another; the first such line
 * makes it. NULL and err: no route takes the line. */
struct queue *sources_queue_for(struct sources *s, const struct routes *r, struct queue *home,
	const struct request_line *line, struct error *err);
/* Takes a task that is not in flight out of its place in the queue `home`, or in one that was split
 * off it; the caller sets its state. */
void sources_take_out(struct sources *s, struct queue *home, uint32_t i);
/* Has a queue that was split off the entry queue no task left? */
bool sources_any_empty(const struct sources *s);
/* Frees the queues that were split off. */
void sources_free(struct sources *s);
/* The record of the session's end will have these counts, unless both are 0. The counts are
 * borrowed; at most FIGURES_MAX. */
void sources_add_figures(struct sources *s, const struct figures *figures);
/* Moves ready tasks to the places of their new priorities. O(n). */
void sources_reorder(struct sources *s);
/* When the first waiting task is due; NEVER_US: none waits. */
int64_t sources_next_due(const struct sources *s);
/* Was every ready and waiting task refused by a limit at least once? */
bool sources_all_refused(const struct sources *s);
/* How many queued items have a prepared task. */
uint64_t sources_prepared(const struct sources *s, const struct items *items);

#endif
