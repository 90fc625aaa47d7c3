/* Builds the chain of a run's sources of work: pack, then cache, then the items or the rows of a
 * pipeline. */
#ifndef SLUICE_WORK_CHAIN_H
#define SLUICE_WORK_CHAIN_H

#include "core/work.h"
#include "flow/stage_request.h"
#include "ledger/ledger.h"
#include "work/answer_store.h"

struct chain_config {
	const struct pipeline
		*pipeline; /* rows go through its stages; NULL: each item is a request */
	const struct stage_request *requests; /* of the stages of the pipeline */
	int pack;           /* how many tasks may share a request; at most 1: none do */
	double pack_tokens; /* the limit of estimated tokens of a shared request */
	const struct answer_store *cache; /* the answers of earlier runs; NULL: none */
	bool dedupe;                      /* items with the same request share an answer */
};

/* Makes the chain for engine_new(), which then owns it. config is read during the call; what it
 * points to is borrowed. ledger: for the secret of hashes. */
struct work *chain_new(const struct chain_config *config, const struct ledger *ledger);

#endif
