/* Attempts: an attempt is one HTTP request for a task. Several tasks may share a request; each has
 * an attempt of its own then. */
#ifndef SLUICE_CORE_ATTEMPT_H
#define SLUICE_CORE_ATTEMPT_H

#include <sys/queue.h>

#include "api/body_sink.h"
#include "core/queue.h"
#include "pace/lane.h"
#include "plan/secrets.h"

struct engine;

struct attempt {
	TAILQ_ENTRY(attempt) in_flight; /* in the list of attempts, oldest first, or of free ones */
	struct transfer *transfer;
	struct task task;
	uint32_t item; /* the item that the task belongs to */
	int route;
	struct route_lane *lane; /* of the route; paces it */
	bool cancel_item;        /* the operator cancelled the item */
	bool again;              /* the operator had it aborted, to ask again */
	bool asks_usage;         /* its request has stream_options that its line has not */
	int64_t started_us;
	struct lane_ticket ticket;
	const struct provider *provider; /* the API that answers; static */
	enum asked asked;                /* what the request asks it for */
	struct spending spending;        /* estimated */
	int cost_row;                    /* of its model, in the costs by model */
	size_t prompt_bytes;
	struct hash128 line_hash;
	bool has_key; /* `key` identifies the request: requests with the same key are the same */
	struct hash128 key;
	struct buf id, metadata;
	char model[MODEL_SIZE];
	struct secrets secrets;     /* in the URL and the headers of the request */
	struct body_sink sink;      /* takes the answer if it is a stream; see streaming.h */
	struct assembly *assembly;  /* NULL until an answer was a stream */
	struct stream_times *times; /* borrowed from the statistics */
	size_t max_response;
	uint64_t written; /* tokens of its stream that the statistics have counted */
	/* Attempts that share a request: the one whose request it is (of itself: itself; NULL: the
	 * request cannot be shared), the next one, and how many share it. */
	struct attempt *leader, *next_member;
	int members;
};

TAILQ_HEAD(attempt_list, attempt);

struct attempts {
	struct attempt_list list, free; /* in flight, oldest first; for reuse */
	uint32_t in_flight;
	uint32_t sharing; /* of those in flight: in the request of another attempt */
};

/* Makes an attempt of the prepared task of the queue and counts it as in flight; it has no transfer
 * yet. Reserves its cost and calls the work's sent(). route: the index of its route. The attempts
 * own it. */
struct attempt *attempt_begin(struct engine *e, struct queue *q, int route);
/* As attempt_begin(), for a task that shares the request of the leader. last: the last of those
 * that share it so far. */
struct attempt *attempt_join(
	struct engine *e, struct queue *q, struct attempt *leader, struct attempt *last);
/* The attempt will never be answered: its lane, which others may use, counts it no more. */
void attempt_give_up(const struct engine *e, const struct attempt *a);
/* The attempt has ended: keeps its memory for the next one. */
void attempt_drop(struct attempts *all, struct attempt *a);
/* Makes an empty list. */
void attempts_init(struct attempts *all);
void attempts_free(struct attempts *all);

/* The 40 bytes of the attempt's task, which count its attempts. */
static inline struct item *attempt_task(const struct attempt *a)
{
	return task_item(a->task);
}
/* The oldest attempt in flight for the item; NULL: none is. */
struct attempt *attempt_of(const struct engine *e, uint32_t item);
/* Cancels the attempts of an item that is to be cancelled. A request goes on if tasks of other
 * items share it. Returns how many attempts the item has in flight. */
int attempts_cancel(struct engine *e, uint32_t item);
/* Aborts the requests in flight of an item, which is queued again. NULL: done; else the reason why
 * not, static: it follows "item X ". */
const char *attempts_abort(struct engine *e, uint32_t item);
/* Requests in flight: fewer than attempts when tasks share them. */
int attempts_requests(const struct attempts *all);

#endif
