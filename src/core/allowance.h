/* What the owner of a run allows it, beside the limits of endpoints, which concern all owners: its
 * share of the starts, and limits of its own that its other runs use, too. */
#ifndef SLUICE_CORE_ALLOWANCE_H
#define SLUICE_CORE_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/budget.h"
#include "pace/fair.h"
#include "pace/lane.h"

struct attempt;
struct engine;
struct prepared;

struct allowance_ops {
	/* When a request of this estimated cost may start, as lane_ask(). */
	struct lane_verdict (*ask)(
		void *ctx, int64_t now_us, int64_t wall_us, const struct spending *estimate);
	/* It starts. joins: it is a part of the request before it. */
	void (*started)(void *ctx, int64_t now_us, int64_t wall_us, const struct spending *estimate,
		bool joins);
	/* What was started at started_us has ended, with this real cost. */
	void (*ended)(void *ctx, int64_t now_us, int64_t wall_us, int64_t started_us,
		const struct spending *estimate, const struct spending *real);
	/* The run has asked for all that it would start in its turn. */
	void (*asked)(void *ctx);
};

struct allowance {
	const struct allowance_ops *ops; /* NULL: nothing but the endpoints limits the run */
	void *ctx;
};

/* Sets the owner's limits; before the first turn. What ops points at, and ctx, outlive the engine.
 */
void engine_set_allowance(struct engine *e, const struct allowance_ops *ops, void *ctx);
/* The run has this share of the starts at all its endpoints from now on. */
void engine_set_share(struct engine *e, const struct fair_share *share);

/* For the engine: may the prepared request start? Else *wake_us is at most when to ask again. */
bool allowance_permits(const struct engine *e, const struct prepared *p, int64_t *wake_us);
/* The attempt starts a request, or joins that of another. */
void allowance_started(const struct engine *e, const struct attempt *a, bool joins);
void allowance_ended(const struct engine *e, const struct attempt *a, const struct spending *real);
void allowance_asked(const struct engine *e);

#endif
