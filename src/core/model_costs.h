/* Tokens and dollars of a run by model. Pure. */
#ifndef SLUICE_CORE_MODEL_COSTS_H
#define SLUICE_CORE_MODEL_COSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/prices.h"

enum {
	MODEL_COST_NAME = 96, /* with its NUL; prices need whole names */
	MODEL_COSTS = 64,     /* rows: answers of further models are counted in the first row */
};

struct model_cost {
	char name[MODEL_COST_NAME]; /* sanitised; "": of the first row */
	size_t name_len;
	const struct price *price; /* NULL: none is known */
	bool own_price;            /* the price is not that of "*" */
	uint8_t answered_as;       /* the row in which its last answer was counted */
	uint64_t answers;          /* that were paid for */
	uint64_t unpriced;         /* of them, those whose cost is not known */
	struct priced_tokens tokens;
	double usd; /* known costs */
	/* Of them, what answers stated; how many did, and their tokens. */
	double stated;
	uint64_t stated_n;
	double stated_for;
};

/* The first row has the answers without a model, and those of models for which no row is left. */
struct model_costs {
	const struct prices *prices; /* borrowed */
	const struct price *rest;    /* of "*" */
	struct model_cost at[MODEL_COSTS];
	int n;
	int last; /* the row that was found last */
};

/* An answer that was paid for. */
struct paid {
	struct priced_tokens tokens;
	bool stated; /* the answer states its cost, usd */
	double usd;
};

/* Makes an empty table. prices: borrowed; NULL: none. */
void model_costs_init(struct model_costs *m, const struct prices *prices);
/* Other prices from now on, for what was not counted yet; borrowed. */
void model_costs_reprice(struct model_costs *m, const struct prices *prices);
/* The row of a model; it is made when there is none. */
int model_costs_row(struct model_costs *m, const char *name);
/* Has the row no price of its own, so that the name of the model in an answer matters? */
static inline bool model_costs_asks_answer(const struct model_costs *m, int row)
{
	return !m->at[row].own_price && (m->prices->n > (m->rest != NULL) || !m->at[row].name[0]);
}
/* The row in which an answer to a request of `row` is counted: that of the answer's model if only
 * this has a price of its own, or if the request names none; else `row`. */
int model_costs_answered(struct model_costs *m, int row, const char *name);
/* Dollars of an answer: stated, or by the price of the row; negative: not known. */
double model_costs_price(const struct model_costs *m, int row, const struct paid *paid);
/* Counts an answer. Returns its dollars; negative: they are not known. */
double model_costs_add(struct model_costs *m, int row, const struct paid *paid);
/* Dollars of a request that is not answered yet, by its price or by what earlier answers stated;
 * negative: not known. */
double model_costs_estimate(const struct model_costs *m, int row, double in, double out);
/* All known dollars; negative: none are, as no answer has a price and no price is given. */
double model_costs_usd(const struct model_costs *m);

#endif
