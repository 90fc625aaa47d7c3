/* What a run may spend, in tokens and dollars. Requests in flight count with their estimates, so
 * that their answers do not exceed the limit. Pure. */
#ifndef SLUICE_CORE_BUDGET_H
#define SLUICE_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* What a request costs: estimated or real. */
struct spending {
	double in, out; /* tokens */
	double usd;     /* 0 where no price is known */
};

struct budget {
	double tokens, usd;       /* limits; 0: off */
	struct spending spent;    /* of all sessions of the run */
	struct spending reserved; /* in flight, estimated */
};

/* May a request of this estimated size be sent? */
bool budget_allows(const struct budget *b, struct spending estimate);
/* May it be sent if the requests in flight cost nothing? Then it should wait for their real cost.
 */
bool budget_may_allow(const struct budget *b, struct spending estimate);
/* Has the run spent anything, in this session or before? */
bool budget_any_spent(const struct budget *b);
/* Counts a request in flight with its estimate. */
void budget_reserve(struct budget *b, struct spending estimate);
/* The request has ended: its real usage replaces the estimate (zero for a refusal). */
void budget_settle(struct budget *b, struct spending estimate, struct spending real);

#endif
