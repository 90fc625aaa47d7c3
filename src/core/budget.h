/* What a run may spend, in tokens and dollars. Requests in flight count with their estimates, so
 * that their answers do not exceed the limit. Pure. */
#ifndef SLUICE_CORE_BUDGET_H
#define SLUICE_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* Tokens of a request, in and out: estimated or real. */
struct spending {
	double in, out;
};

struct budget {
	double tokens, usd;         /* limits; 0: off */
	double price_in, price_out; /* dollars per million tokens */
	struct spending spent;      /* of all sessions of the run */
	struct spending reserved;   /* in flight, estimated */
};

/* The price of so many tokens, in dollars. */
double budget_cost(const struct budget *b, struct spending s);
/* The dollars spent; -1: no price is set. */
double budget_usd(const struct budget *b);
/* May a request of this estimated size be sent? */
bool budget_allows(const struct budget *b, struct spending estimate);
/* May it be sent if the requests in flight cost nothing? Then it should wait for their real cost.
 */
bool budget_may_allow(const struct budget *b, struct spending estimate);
/* Counts a request in flight with its estimate. */
void budget_reserve(struct budget *b, struct spending estimate);
/* Adds the tokens of an earlier session to *spent: those that were reported and those that were
 * estimated. Negative numbers count as 0. */
void budget_restore(double *spent, int64_t reported, int64_t estimated);
/* The request has ended: its real usage replaces the estimate (zero for a refusal). */
void budget_settle(struct budget *b, struct spending estimate, struct spending real);

#endif
