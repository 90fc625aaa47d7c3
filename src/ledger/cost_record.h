/* What requests cost, as the ledger has it: in the results, the errors file and the journal's
 * stages. */
#ifndef SLUICE_LEDGER_COST_RECORD_H
#define SLUICE_LEDGER_COST_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "api/response.h"
#include "base/json_writer.h"

#define NANO_PER_USD 1e9

struct cost_record {
	int64_t in, out;                     /* tokens; -1: not reported */
	int64_t estimated_in, estimated_out; /* of unreported usage; 0 or less: none */
	int64_t cached, cache_write;         /* parts of in; 0 or less: none */
	int64_t nano_usd;  /* the dollars that answers stated, in 1e-9; -1: none did */
	const char *model; /* whose prices apply; NULL: the record names none. Borrowed */
	size_t model_len;
};

/* The record of one answer; model: borrowed. */
static inline struct cost_record cost_record_of(const struct verdict *v, const char *model)
{
	return (struct cost_record){.in = v->tokens_in,
		.out = v->tokens_out,
		.estimated_in = v->estimated_in,
		.estimated_out = v->estimated_out,
		.cached = v->tokens_cached,
		.cache_write = v->tokens_cache_write,
		.nano_usd = v->has_cost ? (int64_t)(v->cost_usd * NANO_PER_USD + 0.5) : -1,
		.model = model,
		.model_len = model ? strlen(model) : 0};
}

/* Adds its members, without those that say nothing. */
void cost_record_add(struct json_writer *w, const struct cost_record *r);

#endif
