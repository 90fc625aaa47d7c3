/* What a run has had from one lane since its start, for monitoring: counts only grow. Pure. */
#ifndef SLUICE_CORE_TALLY_H
#define SLUICE_CORE_TALLY_H

#include "api/response.h"
#include "base/durations.h"
#include "words.h"

struct tally {
	uint64_t outcomes[OUTCOME_COUNT]; /* of attempts */
	uint64_t tokens_in, tokens_out;   /* as answers report them */
	struct durations latency;         /* of ok answers */
	struct durations first_token;     /* of streams that ended */
};

/* Counts the end of an attempt. */
void tally_answered(struct tally *t, const struct answer *a, const struct verdict *v);
/* A connection sent a request n times again by itself. */
void tally_resent(struct tally *t, unsigned n);

#endif
