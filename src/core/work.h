/* The border between the core and its sources of work. The core queues, paces, sends, retries and
 * records tasks; a source of work says what a task is. Sources compose as curl's connection filters
 * do: a wrapper stands before another source and handles the calls that it has a say in; a call
 * whose member is NULL goes to the source behind it. The last one handles all but those marked
 * (wrapper), whose default is stated.
 *
 * A source keeps the states of its items true, those of the most active of their tasks: a run is
 * complete when no item is queued, waits, is in flight or held.
 *
 * All calls come from the core, on the thread of the run. A source may call what the headers of the
 * core offer to it: queue.h (where its tasks stand), attempt.h, recorder.h. It must not start or
 * end an attempt from within next(), written(), ready() or row(). */
#ifndef SLUICE_CORE_WORK_H
#define SLUICE_CORE_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/queue.h"
#include "core/retry.h"

struct answer;
struct answer_context;
struct attempt;
struct engine;
struct request;
struct result_item;
struct verdict;
struct work;

/* What request() made of a task. */
enum prepare {
	PREPARE_DONE, /* p holds its request */
	PREPARE_NONE, /* it makes none: it has ended */
	PREPARE_STOP, /* nothing can be prepared: its line cannot be read, and the run stops */
};

/* What happens to an item, by the operator or by the core, as far as sources have a say in it;
 * true: one did. */
enum work_verb {
	WORK_WITHHOLD, /* take the tasks that are not in flight out of their queues */
	WORK_RESUME,   /* queue what is ready to go */
	WORK_FORGIVE,  /* begin again with the attempts that the tasks may make */
	WORK_PRIORITY, /* give the tasks the new priority of the item */
	WORK_CANCEL,   /* end the item as cancelled, now or when what is in flight has answered */
	WORK_REDO,     /* forget what the tasks answered: the item begins anew */
	WORK_RELEASE_WAITERS, /* queue the items that wait for the item: it has ended or is held */
	WORK_STOP_WAITING,    /* note that the item waits for no leader any more */
};

/* How a task's attempt ended, or what it was answered without one. */
struct task_end {
	struct task task;
	const struct attempt *attempt;    /* NULL: it needed no request of its own */
	const struct prepared *prepared;  /* then: what would have been sent */
	const struct result_item *source; /* then: the members that tell where the answer is from */
	const struct answer *answer;
	const struct verdict *verdict;
	struct retry_decision decision; /* of a failure */
};

/* What a list shows of the task that an item waits for. */
struct task_row {
	const char *name; /* of its queue; borrowed */
	int attempts, max_attempts;
	int64_t due_us;
};

struct work_ops {
	const char *name;
	/* The engine is there; the last source adds its queues, see engine_add_queue(). */
	void (*open)(struct work *w);
	void (*free)(struct work *w);
	/* No queue has anything that may go now, or one has too little for what is being gathered:
	 * puts more into them. False: there is no more, or it should not be begun yet. (wrapper) */
	bool (*next)(struct work *w);
	/* Fills q->prepared for its task i: the item, the request. Ends the task when it makes no
	 * request. */
	enum prepare (*request)(struct work *w, struct queue *q);
	/* The prepared task would go now. Does it need no request of its own, as it has ended with
	 * an answer that was there, or waits for another's? Asked once each time that it is
	 * prepared. (wrapper; false) */
	bool (*known)(struct work *w, struct queue *q);
	/* The prepared task is an attempt now, and in flight: sets the state, fills what results
	 * tell of the item (attempt's id, metadata and line_hash). */
	void (*sent)(struct work *w, struct attempt *a, const struct prepared *p);
	/* The request r of an attempt is about to leave. Lets ready tasks of its queue share it,
	 * and adds their tokens. Returns how many do. (wrapper; none) */
	int (*gather)(struct work *w, struct attempt *leader, struct request *r, double *tokens);
	/* An answer came to a request. True: the attempts of all who share it were ended; the
	 * verdict is that of the request. (wrapper; false) */
	bool (*answered)(struct work *w, struct attempt *a, const struct answer *answer,
		struct verdict *v, const struct answer_context *context);
	/* An attempt ended: moves the task on, records the item when it ends with it. */
	void (*ended)(struct work *w, const struct task_end *end);
	/* The core made a task ready again that waited, was held or could not be sent. */
	void (*ready)(struct work *w, struct task t);
	/* What was added to the ledger is written as far as it says; items have ended. */
	void (*written)(struct work *w);
	bool (*verb)(struct work *w, uint32_t item, enum work_verb verb);
	/* False: the item has no task that waits. */
	bool (*row)(const struct work *w, uint32_t item, struct task_row *row);
	/* An earlier session left the item as ended: others may get its answer, or, when that is in
	 * doubt, none gets it any more. (wrapper; nothing) */
	void (*restored)(struct work *w, uint32_t item, bool in_doubt);
	/* What answered this request of the queue is of no use: it is not to be given to another.
	 * (wrapper; nothing) */
	void (*useless)(struct work *w, const struct queue *q, const struct request_line *line);
	/* The item's answer is in doubt, and no other gets it from now on. Returns the k-th item
	 * that has it already; ITEM_NONE: no more. (wrapper; none) */
	uint32_t (*doubted)(struct work *w, uint32_t item, size_t k);
};

struct work {
	const struct work_ops *ops;
	struct work *inner; /* owned; NULL: it is the last source */
	struct engine *engine;
};

/* Each calls the first source of the chain that handles it. */
void work_free(struct work *w);
bool work_next(struct work *w);
enum prepare work_request(struct work *w, struct queue *q);
bool work_known(struct work *w, struct queue *q);
void work_sent(struct work *w, struct attempt *a, const struct prepared *p);
int work_gather(struct work *w, struct attempt *leader, struct request *r, double *tokens);
bool work_answered(struct work *w, struct attempt *a, const struct answer *answer,
	struct verdict *v, const struct answer_context *context);
void work_ended(struct work *w, const struct task_end *end);
void work_ready(struct work *w, struct task t);
void work_written(struct work *w);
bool work_verb(struct work *w, uint32_t item, enum work_verb verb);
bool work_row(const struct work *w, uint32_t item, struct task_row *row);
void work_restored(struct work *w, uint32_t item, bool in_doubt);
void work_useless(struct work *w, const struct queue *q, const struct request_line *line);
uint32_t work_doubted(struct work *w, uint32_t item, size_t k);
#endif
