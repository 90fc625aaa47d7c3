#include "core/budget.h"

static bool allows(const struct budget *b, struct spending projected)
{
	if (b->tokens > 0 && projected.in + projected.out > b->tokens)
		return false;
	return !(b->usd > 0 && projected.usd > b->usd);
}

static void add(struct spending *to, struct spending s, double sign)
{
	to->in += sign * s.in;
	to->out += sign * s.out;
	to->usd += sign * s.usd;
}

bool budget_allows(const struct budget *b, struct spending estimate)
{
	add(&estimate, b->spent, 1);
	add(&estimate, b->reserved, 1);
	return allows(b, estimate);
}

bool budget_may_allow(const struct budget *b, struct spending estimate)
{
	add(&estimate, b->spent, 1);
	return allows(b, estimate);
}

bool budget_any_spent(const struct budget *b)
{
	return b->spent.in > 0 || b->spent.out > 0 || b->spent.usd > 0;
}

void budget_reserve(struct budget *b, struct spending estimate)
{
	add(&b->reserved, estimate, 1);
}

void budget_settle(struct budget *b, struct spending estimate, struct spending real)
{
	add(&b->reserved, estimate, -1);
	add(&b->spent, real, 1);
}
