/* Which routes a line is bound to, by the endpoint or the model that it names. Pure. */
#ifndef SLUICE_CORE_BINDING_H
#define SLUICE_CORE_BINDING_H

#include "core/route.h"

/* The set of routes that a line is bound to: the route that it names, else the routes that name its
 * model, else the routes without models, else those whose models are what their server has told:
 * its list may be old, or not whole. ROUTES_ALL: it is not bound. False and err when no route takes
 * the line. */
bool routes_for(
	const struct routes *r, const struct request_line *line, uint32_t *set, struct error *err);
/* The route takes other models from now on; see struct route_config. */
void routes_set_models(struct routes *r, int i, const char *models, bool told);

#endif
