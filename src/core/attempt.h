/* Attempts: one HTTP request each, made for a task; several tasks may share one. */
#ifndef SLUICE_CORE_ATTEMPT_H
#define SLUICE_CORE_ATTEMPT_H

#include <sys/queue.h>

#include "api/body_sink.h"
#include "core/queue.h"
#include "pace/lane.h"
#include "plan/secrets.h"

struct engine;

struct attempt {
	TAILQ_ENTRY(attempt) in_flight; /* oldest first; also links the free ones */
	struct transfer *transfer;
	struct task task;
	uint32_t item; /* that the task works for */
	int route;
	bool cancel_item; /* the operator wants the item itself cancelled */
	int64_t started_us;
	struct lane_ticket ticket;
	const struct provider *provider; /* whose answer it is */
	struct spending spending;        /* estimated */
	size_t prompt_bytes;
	struct hash128 line_hash;
	bool has_key; /* its request has this key: another with it asks the same */
	struct hash128 key;
	struct buf id, metadata;
	char model[MODEL_SIZE];
	struct secrets secrets;     /* of its request's own headers and URL */
	struct body_sink sink;      /* streaming.c: takes the answer when it is a stream */
	struct assembly *assembly;  /* NULL until one was */
	struct stream_times *times; /* borrowed from the statistics */
	size_t max_response;
	/* Several may share a request: whose transfer it is, itself when it is the one; NULL: it is
	 * not to be shared. The next that shares it, and how many do. */
	struct attempt *leader, *next_member;
	int members;
};

TAILQ_HEAD(attempt_list, attempt);

struct attempts {
	struct attempt_list list, free; /* in flight, oldest first; to be used again */
	uint32_t in_flight;
	uint32_t sharing; /* of those in flight, those in another one's request */
};

/* Makes an attempt of what the queue has prepared, in flight from then on, without a transfer yet:
 * counts it, reserves its cost, and has the work note it. route: the one that it takes. */
struct attempt *attempt_begin(struct engine *e, struct queue *q, int route);
/* The same for a task that shares the leader's request, behind `last` of those that do. */
struct attempt *attempt_join(
	struct engine *e, struct queue *q, struct attempt *leader, struct attempt *last);
/* It is over; its memory is kept for the next. */
void attempt_drop(struct attempts *all, struct attempt *a);
/* None. */
void attempts_init(struct attempts *all);
void attempts_free(struct attempts *all);

/* The task of an attempt: its retries are counted there. */
struct item *attempt_task(const struct attempt *a);
/* The attempt of an item in flight, the oldest of several; NULL. */
struct attempt *attempt_of(const struct engine *e, uint32_t item);
/* Cuts off what is in flight for the item, which is to be cancelled. A request that others share
 * goes on. Returns how many attempts it has. */
int attempts_cancel(struct engine *e, uint32_t item);
/* Requests under way: fewer than attempts when tasks share them. */
int attempts_requests(const struct attempts *all);

#endif
