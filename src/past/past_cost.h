/* What a run cost, by its last record that has it: the prices were those of the run. */
#ifndef SLUICE_PAST_PAST_COST_H
#define SLUICE_PAST_PAST_COST_H

#include "base/json.h"
#include "port.h"

struct past_cost {
	bool known;
	double usd; /* of all sessions */
	uint64_t unpriced;
	int n_models; /* 0: unknown */
	struct model_cost_view model[MODEL_COSTS_SHOWN];
};

/* Takes usd_of_run and, of a stop record, models_of_run; without a value the cost stays. */
void past_cost_take(struct past_cost *c, struct json_span usd, struct json_span models);
/* Fills the dollars in, if they are known. */
void past_cost_show(const struct past_cost *c, struct cost_view *out);

#endif
