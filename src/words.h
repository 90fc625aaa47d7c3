/* The words of a run: the outcome of an attempt, the state of an item, the bound of sending. Pure
 * code uses these; watchers of a run get them with port.h. */
#ifndef SLUICE_WORDS_H
#define SLUICE_WORDS_H

#include <stdint.h>

/* The outcome of an attempt. The table of names, retry rules and meanings: api/outcome.c. */
enum outcome {
	OUTCOME_OK,
	OUTCOME_RATE_LIMITED,
	OUTCOME_SERVER_ERROR,
	OUTCOME_TIMEOUT,
	OUTCOME_NETWORK,
	OUTCOME_CLIENT_ERROR,
	OUTCOME_AUTH,
	OUTCOME_QUOTA,
	OUTCOME_BAD_RESPONSE,
	OUTCOME_TOO_LARGE,
	OUTCOME_CANCELLED,
	OUTCOME_BAD_INPUT, /* the input line itself; no attempt was made */
	OUTCOME_COUNT
};

enum item_state {
	ITEM_QUEUED,
	ITEM_WAITING, /* backing off until a due time */
	ITEM_IN_FLIGHT,
	ITEM_HELD, /* set aside by a breaker or the operator */
	ITEM_OK,
	ITEM_FAILED,
	ITEM_CANCELLED,
	ITEM_STATE_COUNT
};

/* The bound of sending; the why line shows the shares of the last minute. */
enum bound {
	BOUND_NONE, /* sending freely */
	BOUND_CONCURRENCY,
	BOUND_RPM,
	BOUND_TPM,
	BOUND_WINDOW,
	BOUND_ADAPTIVE,
	BOUND_SHARED, /* others use the limit */
	BOUND_SERVER, /* the limit in the server's headers */
	BOUND_CLIENT, /* the limits of the client that the batch is from */
	BOUND_HOLD,
	BOUND_BACKOFF, /* everything left is waiting */
	BOUND_PAUSE,
	BOUND_INPUT, /* waiting for more input lines */
	BOUND_DONE,  /* nothing left to start */
	BOUND_COUNT
};

enum run_state {
	RUN_RUNNING,
	RUN_PAUSED,
	RUN_HELD,      /* a hold is in force: see hold_until_us */
	RUN_DISK_FULL, /* results cannot be written; continues by itself when there is space */
	RUN_DRAINING,
	RUN_CANCELLING,
	RUN_DONE,    /* every item is ok, failed or cancelled */
	RUN_STOPPED, /* ended before that; resumable */
	RUN_STATE_COUNT
};

/* Why nothing can start though the run goes on. */
enum standstill {
	STANDSTILL_NONE,
	STANDSTILL_BY_HAND, /* the operator holds all that is left */
	STANDSTILL_PAUSED   /* and paused every endpoint or stage that could send it */
};

/* What a paused run asks its operator. */
enum run_question {
	QUESTION_NONE,
	QUESTION_BUDGET_TOKENS, /* the budget is used up: raise it, go on without, or stop */
	QUESTION_BUDGET_USD
};

/* Most endpoints of a run, and the room for a name of one, its end included. */
enum { ENDPOINTS_MAX = 16, ENDPOINT_NAME_SIZE = 32 };

/* queued + waiting + in_flight + held + ok + failed + cancelled = total, always. */
struct item_counts {
	uint64_t queued, waiting, in_flight, held, ok, failed, cancelled, total;
};

/* Names in files, screens and commands: "rate_limited", "in flight", "rpm",
 * "RUNNING". Never NULL. */
const char *outcome_name(enum outcome o);
/* For people: "rate limited (429)". */
const char *outcome_label(enum outcome o);
const char *item_state_name(enum item_state s);
const char *bound_name(enum bound b);
const char *run_state_name(enum run_state s);

#endif
