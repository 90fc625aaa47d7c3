/* What requests cost: estimated before, settled by what the answer tells. */
#ifndef SLUICE_CORE_COST_H
#define SLUICE_CORE_COST_H

#include "api/response.h"
#include "core/budget.h"
#include "pace/estimate.h"

struct attempt;
struct engine;

struct costs {
	struct estimate estimate;
	struct budget budget;
	int64_t odd_usage_us; /* when a strange usage was last reported; 0: never */
};

/* What an attempt really cost: as the answer tells, and of one that was paid for as estimated where
 * it does not. */
struct spending cost_of(const struct attempt *a, const struct verdict *v);
/* Settles it with the budget and the estimates; the verdict gets what was estimated. */
void cost_settle(struct engine *e, const struct attempt *a, struct verdict *v);

#endif
