/* Rows on their way through a pipeline, as a source of work.
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

#include "core/work.h"
#include "flow/stage_request.h"
#include "ledger/stage_records.h"

struct stages;
struct due;

/* The chain owns what comes back; everything else is borrowed. requests has one for each stage, and
 * the i-th stage goes by the engine's i-th route. */
struct work *stages_new(const struct pipeline *p, const struct stage_request *requests);
/* The stages of a chain; NULL: it has none. */
struct stages *stages_of(struct work *chain);

/* Restores what stages answered (ledger_replay_stages()'s visitor; ctx: the stages). Behind all of
 * engine_replay(). */
void stages_replay(void *ctx, const struct ledger_stage *kept);

/* ---- for screens ---- */

struct stage_counts {
	uint32_t after; /* the stages that it stands behind, a bit each */
	uint64_t ready, waiting, held, done, failed, skipped;
};

struct stage_counts stages_counts(const struct stages *s, int stage);
uint32_t stages_open_rows(const struct stages *s);
/* The n waiting items that are due first, in order; returns how many. */
size_t stages_earliest(const struct stages *s, struct due *out, size_t n);
/* How many waiting items are due before this one. */
uint64_t stages_place_of(const struct stages *s, uint32_t item);
/* Appends what is known of each stage of an open item as JSON; false when it is not open. */
bool stages_describe_item(const struct stages *s, uint32_t item, struct buf *out);
/* Builds the request line of a task in flight again, as it was sent; false when that cannot be. */
bool stages_request_of(const struct stages *s, const struct attempt *a, struct buf *text,
	struct request_line *line);

#endif
