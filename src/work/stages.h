/* Rows of a pipeline, as a source of work.
 *
 * A row's item is opened when its first stages have room. Then the flow (src/flow) says which
 * stages are ready. Each ready stage is a task, with a place in the stage's own queue, its own
 * retry budgets and its own due time. Later stages are served first, so that rows are finished
 * before new ones are opened. The number of open rows is limited, and with it the memory. A stage
 * that needs the answer of another stage starts only when that answer is in the journal: even if
 * the run is killed, the answer is not paid for twice.
 *
 * The item has the state of its most active task: in flight, queued, waiting or held. */
#ifndef SLUICE_WORK_STAGES_H
#define SLUICE_WORK_STAGES_H

#include "core/work.h"
#include "flow/stage_request.h"
#include "ledger/stage_records.h"

struct stages;
struct due;

/* The chain owns it; the arguments are borrowed. requests has one request for each stage, and stage
 * i uses route i of the engine. */
struct work *stages_new(const struct pipeline *p, const struct stage_request *requests);
/* The stages of a chain; NULL: it has none. */
struct stages *stages_of(struct work *chain);

/* Restores an answer of a stage: the visitor of ledger_replay_stages(), with the stages as its
 * context. After the last engine_replay(). */
void stages_replay(void *ctx, const struct ledger_stage *kept);

/* ---- for screens ---- */

struct stage_counts {
	uint32_t after; /* the stages that it needs, a bit each */
	uint64_t ready, waiting, held, done, failed, skipped;
};

/* How many tasks of a stage are in each state. */
struct stage_counts stages_counts(const struct stages *s, int stage);
/* How many rows are open. */
uint32_t stages_open_rows(const struct stages *s);
/* Copies the n waiting items that are due first, in order; returns how many. */
size_t stages_earliest(const struct stages *s, struct due *out, size_t n);
/* How many waiting items are due before this one. */
uint64_t stages_place_of(const struct stages *s, uint32_t item);
/* Appends a JSON object with the state of each stage of an open item; false: it is not open. */
bool stages_describe_item(const struct stages *s, uint32_t item, struct buf *out);
/* Builds the request line of a task in flight again, as it was sent; its spans point into text.
 * False: it cannot be built. */
bool stages_request_of(const struct stages *s, const struct attempt *a, struct buf *text,
	struct request_line *line);

#endif
