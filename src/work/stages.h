/* A pipeline run: rows on their way through the stages. Inside of the engine.
 *
 * A row's item is opened when its first stages have room: from then on the flow (src/flow) says
 * which stages are ready, and each ready one is a task with a place in its stage's own queue, its
 * own retry budgets and its own due time. Later stages go first, so that rows are finished before
 * new ones are begun; how many are open at once is bounded, and with it the memory. A stage that
 * waits for what another answered starts only once that answer is in the journal: whatever kills
 * the run, it is not paid for twice.
 *
 * The item's state is that of its most active task: in flight, queued, waiting or held. */
#ifndef SLUICE_WORK_STAGES_H
#define SLUICE_WORK_STAGES_H

#include "flow/stage_request.h"
#include "core/engine_internal.h"
#include "work/stage_outputs.h"
#include "core/retry.h"

/* A task without work; no task ends in this state. */
#define TASK_IDLE ITEM_CANCELLED

struct stage_queue {
	struct scheduler scheduler; /* of tasks */
	struct prepared prepared;
	uint32_t *held; /* tasks set aside because the endpoint refuses us; some may have left */
	size_t first_held, n_held, cap_held;
	uint32_t in_state[ITEM_STATE_COUNT];
	uint64_t done, failed, skipped; /* of this session; done: those of earlier ones, too */
};

/* The answer that the item failed of while other stages were in flight. */
struct stage_failure {
	struct verdict verdict;
	struct answer answer; /* its body is owned */
};

struct open_item {
	uint32_t item; /* ITEM_NONE: the slot is free */
	uint32_t next_free;
	bool cancelled;     /* by the operator, while stages were in flight */
	uint64_t journaled; /* how many journal records must be written before more stages start */
	struct hash128 line_hash;
	int64_t tokens_in, tokens_out;       /* of all stages; -1: none told */
	int64_t estimated_in, estimated_out; /* of those that told none */
	int retries;
	struct buf id, metadata;
	struct flow flow;
	uint64_t record[PIPELINE_MAX_STAGES]; /* of each answer in the journal */
	uint32_t recorded;                    /* which of them are there */
	struct stage_failure *failure;        /* NULL: none */
};

struct stages {
	const struct pipeline *pipeline;
	const struct stage_request *request; /* of each stage */
	struct items tasks;                  /* slot * number of stages + stage */
	struct stage_queue queue[PIPELINE_MAX_STAGES];
	struct open_item *open;
	uint32_t slots, first_free, n_open;
	uint32_t *unwritten; /* slots whose last answer is on its way into the journal */
	size_t n_unwritten, cap_unwritten;
	struct kept_outputs kept;
	struct buf row, text; /* scratch */
};

/* No row is open. Both are borrowed; requests has one for each stage. */
struct stages *stages_new(const struct pipeline *p, const struct stage_request *requests);
void stages_free(struct stages *s);

/* Tasks are numbered by slot, then stage. */
static inline uint32_t stages_task_of(const struct stages *s, uint32_t slot, int stage)
{
	return slot * (uint32_t)s->pipeline->n + (uint32_t)stage;
}

static inline uint32_t stages_slot_of_task(const struct stages *s, uint32_t task)
{
	return task / (uint32_t)s->pipeline->n;
}

/* What the stages of a row that is not open answered counts no more; it was looked at last. */
void stages_forget_row(struct engine *e);

/* ---- stages_open.c: which rows are open ---- */
/* Opens the next row; false when there is none or it should not be. */
bool stages_open_next(struct engine *e);
/* Forgets what the item failed of. */
void open_item_free_failure(struct open_item *o);
/* Gives the slot back; the item has ended, or is queued as if it had never been opened. */
void stages_close(struct engine *e, uint32_t slot);

