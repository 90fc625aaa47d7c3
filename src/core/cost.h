/* What requests cost: estimated before they are sent, settled by what their answers report. */
#ifndef SLUICE_CORE_COST_H
#define SLUICE_CORE_COST_H

#include "api/response.h"
#include "core/budget.h"
#include "core/model_costs.h"
#include "core/queue.h"
#include "ledger/cost_record.h"
#include "pace/estimate.h"

struct attempt;
struct engine;

struct costs {
	struct estimate estimate;
	struct budget budget;
	struct model_costs models;
	bool earlier;         /* some of it was paid by earlier sessions */
	int64_t odd_usage_us; /* when an unlikely usage was last reported; 0: never */
};

/* Makes empty costs with these limits and prices; prices: borrowed, may be NULL. */
void costs_init(struct costs *c, const struct budget *limits, const struct prices *prices);

/* Estimates the cost of a prepared request: model, tokens and spending. */
void cost_estimate(struct engine *e, struct prepared *p);
/* Replaces the estimate of the prepared request by so many tokens. */
void cost_expect(const struct engine *e, struct prepared *p, double in, double out);
/* Would the prepared request exceed the budget? Then it waits for the answers in flight, or, if
 * these cannot make room, drains the run; *bound says which. */
bool cost_over_budget(struct engine *e, struct prepared *p, enum bound *bound);

/* The tokens that an attempt used: as the answer reports. If it does not report them: as estimated
 * for an attempt that was ok, else 0. The dollars are 0. */
struct spending cost_of(const struct attempt *a, const struct verdict *v);
/* Settles the attempt's cost with the budget, and learns from it for the next estimates. Sets the
 * estimated tokens of the verdict, and the attempt's row by the model that answered. */
void cost_settle(struct engine *e, struct attempt *a, struct verdict *v);
/* The dollars of the answer, once it is settled; negative: not known, or it reports no usage. */
double cost_usd_of(const struct engine *e, const struct attempt *a, const struct verdict *v);
/* The row of a record's model. */
int cost_row_of(struct engine *e, const struct cost_record *r);
/* Dollars of a record: those that its answer stated, else by the price of its model; negative: not
 * known. */
double cost_of_record(struct engine *e, const struct cost_record *r);
/* Counts what an earlier session spent. */
void cost_restore(struct engine *e, const struct cost_record *r);

#endif
