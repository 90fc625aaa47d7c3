/* What the answers of one model cost, as the stop record of a session has it. */
#ifndef SLUICE_LEDGER_MODEL_COST_RECORD_H
#define SLUICE_LEDGER_MODEL_COST_RECORD_H

#include "base/json.h"

/* Negative: not told. */
struct model_cost_record {
	char name[200]; /* sanitised; "other": of no name */
	double answers, in, out, cached, written, usd, unpriced;
};

/* Reads an element of models_of_run. */
void model_cost_record_read(struct json_span v, struct model_cost_record *out);
/* A cost or a count that may be told; negative: it is none. */
double cost_record_number(struct json_span v);

#endif
