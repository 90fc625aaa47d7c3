/* What the core draws on: the chain of sources of work, and the queues that their tasks stand in.
 */
#ifndef SLUICE_CORE_SOURCES_H
#define SLUICE_CORE_SOURCES_H

#include "core/route.h"
#include "core/work.h"

enum { FIGURES_MAX = 4, QUEUES_MAX = 4 * ROUTES_MAX };

/* Two counts that a source of work keeps, for the record of the session's end. */
struct figures {
	const char *name[2];
	const uint64_t *n[2];
};

struct sources {
	struct work *work; /* owned */
	/* Later ones go first. Borrowed from the work, but for those that were split off. */
	struct queue *queue[QUEUES_MAX];
	int n_queues;
	struct queue *entry;  /* where new items go; not among those when tasks are no items */
	bool tasks_are_items; /* else an item takes several, whose answers are recorded each */
	uint64_t apart; /* queued items that stand in no queue: they wait for another's answer */
	uint64_t unwritten; /* tasks that wait for the journal to be written */
	struct figures figures[FIGURES_MAX];
	int n_figures;
};

/* One more queue of the work. entry: new items go there; sends: its tasks are sent, before those of
 * queues that were added earlier. */
void sources_add_queue(struct sources *s, struct queue *q, bool entry, bool sends);
/* The queue for a task of the entry queue with this line, which may be bound to some of the routes:
 * tasks that wait for one route do not keep those of another waiting. Splits it off when it is the
 * first such one. NULL and err: no route takes the line. */
struct queue *sources_queue_for(struct sources *s, const struct routes *r,
	const struct request_line *line, struct error *err);
/* Takes an item, whose task the entry queue had, out of where it stands; see queue_take_out(). */
void sources_take_out(struct sources *s, uint32_t item);
/* Frees the queues that were split off. */
void sources_free(struct sources *s);
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
