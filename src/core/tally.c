#include "core/tally.h"

void tally_answered(struct tally *t, const struct answer *a, const struct verdict *v)
{
	t->outcomes[v->outcome]++;
	if (v->tokens_in > 0)
		t->tokens_in += (uint64_t)v->tokens_in;
	if (v->tokens_out > 0)
		t->tokens_out += (uint64_t)v->tokens_out;
	if (v->outcome == OUTCOME_OK)
		durations_add(&t->latency, a->latency_us);
	if (a->stream && a->stream->first_token_us >= 0)
		durations_add(&t->first_token, a->stream->first_token_us);
}

void tally_resent(struct tally *t, unsigned n)
{
	t->outcomes[OUTCOME_NETWORK] += n;
}
