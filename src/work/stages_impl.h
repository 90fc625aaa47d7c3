/* The insides of stages.h, for its own files only. */
#ifndef SLUICE_WORK_STAGES_IMPL_H
#define SLUICE_WORK_STAGES_IMPL_H

#include "core/engine_internal.h"
#include "ledger/cost_record.h"
#include "work/stage_outputs.h"
#include "work/stages.h"

/* The tasks of a stage: the task of a row stands at the place of the row's slot. */
struct stage_tasks {
	struct queue queue; /* the first member, as stage_of() needs it */
	struct items tasks;
	uint64_t done, failed, skipped; /* in this session; done: in earlier ones, too */
};

/* The answer that failed the item while other stages were in flight. */
struct stage_failure {
	struct verdict verdict;
	struct answer answer; /* its body is owned */
};

/* What the stages of a row cost together. */
struct row_cost {
	struct cost_record sum; /* without a model */
	double usd;             /* stated by answers, or by their prices */
	bool unpriced;          /* part of it is not known */
	int model; /* the row of the model in the costs by model; negative: see below */
};
enum { ROW_MODEL_NONE = -1, ROW_MODELS_SEVERAL = -2 };

struct open_row {
	uint32_t item; /* ITEM_NONE: the slot is free */
	uint32_t next_free;
	bool cancelled;     /* by the operator, while stages were in flight */
	uint64_t journaled; /* more stages start when the journal has so many records */
	struct hash128 line_hash;
	struct row_cost cost;
	int retries;
	struct buf id, metadata;
	struct flow flow;
	uint64_t record[PIPELINE_MAX_STAGES]; /* the place of each answer in the journal */
	uint32_t recorded;                    /* the stages that have one, a bit each */
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
	uint32_t *unwritten; /* slots whose last answer is not in the journal yet */
	size_t n_unwritten, cap_unwritten;
	struct stage_outputs outputs; /* of rows that are not open */
	struct buf row, text;         /* scratch */
};

/* The stage of a queue, or of one that was split off it. */
static inline int stage_of(const struct stages *s, const struct queue *q)
{
	return (int)((const struct stage_tasks *)q->home - s->stage);
}

/* The task of a row's slot at a stage. */
static inline struct item *stages_task(const struct stages *s, int stage, uint32_t slot)
{
	return items_at(&s->stage[stage].tasks, slot);
}

/* ---- stages_slots.c: open rows and their tasks ---- */
/* The slot of an open item; ITEM_NONE: it is not open. */
uint32_t stages_slot_of(const struct stages *s, uint32_t item);
/* Sets the task, which stands in no queue, idle. */
void stages_idle(struct stages *s, int stage, uint32_t slot);
/* Takes the tasks of a row that are not in flight out of their queues. */
void stages_withhold(struct stages *s, uint32_t slot);
/* Queues the ready stages of a row that have no task yet, unless the item is held or cancelled. */
void stages_queue_ready(struct stages *s, uint32_t slot);
/* Gives the item the state of its most active task. */
void stages_refresh(struct stages *s, uint32_t slot);

/* A free slot for the item, whose tasks are idle. */
uint32_t stages_take_slot(struct stages *s, uint32_t item, int8_t priority);
/* Frees the slot. The item has ended, or is queued as if it had never been opened. */
void stages_close(struct stages *s, uint32_t slot);
/* Frees the failure of the row, if there is one. */
void open_row_free_failure(struct open_row *o);
/* Adds what a stage cost. */
void open_row_add_cost(struct engine *e, struct open_row *o, const struct cost_record *r);

/* ---- stages_open.c: which rows are open ---- */
/* Opens the next row. False: there is none, or none should be opened now. */
bool stages_open_next(struct stages *s);

/* ---- stages_end.c: how tasks and rows end ---- */
/* The ended() of struct work_ops. */
void stages_ended(struct work *w, const struct task_end *end);
/* The answer of the stage is useless to the stages that need it: the stage is done again when the
 * item is opened again. */
void stages_forget(struct stages *s, uint32_t slot, int stage);
/* No answer of the stages counts any more for the closed row with this id. */
void stages_forget_row(struct stages *s, const struct buf *id);
/* To be called after anything that may end the item: ends it, or queues the stages that are ready
 * now. */
void stages_advance(struct stages *s, uint32_t slot);
/* Cancels an open item for the operator. */
void stages_cancel(struct stages *s, uint32_t slot);
/* Appends {"STAGE":{…},…}: the state of each stage. */
void stages_describe(const struct flow *f, struct buf *out);

#endif
