#include "core/route_bounds.h"

static bool was_refused(const struct routes *r, const struct route *route)
{
	return route->asked == r->turn && route->answer != BOUND_NONE;
}

static bool any_was_refused(const struct routes *r)
{
	for (int i = 0; i < r->n; i++)
		if (was_refused(r, &r->at[i]))
			return true;
	return false;
}

/* What bounds a route when `run` bounds the run. for_all: that is no answer of a route. */
static enum bound bound_of(
	const struct routes *r, const struct route *route, enum bound run, bool for_all)
{
	if (run == BOUND_PAUSE || run == BOUND_DONE)
		return run;
	if (route->paused)
		return BOUND_PAUSE;
	if (was_refused(r, route))
		return route->answer;
	return for_all ? run : BOUND_INPUT;
}

void route_bounds_note(struct routes *r, int64_t now_us, enum bound bound)
{
	bool for_all = bound == BOUND_NONE || !any_was_refused(r);

	if (r->n < 2)
		return;
	for (int i = 0; i < r->n; i++)
		why_set(&r->at[i].why, now_us, bound_of(r, &r->at[i], bound, for_all));
}

void route_bounds_idle(struct routes *r, int64_t now_us, bool idle)
{
	for (int i = 0; i < r->n; i++)
		why_idle(&r->at[i].why, now_us, idle);
}

void route_bound_times(
	struct routes *r, int i, struct why *run, int64_t now_us, int64_t us[BOUND_COUNT])
{
	why_session_times(r->n > 1 ? &r->at[i].why : run, now_us, us);
}
