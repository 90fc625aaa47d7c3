/* The insides of stages.h, for its own files only. */
#ifndef SLUICE_WORK_STAGES_IMPL_H
#define SLUICE_WORK_STAGES_IMPL_H

#include "core/engine_internal.h"
#include "work/stage_outputs.h"
#include "work/stages.h"

/* A task's place in the table of its stage is the slot of its row. */
struct stage_tasks {
	struct queue queue; /* stays the first member: stage_of() goes by it */
	struct items tasks;
	uint64_t done, failed, skipped; /* of this session; done: those of earlier ones, too */
};

/* The answer that the item failed of while other stages were in flight. */
struct stage_failure {
	struct verdict verdict;
	struct answer answer; /* its body is owned */
};

struct open_row {
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
	struct work work;
	const struct pipeline *pipeline;
	const struct stage_request *request; /* of each stage */
	struct queue unopened;               /* items that are not open */
	struct stage_tasks stage[PIPELINE_MAX_STAGES];
	struct open_row *open;
	uint32_t slots, first_free, n_open;
	uint32_t *unwritten; /* slots whose last answer is on its way into the journal */
	size_t n_unwritten, cap_unwritten;
	struct stage_outputs outputs; /* of rows that are not open */
	struct buf row, text;         /* scratch */
};

static inline int stage_of(const struct stages *s, const struct queue *q)
{
	return (int)((const struct stage_tasks *)q - s->stage);
}

static inline struct item *stages_task(const struct stages *s, int stage, uint32_t slot)
{
	return items_at(&s->stage[stage].tasks, slot);
}

/* ---- stages.c: tasks in their queues ---- */
/* The slot of an item that is open; ITEM_NONE. */
uint32_t stages_slot_of(const struct stages *s, uint32_t item);
/* The task stands in no queue and has nothing to do. */
void stages_idle(struct stages *s, int stage, uint32_t slot);
/* Takes the tasks that are not in flight out of their queues. */
void stages_withhold(struct stages *s, uint32_t slot);
/* Queues what is ready and has no task yet, unless the item is to be held or cancelled. */
void stages_queue_ready(struct stages *s, uint32_t slot);
/* Makes the item's state that of its tasks. */
void stages_refresh(struct stages *s, uint32_t slot);

/* ---- stages_open.c: which rows are open ---- */
/* Opens the next row; false when there is none or it should not be. */
bool stages_open_next(struct stages *s);
/* Gives the slot back; the item has ended, or is queued as if it had never been opened. */
void stages_close(struct stages *s, uint32_t slot);
/* Forgets what the item failed of. */
void open_row_free_failure(struct open_row *o);
/* Adds tokens, -1 for none told, to those of the item. */
void open_row_add_tokens(struct open_row *o, int64_t in, int64_t out);
/* Adds what was estimated of those that were not told; negative: nothing. */
void open_row_add_estimated(struct open_row *o, int64_t in, int64_t out);

/* ---- stages_end.c: what becomes of tasks and items ---- */
void stages_ended(struct work *w, const struct task_end *end);
/* What the stage answered is no good to those behind it: when the item is opened again, the stage
 * is done again. */
void stages_forget(struct stages *s, uint32_t slot, int stage);
/* Nothing that the stages of a closed row answered counts any more. */
void stages_forget_row(struct stages *s, const struct buf *id);
/* After anything that may end the item: ends it, or queues what is ready now. */
void stages_advance(struct stages *s, uint32_t slot);
/* The operator cancels an open item. */
void stages_cancel(struct stages *s, uint32_t slot);
/* Appends {"STAGE":{…},…}, what is known of each stage. */
void stages_describe(const struct flow *f, struct buf *out);

#endif
