/* What a run may spend, in tokens and dollars. What is in flight counts by its estimate, so that
 * the limit is not overrun by what was already on its way. Pure. */
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

/* Dollars of so many tokens. */
double budget_cost(const struct budget *b, struct spending s);
/* Dollars spent; -1: no price is known. */
double budget_usd(const struct budget *b);
/* May a request of this estimated size still be sent? */
bool budget_allows(const struct budget *b, struct spending estimate);
/* Would it if what is in flight cost nothing? Then it is worth waiting for its real cost. */
bool budget_may_allow(const struct budget *b, struct spending estimate);
void budget_reserve(struct budget *b, struct spending estimate);
/* What an earlier session reported, and what it estimated of what was not reported; each negative:
 * nothing.
 */
void budget_restore(double *spent, int64_t reported, int64_t estimated);
/* It ended: the estimate is replaced by what it really used (zero for a refusal). */
void budget_settle(struct budget *b, struct spending estimate, struct spending real);

#endif
