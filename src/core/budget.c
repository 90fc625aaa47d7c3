#include "core/budget.h"

double budget_cost(const struct budget *b, struct spending s)
{
	return (s.in * b->price_in + s.out * b->price_out) / 1e6;
}

static bool allows(const struct budget *b, struct spending projected)
{
	if (b->tokens > 0 && projected.in + projected.out > b->tokens)
		return false;
	return !(b->usd > 0 && budget_cost(b, projected) > b->usd);
}

double budget_usd(const struct budget *b)
{
	return b->price_in > 0 || b->price_out > 0 ? budget_cost(b, b->spent) : -1;
}

bool budget_allows(const struct budget *b, struct spending estimate)
{
	return allows(b, (struct spending){b->spent.in + b->reserved.in + estimate.in,
				 b->spent.out + b->reserved.out + estimate.out});
}

bool budget_may_allow(const struct budget *b, struct spending estimate)
{
	return allows(b, (struct spending){b->spent.in + estimate.in, b->spent.out + estimate.out});
}

void budget_reserve(struct budget *b, struct spending estimate)
{
	b->reserved.in += estimate.in;
	b->reserved.out += estimate.out;
}

void budget_settle(struct budget *b, struct spending estimate, struct spending real)
{
	b->reserved.in -= estimate.in;
	b->reserved.out -= estimate.out;
	b->spent.in += real.in;
	b->spent.out += real.out;
}

void budget_restore(double *spent, int64_t reported, int64_t estimated)
{
	*spent += (double)(reported > 0 ? reported : 0) + (double)(estimated > 0 ? estimated : 0);
}
