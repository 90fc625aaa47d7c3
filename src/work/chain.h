/* The sources of work of a run, put together: pack, cache, then items or rows of a pipeline. */
#ifndef SLUICE_WORK_CHAIN_H
#define SLUICE_WORK_CHAIN_H

#include "core/work.h"
#include "flow/stage_request.h"
#include "ledger/ledger.h"
#include "work/answer_store.h"

struct chain_config {
	const struct pipeline *pipeline; /* rows go through its stages, by these requests; NULL: */
	const struct stage_request *requests; /* each item is one request */
	int pack;                         /* tasks that may share a request; at most 1: none does */
	double pack_tokens;               /* estimated tokens of such a request */
	const struct answer_store *cache; /* of earlier runs; NULL: none */
	bool dedupe;                      /* items that ask the same share an answer */
};

/* Everything in config is borrowed but for itself. For engine_new(), which owns the chain then. */
struct work *chain_new(const struct chain_config *config, const struct ledger *ledger);

#endif
