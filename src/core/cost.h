/* What requests cost: estimated before they are sent, settled by what their answers report. */
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
	int64_t odd_usage_us; /* when an unlikely usage was last reported; 0: never */
};

/* The tokens that an attempt used: as the answer reports. If it does not report them: as estimated
 * for an attempt that was ok, else 0. */
struct spending cost_of(const struct attempt *a, const struct verdict *v);
/* Settles the attempt's cost with the budget, and learns from it for the next estimates. Sets the
 * estimated tokens of the verdict. */
void cost_settle(struct engine *e, const struct attempt *a, struct verdict *v);

#endif
