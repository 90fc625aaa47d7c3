#include "core/allowance.h"

#include "core/engine_internal.h"

void engine_set_allowance(struct engine *e, const struct allowance_ops *ops, void *ctx)
{
	e->allowance = (struct allowance){ops, ctx};
}

void engine_set_share(struct engine *e, const struct fair_share *share)
{
	struct routes *r = &e->routes;

	r->share = *share;
	for (int i = 0; i < r->n; i++)
		if (r->at[i].share)
			share_change(r->at[i].share, share);
}

bool allowance_permits(const struct engine *e, const struct prepared *p, int64_t *wake_us)
{
	const struct allowance *a = &e->allowance;
	struct lane_verdict v;

	if (!a->ops)
		return true;
	v = a->ops->ask(a->ctx, e->now_us, e->wall_us, &p->spending);
	if (v.at_us <= e->now_us)
		return true;
	if (v.at_us < *wake_us)
		*wake_us = v.at_us;
	return false;
}

void allowance_started(const struct engine *e, const struct attempt *a, bool joins)
{
	const struct allowance *to = &e->allowance;

	if (to->ops)
		to->ops->started(to->ctx, e->now_us, e->wall_us, &a->spending, joins);
}

void allowance_ended(const struct engine *e, const struct attempt *a, const struct spending *real)
{
	const struct allowance *to = &e->allowance;

	if (to->ops)
		to->ops->ended(to->ctx, e->now_us, e->wall_us, a->started_us, &a->spending, real);
}

void allowance_asked(const struct engine *e)
{
	if (e->allowance.ops)
		e->allowance.ops->asked(e->allowance.ctx);
}
