/* What the lanes of a run have counted, for monitoring. */
#include <string.h>

#include "control/control_impl.h"
#include "control/view.h"
#include "core/route_bounds.h"
#include "core/route_totals.h"

void control_totals(struct control *c, struct totals *out)
{
	struct engine *e = c->engine;

	memset(out, 0, sizeof(*out));
	why_session_times(&e->observer.why, e->now_us, out->bound_us);
	route_totals(&e->routes, e->now_us, e->wall_us, out);
	for (int i = 0; i < e->routes.n; i++)
		route_bound_times(
			&e->routes, i, &e->observer.why, e->now_us, out->endpoint[i].bound_us);
}
