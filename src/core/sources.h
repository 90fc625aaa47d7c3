/* What the core draws on: the chain of sources of work, and the queues that their tasks stand in.
 */
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
	struct work *work;               /* owned */
	struct queue *queue[ROUTES_MAX]; /* borrowed from the work; later ones go first */
	int n_queues;
	struct queue *entry;  /* where new items go; not among those when tasks are no items */
	bool tasks_are_items; /* else an item has several tasks, and each answer is recorded */
	uint64_t waiters;   /* queued items in no queue: they wait for the answer of another item */
	uint64_t unwritten; /* tasks that wait for the journal to be written */
	struct figures figures[FIGURES_MAX];
	int n_figures;
};

/* One more queue of the work. entry: new items go there; sends: its tasks are sent, before those of
 * queues that were added earlier. */
void sources_add_queue(struct sources *s, struct queue *q, bool entry, bool sends);
/* The record of the session's end tells these counts, unless both are 0 then. What they point to is
 * borrowed; at most FIGURES_MAX. */
void sources_add_figures(struct sources *s, const struct figures *figures);
/* Priorities have changed: ready tasks go to the places that theirs give them. */
void sources_reorder(struct sources *s);
/* When the first waiting task is due; NEVER_US: none waits. */
int64_t sources_next_due(const struct sources *s);
/* Was every task that is ready or waits refused by a limit once? */
bool sources_all_refused(const struct sources *s);
/* Queued items of which a task is prepared already. */
uint64_t sources_prepared(const struct sources *s, const struct items *items);

#endif