/* ---- stages_turn.c: tasks, and what starts ---- */
/* The task itself: an item in all that the scheduler and the retries know of one. */
struct item *stages_task(const struct stages *s, uint32_t task);
/* The stage's own max_attempts; 0: as the run's option says. */
int stages_max_attempts(const struct stages *s, ptrdiff_t stage);
/* The stage that a task is of. */
int stages_stage_of(const struct stages *s, uint32_t task);
/* The slot of an item that is open; ITEM_NONE. */
uint32_t stages_slot_of(const struct stages *s, const struct engine *e, uint32_t item);
/* Due tasks are ready again, held ones go on. To be called first in a turn. */
void stages_turn(struct engine *e);
/* Starts one request; false when nothing may start: until wake_us, for that reason. */
bool stages_start(struct engine *e, int64_t *wake_us, enum bound *bound);
/* When the first waiting task is due; NEVER_US: none waits. */
int64_t stages_next_due(const struct stages *s);
/* Was every task that is ready or waits refused by a limit once? */
bool stages_all_refused(const struct stages *s);
/* What results tell of the attempt's item. */
void stages_describe(const struct stages *s, struct attempt *a);
/* The task's request was sent. */
void stages_started(struct engine *e, uint32_t task);
/* It is ready again, as if it had not been sent. */
void stages_again(struct engine *e, uint32_t task);
/* Answers came to be in the journal. */
void stages_flushed(struct engine *e);
/* Held tasks are ready again; returns how many were. */
uint64_t stages_release_held(struct engine *e);
/* Is a task held because its endpoint refuses us? */
bool stages_any_held(const struct stages *s);
/* The name of a stage with held tasks whose lane has never let anything pass; NULL: none is. */
const char *stages_refused_from_start(const struct engine *e);
/* Changes a task's state, and the counts of its stage. */
void stages_task_state(struct engine *e, uint32_t task, enum item_state state);
/* Takes the tasks that are not in flight out of their queues. */
void stages_withhold(struct engine *e, uint32_t slot);
/* Queues what is ready and has no task yet, unless the item is to be held or cancelled. */
void stages_queue_ready(struct engine *e, uint32_t slot);
/* Makes the item's state that of its tasks. */
void stages_refresh(struct engine *e, uint32_t slot);
/* The item's priority has changed: that of its tasks, too; e->reorder says that their places must
 * follow, as stages_reorder() does. */
void stages_bump(struct engine *e, uint32_t slot);
/* Its tasks begin again with the attempts they may make. */
void stages_forgive(struct engine *e, uint32_t slot);
/* Puts ready tasks where their priorities want them. */
void stages_reorder(struct stages *s);

/* ---- stages_rows.c: for screens ---- */
/* Which stage the row's item is at, and its attempts there. */
void stages_fill_row(const struct engine *e, int stage, uint32_t task, struct item_row *row);
/* When the first of a waiting item's tasks is due; row, unless NULL, gets which it is. */
int64_t stages_due_of(const struct engine *e, uint32_t item, struct item_row *row);
/* The n waiting items that are due first, in order; returns how many. */
size_t stages_earliest(const struct engine *e, struct due *out, size_t n);
/* How many waiting items are due before this one. */
uint64_t stages_place_of(const struct engine *e, uint32_t item);
/* What is known of each stage of an open item as JSON; false when it is not open. */
bool stages_of_item(struct engine *e, uint32_t item, struct buf *out);
/* A stage's counts, as the port has them. */
void stages_view(const struct stages *s, int stage, struct stage_view *out);

/* ---- stages_end.c: what becomes of tasks and items ---- */
/* The task's stage answered well, or its answer was there: the item goes on, or ends. */
void stages_answered(
	struct engine *e, uint32_t task, const struct answer *answer, const struct verdict *v);
/* The attempt failed; what is decided happens to its task: again, held, or the item's end. */
void stages_failed(struct engine *e, struct attempt *a, struct retry_decision d,
	const struct answer *answer, const struct verdict *v);
/* The attempt was cut off: its item is cancelled, or its task goes back. */
void stages_cancelled(struct engine *e, struct attempt *a);
/* It could not even be sent. */
void stages_refused(struct engine *e, uint32_t task, enum outcome outcome, const char *why);
/* What the stage answered is no good to those behind it: when the item is opened again, the stage
 * is done again. */
void stages_forget(struct engine *e, uint32_t slot, int stage);
/* Adds tokens, -1 for none told, to those of the item. */
void stages_add_tokens(struct open_item *o, int64_t in, int64_t out);
/* Adds what was estimated of those that were not told; negative: nothing. */
void stages_add_estimated(struct open_item *o, int64_t in, int64_t out);
/* After anything that may end the item: ends it, or queues what is ready now. */
void stages_go_on(struct engine *e, uint32_t slot);
/* The operator cancels an open item. */
void stages_cancel(struct engine *e, uint32_t slot);
/* Appends {"STAGE":{…},…}, what is known of each stage. */
void stages_describe_outputs(const struct flow *f, struct buf *out);
#endif
