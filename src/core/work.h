/* The border between the core and its sources of work. The core queues, paces, sends, retries and
 * records tasks; a source of work says what a task is. Sources form a chain, as curl's connection
 * filters do: a wrapper stands before another source and handles the calls that concern it. A call
 * whose member is NULL goes to the next source. The last source handles every call but those marked
 * (wrapper), whose default is stated.
 *
 * A source keeps the states of its items true: an item has the state of its most active task. A run
 * is complete when no item is queued, waits, is in flight or held.
 *
 * The core makes all calls, on the thread of the run. A source may call the functions that the
 * headers of the core offer to it: queue.h (where its tasks stand), attempt.h, recorder.h. It must
 * not start or end an attempt within next(), written(), ready() or row(). */
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

/* The result of request(). */
enum prepare {
	PREPARE_DONE, /* the task has a request, in p */
	PREPARE_NONE, /* the task makes no request: it has ended */
	PREPARE_STOP, /* no task can be prepared: a line cannot be read, and the run stops */
};

/* An action of the operator or the core on an item, for the sources that have a part in it. */
enum work_verb {
	WORK_WITHHOLD, /* take the tasks that are not in flight out of their queues */
	WORK_RESUME,   /* queue the tasks that are ready */
	WORK_FORGIVE,  /* forget the failed attempts of the tasks */
	WORK_PRIORITY, /* give the tasks the new priority of the item */
	WORK_CANCEL,   /* end the item as cancelled, at once or after the answers in flight */
	WORK_REDO,     /* forget the answers of the tasks: the item begins anew */
	WORK_RELEASE_WAITERS, /* queue the items that wait for the item: it has ended or is held */
	WORK_STOP_WAITING,    /* note that the item waits for no leader any more */
};

/* The end of an attempt, or of a task that got an answer without one. */
struct task_end {
	struct task task;
	const struct attempt *attempt;    /* NULL: the task needed no request of its own */
	const struct prepared *prepared;  /* without an attempt: the request that was prepared */
	const struct result_item *source; /* without an attempt: where the answer is from */
	const struct answer *answer;      /* NULL: there is none */
	const struct verdict *verdict;    /* NULL: the request could not be started */
	struct retry_decision decision;   /* after a failure */
};

/* What a list shows of a waiting item: the task of it that is due first. */
struct task_row {
	const char *name; /* of its queue; borrowed */
	int attempts, max_attempts;
	int64_t due_us;
};

struct work_ops {
	const char *name;
	/* The engine exists. The last source adds its queues: sources_add_queue(). */
	void (*open)(struct work *w);
	/* Frees the source, not the next one. */
	void (*free)(struct work *w);
	/* No queue has a ready task, or a queue has too few for a request that several share: adds
	 * tasks to the queues. Returns false when there are no more, or none should begin yet.
	 * (wrapper; false) */
	bool (*next)(struct work *w);
	/* Fills the item and the request line of q->prepared for its task i. Ends the task if it
	 * makes no request. */
	enum prepare (*request)(struct work *w, struct queue *q);
	/* The prepared task could be sent now. Returns true when it needs no request of its own: it
	 * has ended with a known answer, or it waits for the answer of another task. The core asks
	 * once each time that it prepares a task. (wrapper; false) */
	bool (*known)(struct work *w, struct queue *q);
	/* The prepared task has an attempt now and is in flight. Sets the state; fills what results
	 * say of the item: the attempt's id, metadata and line_hash. */
	void (*sent)(struct work *w, struct attempt *a, const struct prepared *p);
	/* The request r of an attempt is about to be sent. Lets ready tasks of its queue share it,
	 * and sets *tokens to the tokens of all if any do. Returns how many tasks joined. (wrapper;
	 * 0) */
	int (*gather)(struct work *w, struct attempt *leader, struct request *r, double *tokens);
	/* A request was answered. Returns true when the source has ended the attempts of all tasks
	 * that share it; *v is then the verdict on the request. (wrapper; false) */
	bool (*answered)(struct work *w, struct attempt *a, const struct answer *answer,
		struct verdict *v, const struct answer_context *context);
	/* An attempt or a prepared task has ended: gives the task its next state, and records the
	 * item if it ends with the task. */
	void (*ended)(struct work *w, const struct task_end *end);
	/* The core queued a task that had waited or had been held. */
	void (*ready)(struct work *w, struct task t);
	/* The ledger was written: ledger_journal_written() and ledger_results_written() say how
	 * far. */
	void (*written)(struct work *w);
	/* Does the action as far as it concerns the source. Returns false when no source did it. */
	bool (*verb)(struct work *w, uint32_t item, enum work_verb verb);
	/* Fills *row. Returns false when the item has no waiting task. */
	bool (*row)(const struct work *w, uint32_t item, struct task_row *row);
	/* An earlier session left the item as ended: other items may share its answer. in_doubt:
	 * they must not, as the answer may be that of another request. (wrapper; nothing) */
	void (*restored)(struct work *w, uint32_t item, bool in_doubt);
	/* The answer to this request of the queue is useless: no other task gets it. (wrapper;
	 * nothing) */
	void (*useless)(struct work *w, const struct queue *q, const struct request_line *line);
	/* The answer of the item is in doubt: no other item gets it from now on. Returns the k-th
	 * item that shares it already; ITEM_NONE: no more. (wrapper; ITEM_NONE) */
	uint32_t (*doubted)(struct work *w, uint32_t item, size_t k);
};

struct work {
	const struct work_ops *ops;
	struct work *inner; /* the next source; owned; NULL: this is the last */
	struct engine *engine;
};

/* Each calls the first source of the chain that handles the call. work_free() frees the whole
 * chain. */
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
